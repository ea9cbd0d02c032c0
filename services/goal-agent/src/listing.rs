//! Tasks and goals for those who show many of them: in full, by filters, by ids, and all there are.

use std::collections::BTreeMap;

use domain::{
    GoalId, TaskId,
    goal::{Subject, TaskStatus},
};
use read_models::{
    FindRequest, ObjectsRequest, Portion, ReadAt,
    rows::{CommentRow, TaskRow},
};
use uuid::Uuid;

use crate::{
    Caller, GoalAgent, Moment,
    change::check_ids,
    locate::read_failed,
    refusal::Refusal,
    reply::{GoalBrief, Goals, TaskInFull, Tasks},
    request::FindView,
};

/// Tasks of one portion, when all are read: a few megabytes.
const PORTION_ROWS: u32 = 4_000;

/// Which tasks to list. Everything given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TasksPage {
    /// Words and terms, as in `find`.
    pub q: Option<String>,
    /// As in `find`; all that are not put aside when missing.
    pub view: Option<FindView>,
    /// Of this goal.
    pub goal: Option<String>,
    /// Any of these statuses.
    pub status: Vec<TaskStatus>,
    /// All of these tags.
    pub tags: Vec<String>,
    /// Only what this one looks after.
    pub assignee: Option<String>,
    /// With these values under these keys of its metadata.
    pub metadata: BTreeMap<String, String>,
    /// Rows a page, 1 to 200; 50 when missing.
    pub limit: Option<u32>,
    /// Where the last page ended.
    pub cursor: Option<String>,
    /// Not older than this position.
    pub min_position: Option<u64>,
    /// As they were.
    pub as_of: Option<Moment>,
}

/// All tasks that were asked for, as they are at one position, portion by portion.
pub struct EveryTask {
    agent: GoalAgent,
    request: FindRequest,
    read: ReadAt,
    next: Option<Portion>,
    /// The position they are true for.
    pub position: u64,
    /// The log's epoch.
    pub epoch: Uuid,
    /// How many there are.
    pub total: u64,
}

impl GoalAgent {
    /// A page of tasks, the most important first; with words the best match first.
    ///
    /// # Errors
    /// VALIDATION names the field; NOT_FOUND the goal that there is not.
    pub async fn tasks(&self, caller: &Caller, page: TasksPage) -> Result<Tasks, Refusal> {
        let _place = self.doors.reads.enter()?;
        let (request, read) = self.listed(caller, page).await?;
        let found = self.views.tasks(&request, &read).await.map_err(read_failed)?;
        Ok(Tasks {
            position: found.position,
            epoch: found.epoch,
            tasks: found.tasks,
            missing: Vec::new(),
            next: found.next,
        })
    }

    /// All of them, as they are now or were then. Each portion is a read of its own, so one who takes long holds up nobody.
    ///
    /// # Errors
    /// As [`GoalAgent::tasks`].
    pub async fn every_task(&self, caller: &Caller, page: TasksPage, texts: bool) -> Result<EveryTask, Refusal> {
        let _place = self.doors.reads.enter()?;
        let (request, read) = self.listed(caller, page).await?;
        let counted = self.views.count_tasks(&request, &read).await.map_err(read_failed)?;
        Ok(EveryTask {
            agent: self.clone(),
            request,
            // Leases are judged by one time throughout.
            read: if read.as_of.is_some() { read } else { ReadAt::at(counted.position, read.now) },
            next: Some(Portion { after: None, rows: PORTION_ROWS, texts }),
            position: counted.position,
            epoch: counted.epoch,
            total: counted.value,
        })
    }

    async fn listed(&self, caller: &Caller, page: TasksPage) -> Result<(FindRequest, ReadAt), Refusal> {
        let mut read = self.read_at(caller, page.as_of, page.min_position).await?;
        let goal: Option<GoalId> = match &page.goal {
            Some(goal) => Some(self.id("goal", goal).await?),
            None => None,
        };
        if let Some(goal) = goal {
            self.existing_goal(goal, &mut read).await?;
        }
        let request = FindRequest {
            q: page.q,
            view: page.view,
            goal,
            status: page.status.iter().map(|status| <&str>::from(status).to_owned()).collect(),
            tags: page.tags,
            assignee: page.assignee,
            metadata: page.metadata,
            me: Some(caller.actor.id.clone()),
            limit: page.limit,
            cursor: page.cursor,
            ..FindRequest::default()
        };
        Ok((request, read))
    }

