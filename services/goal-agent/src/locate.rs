//! From what a caller wrote to what it means: ids, their goals, and the nearest right one when there is none.

use std::{mem::discriminant, str::FromStr, time::Duration};

use domain::{GoalId, Rejection, TaskId, goal::Subject};
use read_models::{ReadAt, ReadError};

use crate::{
    Caller, GoalAgent, lane,
    refusal::{LOOK_IT_UP, Refusal},
};

/// How long a command on a task that nobody here has met waits for the views to know it.
const LOCATE_BOUND: Duration = Duration::from_secs(2);

impl GoalAgent {
    /// Reads an id, and suggests the nearest ones when it is none.
    pub(crate) async fn id<T: FromStr>(&self, field: &str, text: &str) -> Result<T, Refusal>
    where
        T::Err: std::fmt::Display,
    {
        match text.trim().parse() {
            Ok(id) => Ok(id),
            Err(error) => {
                let meant = self.meant::<T>(text).await;
                let suggestion = match meant.is_empty() {
                    true => LOOK_IT_UP.to_owned(),
                    false => format!("did you mean {}?", meant.join(" or ")),
                };
                Err(Refusal::validation(field, format!("{error}; {suggestion}")))
            }
        }
    }

    /// Ids of the kind that is wanted which may have been meant by a text that is none.
    async fn meant<T: FromStr>(&self, text: &str) -> Vec<String> {
        let like = match text.trim().parse() {
            // Of the other kind: likeness to a number would be chance, but a task's goal is no guess.
            Ok(Subject::Task(task)) => self.goal_of_task(task).await.iter().map(ToString::to_string).collect(),
            Ok(Subject::Goal(_)) => Vec::new(),
            Err(_) => self.nearest(text).await,
        };
        like.into_iter().filter(|id| id.parse::<T>().is_ok()).collect()
    }

    /// Reads the id of a task that must be one of this goal's.
    pub(crate) async fn task_of(&self, goal: GoalId, field: &str, text: &str) -> Result<TaskId, Refusal> {
        let task = self.id(field, text).await?;
        match self.goal_of_task(task).await? {
            owner if owner == goal => Ok(task),
            owner => Err(Rejection::outside(field, task, Some(owner)).into()),
        }
    }

    /// The goal in whose stream a subject's events are.
    pub(crate) async fn goal_of(&self, subject: Subject) -> Result<GoalId, Refusal> {
        match subject {
            Subject::Goal(goal) => Ok(goal),
            Subject::Task(task) => self.goal_of_task(task).await,
        }
    }

    async fn goal_of_task(&self, task: TaskId) -> Result<GoalId, Refusal> {
        if let Some(goal) = self.located.get(&task) {
            return Ok(goal);
        }
        if let Some(goal) = self.ask_views(task).await? {
            return Ok(goal);
        }
        // It may have been added on another node a moment ago: only views that have read the whole log can say no.
        let head = self.log.head().await?.position;
        self.views.wait_for(head, LOCATE_BOUND).await.map_err(|_| lane::unavailable("the views are behind the log"))?;
        match self.ask_views(task).await? {
            Some(goal) => Ok(goal),
            None => Err(self.not_found(&task.to_string()).await),
        }
    }

    async fn ask_views(&self, task: TaskId) -> Result<Option<GoalId>, Refusal> {
        let found = self.views.tasks_by_id(&[task], &ReadAt::latest(chrono::Utc::now())).await.map_err(read_failed)?;
        let goal = found.value.first().map(|standing| standing.task.goal);
        if let Some(goal) = goal {
            self.located.insert(task, goal);
        }
        Ok(goal)
    }

    /// "There is no such thing", with the nearest things there are.
    pub(crate) async fn not_found(&self, id: &str) -> Refusal {
        Refusal::Rejected(Rejection::NotFound { id: id.to_owned(), did_you_mean: self.nearest(id).await })
    }

    /// Adds to a refusal of the domain what that cannot know: other goals, and who asks.
    pub(crate) async fn suggest(&self, caller: &Caller, refusal: Refusal) -> Refusal {
        match refusal.told_to(&caller.actor.id) {
            Refusal::Rejected(Rejection::NotFound { id, did_you_mean }) if did_you_mean.is_empty() => {
                match id.parse::<Subject>() {
                    Ok(_) => self.not_found(&id).await,
                    Err(_) => Rejection::NotFound { id, did_you_mean }.into(),
                }
            }
            other => other,
        }
    }

    pub(crate) async fn nearest(&self, id: &str) -> Vec<String> {
        // Suggestions are a courtesy: without them the refusal is as true.
        let nearest = self.views.nearest(id).await.unwrap_or_default();
        let asked: Option<Subject> = id.trim().parse().ok();
        let likely =
            |near: &&Subject| asked.is_none_or(|asked| **near != asked && discriminant(*near) == discriminant(&asked));
        nearest.iter().filter(likely).map(ToString::to_string).collect()
    }
}

/// The views did not answer, or not what was asked.
pub(crate) fn read_failed(error: ReadError) -> Refusal {
    match error {
        ReadError::Invalid(invalid) => Refusal::validation(invalid.field, invalid.problem),
        ReadError::NotYet(not_yet) => Refusal::Behind { not_yet, retry_after_ms: lane::RETRY_AFTER_MS },
        failure => lane::internal("read the views", &failure),
    }
}
