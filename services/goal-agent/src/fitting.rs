//! Tasks that fit a `match`: those that can be claimed, or where they stand when none can.

use std::fmt;

use domain::{
    GoalId, TaskId, Timestamp,
    goal::{Priority, Subject, TaskStatus},
};
use read_models::{
    FindRequest, FindView, ReadAt, limits,
    rows::{FoundRow, GoalRow, Kind},
};
use serde::Serialize;

use crate::{Caller, GoalAgent, lane::RETRY_AFTER_MS, locate::read_failed, refusal::Refusal, request::Match};

/// Ready tasks that one `claim` tries before it says that there is none: others may be faster each time.
const CANDIDATES_MAX: u32 = 20;
/// Open tasks that are looked at to say why none is ready.
const LOOKED_AT_MAX: u32 = limits::PAGE_ROWS_MAX;

/// A `match` whose words have been read, and the moment it is asked about.
pub(crate) struct Fitting {
    goal: Option<GoalId>,
    tags: Vec<String>,
    min_priority: Option<Priority>,
    pub(crate) read: ReadAt,
}

/// Why nothing can be claimed: where the open tasks that fit stand, the first 200 of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, thiserror::Error)]
pub struct NothingReady {
    /// The goal that was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goal: Option<GoalId>,
    /// Tasks that others, or the caller, hold.
    #[serde(skip_serializing_if = "is_zero")]
    pub claimed: usize,
    /// When the first of those leases ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Tasks that wait for others.
    #[serde(skip_serializing_if = "is_zero")]
    pub waiting: usize,
    /// Tasks that somebody said cannot go on.
    #[serde(skip_serializing_if = "is_zero")]
    pub blocked: usize,
    /// Tasks in review.
    #[serde(skip_serializing_if = "is_zero")]
    pub in_review: usize,
    /// Tasks that looked ready and that others were faster to take.
    #[serde(skip_serializing_if = "is_zero")]
    pub just_taken: usize,
    /// Why there is not even an open task that fits.
    #[serde(skip)]
    none_open: String,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl GoalAgent {
    /// Reads a `match`.
    pub(crate) async fn fitting(&self, caller: &Caller, matching: Match) -> Result<Fitting, Refusal> {
        let goal = match &matching.goal {
            Some(goal) => Some(self.id("match.goal", goal).await?),
            None => None,
        };
        let read = ReadAt::after(self.own_writes(caller), chrono::Utc::now());
        Ok(Fitting { goal, tags: matching.tags, min_priority: matching.min_priority, read })
    }

    /// Those that can be claimed now, the best first.
    pub(crate) async fn ready(&self, fitting: &Fitting) -> Result<Vec<TaskId>, Refusal> {
        let rows = self.rows(fitting, FindView::Ready, CANDIDATES_MAX).await?;
        let task = |row: FoundRow| match row.id {
            Subject::Task(task) => Some(task),
            Subject::Goal(_) => None,
        };
        Ok(rows.into_iter().filter_map(task).collect())
    }

    /// Says why there is none, or that the goal that was named does not exist. `outrun`: there were some, and others took them. While more
    /// seem to be left, that is no lack of work: whoever is told NOT_FOUND stops asking.
    pub(crate) async fn nothing_ready(&self, fitting: Fitting, outrun: bool) -> Refusal {
        match self.where_they_stand(fitting).await {
            Ok(why) if outrun && why.just_taken > 0 => Refusal::Outrun { retry_after_ms: RETRY_AFTER_MS },
            Ok(why) => Refusal::NothingReady(why),
            Err(refusal) => refusal,
        }
    }

    async fn where_they_stand(&self, mut fitting: Fitting) -> Result<NothingReady, Refusal> {
        let goal = match fitting.goal {
            Some(goal) => Some(self.existing_goal(goal, &mut fitting.read).await?.value),
            None => None,
        };
        let rows = self.rows(&fitting, FindView::Open, LOOKED_AT_MAX).await?;
        let mut why =
            NothingReady { goal: fitting.goal, none_open: fitting.none_open(goal.as_ref()), ..NothingReady::default() };
        rows.iter().for_each(|row| why.count(row));
        Ok(why)
    }

    async fn rows(&self, fitting: &Fitting, view: FindView, limit: u32) -> Result<Vec<FoundRow>, Refusal> {
        let request = FindRequest {
            view: Some(view),
            kind: Some(Kind::Task),
            goal: fitting.goal,
            tags: fitting.tags.clone(),
            limit: Some(limit),
            ..FindRequest::default()
        };
        let mut found = self.views.find(&request, &fitting.read).await.map_err(read_failed)?;
        // The most important come first, so those that are left out would not have been on the page either.
        found.rows.retain(|row| fitting.min_priority.is_none_or(|least| row.priority >= least));
        Ok(found.rows)
    }
}

impl Fitting {
    /// In words for when no open task fits.
    fn none_open(&self, goal: Option<&GoalRow>) -> String {
        let narrowed = !self.tags.is_empty() || self.min_priority.is_some();
        match goal {
            Some(goal) if goal.archived => "the goal is archived".to_owned(),
            Some(goal) if !goal.status.is_open() => format!("the goal is {}", <&str>::from(goal.status)),
            _ if narrowed => "no open task has these tags and this priority".to_owned(),
            Some(goal) if goal.progress.total == 0 => "the goal has no tasks".to_owned(),
            Some(goal) => format!(
                "all its {} tasks are closed, {} of them completed",
                goal.progress.total, goal.progress.completed
            ),
            None => "there is no open task".to_owned(),
        }
    }
}

impl NothingReady {
    fn count(&mut self, row: &FoundRow) {
        let waits = row.why_blocked.as_ref().is_some_and(|why| !why.waits_for.is_empty() || !why.open_parts.is_empty());
        let is = |status: TaskStatus| row.status == <&str>::from(status);
        if let Some(claim) = &row.claim {
            self.until = Some(self.until.map_or(claim.until, |until| until.min(claim.until)));
        }
        let counter = if row.claim.is_some() {
            &mut self.claimed
        } else if is(TaskStatus::Blocked) {
            &mut self.blocked
        } else if is(TaskStatus::InReview) {
            &mut self.in_review
        } else if waits {
            &mut self.waiting
        } else {
            &mut self.just_taken
        };
        *counter += 1;
    }