    /// Tasks by id, up to 100, in one read.
    ///
    /// # Errors
    /// VALIDATION names an id that is none; those that do not exist are in `missing`.
    pub async fn tasks_named(
        &self,
        caller: &Caller,
        ids: &[String],
        as_of: Option<Moment>,
        min_position: Option<u64>,
    ) -> Result<Tasks, Refusal> {
        let _place = self.doors.reads.enter()?;
        let wanted: Vec<TaskId> = self.each_id(ids).await?;
        let mut read = self.read_at(caller, as_of, min_position).await?;
        let mut found = self.views.tasks_by_id(&wanted, &read).await.map_err(read_failed)?;
        if found.value.len() < wanted.len() && self.caught_up(&mut read).await {
            found = self.views.tasks_by_id(&wanted, &read).await.map_err(read_failed)?;
        }
        let tasks: Vec<TaskRow> = found.value.into_iter().map(|standing| standing.task).collect();
        let missing = wanted.iter().filter(|id| !tasks.iter().any(|task| task.id == **id));
        let missing = missing.map(ToString::to_string).collect();
        Ok(Tasks { position: found.position, epoch: found.epoch, tasks, missing, next: None })
    }

    /// Goals by id, up to 100, in one read.
    ///
    /// # Errors
    /// As [`GoalAgent::tasks_named`].
    pub async fn goals_named(
        &self,
        caller: &Caller,
        ids: &[String],
        as_of: Option<Moment>,
        min_position: Option<u64>,
    ) -> Result<Goals, Refusal> {
        let _place = self.doors.reads.enter()?;
        let wanted: Vec<GoalId> = self.each_id(ids).await?;
        let mut read = self.read_at(caller, as_of, min_position).await?;
        let mut found = self.views.goals_by_id(&wanted, &read).await.map_err(read_failed)?;
        if found.value.len() < wanted.len() && self.caught_up(&mut read).await {
            found = self.views.goals_by_id(&wanted, &read).await.map_err(read_failed)?;
        }
        let missing = wanted.iter().filter(|id| !found.value.iter().any(|goal| goal.id == **id));
        let missing = missing.map(ToString::to_string).collect();
        Ok(Goals { position: found.position, epoch: found.epoch, goals: found.value, missing, next: None })
    }

    /// Each once, in their order.
    async fn each_id<T: std::str::FromStr + Ord>(&self, ids: &[String]) -> Result<Vec<T>, Refusal>
    where
        T::Err: std::fmt::Display,
    {
        check_ids(ids)?;
        let mut read = Vec::with_capacity(ids.len());
        for (index, id) in ids.iter().enumerate() {
            read.push(self.id(&format!("ids[{index}]"), id).await?);
        }
        read.sort_unstable();
        read.dedup();
        Ok(read)
    }

    /// One task with what was said about it, as it is or as it was.
    ///
    /// # Errors
    /// NOT_FOUND suggests the nearest ids, or says when it came, if that was later.
    pub async fn task(
        &self,
        caller: &Caller,
        id: &str,
        as_of: Option<Moment>,
        min_position: Option<u64>,
    ) -> Result<TaskInFull, Refusal> {
        let _place = self.doors.reads.enter()?;
        let task: TaskId = self.id("id", id).await?;
        let goal = self.goal_of(Subject::Task(task)).await?;
        let mut read = self.read_at(caller, as_of, min_position).await?;
        let wanted = ObjectsRequest { goals: vec![goal], tasks: vec![task], comments: true, trees: false };
        let mut found = self.views.objects(&wanted, &read).await.map_err(read_failed)?;
        if found.value.tasks.is_empty() && self.caught_up(&mut read).await {
            found = self.views.objects(&wanted, &read).await.map_err(read_failed)?;
        }
        let (position, epoch, mut objects) = (found.position, found.epoch, found.value);
        let (Some(standing), Some(goal)) = (objects.tasks.pop(), objects.goals.pop()) else {
            return Err(self.missing(task.into(), &read).await.alone(&read));
        };
        Ok(TaskInFull {
            position,
            epoch,
            ready: as_of.is_none() && standing.ready,
            goal: GoalBrief { id: goal.id, title: goal.title, status: goal.status, version: goal.version },
            comments: objects.comments.remove(&task.into()).unwrap_or_default(),
            task: standing.task,
        })
    }

    /// What was said about a goal, as it was at a position.
    ///
    /// # Errors
    /// UNAVAILABLE when the views are away.
    pub async fn comments(&self, goal: GoalId, position: u64) -> Result<Vec<CommentRow>, Refusal> {
        let _place = self.doors.reads.enter()?;
        let read = ReadAt::as_of(position, chrono::Utc::now());
        Ok(self.views.comments(goal.into(), &read).await.map_err(read_failed)?.value)
    }
}

impl EveryTask {
    /// The next of them; `None` when there are no more. After a failure it can be asked again.
    ///
    /// # Errors
    /// BUSY and UNAVAILABLE.
    pub async fn portion(&mut self) -> Result<Option<Vec<TaskRow>>, Refusal> {
        let Some(portion) = self.next else { return Ok(None) };
        let _place = self.agent.doors.reads.enter()?;
        let found = self.agent.views.every_task(&self.request, portion, &self.read).await.map_err(read_failed)?.value;
        let is_full = found.len() == PORTION_ROWS as usize;
        self.next = found.last().filter(|_| is_full).map(|last| Portion { after: Some(last.id), ..portion });
        Ok(Some(found))
    }
}