    /// What the caller can do.
    pub(crate) fn way_out(&self) -> &'static str {
        match self {
            Self { just_taken: 1.., .. } => "claim again",
            Self { claimed: 1.., .. } => "claim again when a task was completed or a lease has ended",
            Self { waiting: 1.., .. } | Self { blocked: 1.., .. } => "find with view blocked shows what they wait for",
            Self { in_review: 1.., .. } => "complete what is in review",
            _ => "leave out parts of match to look further, or add tasks",
        }
    }
}

impl fmt::Display for NothingReady {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let goal = self.goal.map(|goal| format!(" in {goal}")).unwrap_or_default();
        write!(out, "nothing is ready{goal}: ")?;
        let lease = self.until.map(|until| format!(" (the first lease ends at {until})")).unwrap_or_default();
        let counted = [
            (self.claimed, format!("claimed{lease}")),
            (self.waiting, "waiting for others".to_owned()),
            (self.blocked, "blocked".to_owned()),
            (self.in_review, "in review".to_owned()),
            (self.just_taken, "taken by others a moment ago".to_owned()),
        ];
        let said: Vec<String> =
            counted.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        let total: usize = counted.iter().map(|(count, _)| count).sum();
        match total {
            0 => out.write_str(&self.none_open),
            _ if total < LOOKED_AT_MAX as usize => write!(out, "open tasks: {}", said.join(", ")),
            _ => write!(out, "the first {total} open tasks: {}", said.join(", ")),
        }
    }
}
