//! Queries: `get`, `find`, and what the dashboard asks. They come from the views and wait, within a bound, for the caller's own writes.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    GoalId, Recorded, Rejection, TaskId, Timestamp,
    goal::{GoalStatus, Subject},
};
use read_models::{
    Answer, FindRequest, FindView, GoalsRequest, ObjectsRequest, ReadAt, TaskStanding, limits,
    rows::{ChangedRows, GoalRow, TaskRow},
};

use tokio::time::timeout;

use crate::{
    Caller, GoalAgent, Moment,
    change::check_ids,
    lane,
    locate::read_failed,
    portion::{Place, portion},
    refusal::Refusal,
    reply::{Found, GoalObject, GoalWithTasks, Goals, Missing, Objects, TaskObject},
    request::{Find, Get, Include},
    room::Room,
};

/// Rows of `find` when no number is given.
const FOUND_ROWS_DEFAULT: u32 = 25;
/// How long a read waits for the views before it says that something does not exist.
const MISSING_BOUND: std::time::Duration = std::time::Duration::from_secs(2);
/// How long the live feed waits for the views before it tries again.
const CHANGED_ROWS_BOUND: std::time::Duration = std::time::Duration::from_secs(5);

/// Which goals to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GoalsPage {
    /// Any of these statuses; all that are not archived when empty.
    pub status: Vec<GoalStatus>,
    /// With these values under these keys of their metadata.
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

impl GoalAgent {
    pub(crate) async fn read_at(
        &self,
        caller: &Caller,
        as_of: Option<Moment>,
        min_position: Option<u64>,
    ) -> Result<ReadAt, Refusal> {
        let now = chrono::Utc::now();
        match as_of {
            None => {
                let least = min_position.unwrap_or(0);
                // It may be on its way.
                let mut heads = self.log.wakeups();
                let _come = timeout(limits::WAIT_BOUND_DEFAULT, heads.wait_for(|head| *head >= least)).await.is_ok();
                let least = self.in_the_log("min_position", least).await?;
                Ok(ReadAt::after(least.max(self.own_writes(caller)), now))
            }
            Some(Moment::Position(position)) => Ok(ReadAt::as_of(self.in_the_log("as_of", position).await?, now)),
            Some(Moment::Time(time)) if time > now => {
                Err(Refusal::validation("as_of", "is in the future; leave it out for how it is now"))
            }
            Some(Moment::Time(time)) => Ok(ReadAt::at(self.position_at(time).await?, time)),
        }
    }

    /// A position that there is: whoever waits for another waits for ever. The log is asked only about what has not been heard of here.
    pub(crate) async fn in_the_log(&self, field: &'static str, position: u64) -> Result<u64, Refusal> {
        if position <= self.head() {
            return Ok(position);
        }
        match self.log.head().await?.position {
            head if position > head => Err(Refusal::validation(
                field,
                format!("is beyond the log, which ends at position {head}; is it from another log?"),
            )),
            _ => Ok(position),
        }
    }

    /// The last position of a time that has passed. The views are waited for, so that the time means the same position ever after.
    pub(crate) async fn position_at(&self, time: Timestamp) -> Result<u64, Refusal> {
        // Before there were logs; and not all of these times can be asked of Postgres.
        if time < Timestamp::UNIX_EPOCH {
            return Ok(0);
        }
        let head = self.log.head().await?.position;
        let behind = |_| lane::unavailable("the views are behind the log");
        self.views.wait_for(head, MISSING_BOUND).await.map_err(behind)?;
        self.views.position_at(time).await.map_err(read_failed)
    }

    /// Reads goals and tasks in full.
    ///
    /// # Errors
    /// NOT_FOUND when none of the ids exists; those that do not are otherwise named in `missing`.
    pub async fn get(&self, caller: &Caller, request: Get) -> Result<Objects, Refusal> {
        let _place = self.doors.reads.enter()?;
        check_ids(&request.ids)?;
        let mut wanted = self.wanted(&request).await?;
        let asked = asked(&wanted);
        let from = request.cursor.as_deref().map(|cursor| place(cursor, asked.len())).transpose()?;
        skip(&mut wanted, from.map_or(0, |from| from.index));
        let mut read = self.read_at(caller, request.as_of, request.min_position).await?;
        if let (Some(from), None) = (from, request.as_of) {
            read = ReadAt::as_of(from.position, read.now);
        }
        let mut objects = self.objects(&wanted, &request, &read).await?;
        if !objects.missing.is_empty() && self.caught_up(&mut read).await {
            objects = self.objects(&wanted, &request, &read).await?;
        }
        if from.is_some() {
            // They were told with the first portion.
            objects.missing.clear();
        }
        portion(&mut objects, &asked, from.unwrap_or_default());
        match &objects.missing[..] {
            [only] if objects.goals.is_empty() && objects.tasks.is_empty() => Err(only.clone().alone(&read)),
            _ => Ok(objects),
        }
    }

    async fn wanted(&self, request: &Get) -> Result<ObjectsRequest, Refusal> {
        let includes = |part| request.include.contains(&part);
        let mut wanted = ObjectsRequest {
            trees: includes(Include::Tree),
            comments: includes(Include::Comments),
            ..ObjectsRequest::default()
        };
        for (index, id) in request.ids.iter().enumerate() {
            match self.id::<Subject>(&format!("ids[{index}]"), id).await? {
                Subject::Goal(goal) if !wanted.goals.contains(&goal) => wanted.goals.push(goal),
                Subject::Task(task) if !wanted.tasks.contains(&task) => wanted.tasks.push(task),
                // Named twice, told once.
                Subject::Goal(_) | Subject::Task(_) => {}
            }
        }
        Ok(wanted)
    }

    /// All of it at one position, the history too.
    async fn objects(&self, wanted: &ObjectsRequest, request: &Get, read: &ReadAt) -> Result<Objects, Refusal> {
        let Answer { position, value: found, .. } = self.views.objects(wanted, read).await.map_err(read_failed)?;
        let history = request.include.contains(&Include::History);
        let mut objects = Objects { position, goals: Vec::new(), tasks: Vec::new(), missing: Vec::new(), more: None };
        let mut goals: BTreeMap<GoalId, GoalRow> = found.goals.into_iter().map(|row| (row.id, row)).collect();
        for id in &wanted.goals {
            let Some(row) = goals.remove(id) else {
                objects.missing.push(self.missing((*id).into(), read).await);
                continue;
            };
            objects.goals.push(GoalObject {
                row,
                tasks: found.trees.get(id).cloned().unwrap_or_default(),
                comments: found.comments.get(&(*id).into()).cloned().unwrap_or_default(),
                history: if history { self.lately(*id, None, position).await? } else { Vec::new() },
            });
        }
        let mut tasks: BTreeMap<TaskId, TaskStanding> =
            found.tasks.into_iter().map(|standing| (standing.task.id, standing)).collect();
        for id in &wanted.tasks {
            let Some(standing) = tasks.remove(id) else {
                objects.missing.push(self.missing((*id).into(), read).await);
                continue;
            };
            let goal = standing.task.goal;
            objects.tasks.push(TaskObject {
                row: standing.task,
                ready: standing.ready,
                subtasks: found.trees.get(&goal).map(|tree| below(*id, tree)).unwrap_or_default(),
                comments: found.comments.get(&(*id).into()).cloned().unwrap_or_default(),
                history: if history { self.lately(goal, Some(*id), position).await? } else { Vec::new() },
            });
        }
        Ok(objects)
    }

    /// What was not found may only be too new: waits, within a bound, for the views to reach the log as it stands now. `false` when they
    /// had, so that another look would find no more. The log itself is asked: what another node has just stored is not known here yet.
    pub(crate) async fn caught_up(&self, read: &mut ReadAt) -> bool {
        let head = self.log.head().await.map_or_else(|_| self.head(), |head| head.position);
        if read.as_of.is_some() || read.min_position >= head {
            return false;
        }
        let reached = self.views.wait_for(head, MISSING_BOUND).await;
        read.min_position = head;
        reached.is_ok()
    }

    /// What is not there: it came later than was asked about, or something else is meant.
    pub(crate) async fn missing(&self, subject: Subject, read: &ReadAt) -> Missing {
        let id = subject.to_string();
        let came_with = match read.as_of {
            Some(_) => self.created_position(subject).await,
            None => None,
        };
        let did_you_mean = if came_with.is_some() { Vec::new() } else { self.nearest(&id).await };
        Missing { id, did_you_mean, came_with }
    }

    /// As suggestions are, it is a courtesy.
    async fn created_position(&self, subject: Subject) -> Option<u64> {
        let _reached = self.views.wait_for(self.head(), MISSING_BOUND).await;
        self.views.created_position(subject).await.ok().flatten()
    }

    /// The goal, waited for within a bound.
    pub(crate) async fn existing_goal(&self, id: GoalId, read: &mut ReadAt) -> Result<Answer<GoalRow>, Refusal> {
        let mut found = self.views.goal(id, read).await.map_err(read_failed)?;
        if found.value.is_none() && self.caught_up(read).await {
            found = self.views.goal(id, read).await.map_err(read_failed)?;
        }
        match found.value {
            Some(value) => Ok(Answer { position: found.position, epoch: found.epoch, value }),
            None => Err(self.missing(id.into(), read).await.alone(read)),
        }
    }

    /// Finds goals and tasks.
    ///
    /// # Errors
    /// VALIDATION names the field, also of a cursor that is not ours; NOT_FOUND the goal that there is not.
    pub async fn find(&self, caller: &Caller, request: Find) -> Result<Found, Refusal> {
        let _place = self.doors.reads.enter()?;
        let goal = match &request.goal {
            Some(goal) => Some(self.id("goal", goal).await?),
            None => None,
        };
        let mut read = self.read_at(caller, request.as_of, request.min_position).await?;
        // Who names a status or searches for words wants to see closed things too.
        let open = request.status.is_empty() && request.q.is_none();
        let mut question = FindRequest {
            q: request.q,
            view: request.view.or(open.then_some(FindView::Open)),
            kind: request.kind,
            goal,
            tags: request.tags,
            status: request.status.iter().map(|status| <&str>::from(status).to_owned()).collect(),
            assignee: None,
            metadata: BTreeMap::new(),
            me: Some(caller.actor.id.clone()),
            limit: Some(request.limit.unwrap_or(FOUND_ROWS_DEFAULT)),
            cursor: request.cursor,
        };
        let mut found = self.views.find(&question, &read).await.map_err(read_failed)?;
        let named = if found.rows.is_empty() { question.named_goals() } else { Vec::new() };
        for goal in named {
            let position = self.existing_goal(goal, &mut read).await?.position;
            // It may have been made, with what is looked for, since nothing was found.
            if position > found.position {
                read.min_position = position;
                found = self.views.find(&question, &read).await.map_err(read_failed)?;
            }
        }
        let mut room = Room::new();
        let fitting = found.rows.iter().take_while(|row| room.takes(row)).count();
        if fitting < found.rows.len() {
            // Asked again, so that the page ends with the last row that has room, and its cursor is that row's.
            question.limit = u32::try_from(fitting).ok();
            found = self.views.find(&question, &read).await.map_err(read_failed)?;
        }
        Ok(Found { position: found.position, rows: found.rows, more: found.next })
    }

    /// A page of goals, newest first.
    ///
    /// # Errors
    /// VALIDATION names the field.
    pub async fn goals(&self, caller: &Caller, page: GoalsPage) -> Result<Goals, Refusal> {
        let _place = self.doors.reads.enter()?;
        let read = self.read_at(caller, page.as_of, page.min_position).await?;
        let request = GoalsRequest {
            status: page.status,
            archived: Some(false),
            metadata: page.metadata,
            limit: page.limit,
            cursor: page.cursor,
        };
        let found = self.views.goals(&request, &read).await.map_err(read_failed)?;
        Ok(Goals {
            position: found.position,
            epoch: found.epoch,
            goals: found.goals,
            missing: Vec::new(),
            next: found.next,
        })
    }

    /// One goal with its tasks, as it is or as it was.
    ///
    /// # Errors
    /// NOT_FOUND suggests the nearest ids, or says when it came, if that was later.
    pub async fn goal(
        &self,
        caller: &Caller,
        id: &str,
        as_of: Option<Moment>,
        min_position: Option<u64>,
    ) -> Result<GoalWithTasks, Refusal> {
        let _place = self.doors.reads.enter()?;
        let goal: GoalId = self.id("id", id).await?;
        let mut read = self.read_at(caller, as_of, min_position).await?;
        let mut found = self.views.goal_tree(goal, &read).await.map_err(read_failed)?;
        if found.is_none() && self.caught_up(&mut read).await {
            found = self.views.goal_tree(goal, &read).await.map_err(read_failed)?;
        }
        match found {
            Some(tree) => {
                Ok(GoalWithTasks { position: tree.position, epoch: tree.epoch, goal: tree.goal, tasks: tree.tasks })
            }
            None => Err(self.missing(goal.into(), &read).await.alone(&read)),
        }
    }

    /// Waits until reads show everything up to a position, within a bound: then the views are away, and reads say so.
    pub async fn shown(&self, position: u64) {
        let _reached = self.views.wait_for(position, CHANGED_ROWS_BOUND).await;
    }

    /// The rows that each event of a page changed, once the views have it.
    ///
    /// # Errors
    /// UNAVAILABLE when the views do not reach the page within a bound; ask again.
    pub async fn rows_changed(&self, page: &[Arc<Recorded>]) -> Result<Vec<ChangedRows>, Refusal> {
        let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(Vec::new()) };
        // A reader that asks too early would only ask again.
        let _reached = self.views.wait_for(last.position, CHANGED_ROWS_BOUND).await;
        self.views.rows_changed(first.position, last.position).await.map_err(read_failed)
    }
}

/// Goals before tasks, as the answer has them.
fn asked(wanted: &ObjectsRequest) -> Vec<Subject> {
    let goals = wanted.goals.iter().copied().map(Subject::from);
    goals.chain(wanted.tasks.iter().copied().map(Subject::from)).collect()
}

/// What was given before need not be read again.
fn skip(wanted: &mut ObjectsRequest, given: usize) {
    let goals = given.min(wanted.goals.len());
    wanted.goals.drain(..goals);
    wanted.tasks.drain(..given - goals);
}

fn place(cursor: &str, ids: usize) -> Result<Place, Refusal> {
    let place = cursor.parse::<Place>().ok().filter(|place| place.index < ids);
    place.ok_or_else(|| {
        Refusal::validation("cursor", "is not the `more` of an answer about these ids; leave it out to begin anew")
    })
}

impl Missing {
    /// The refusal, when nothing else was asked for.
    pub(crate) fn alone(self, read: &ReadAt) -> Refusal {
        match (read.as_of, self.came_with) {
            (Some(as_of), Some(came_with)) => Refusal::TooEarly { id: self.id, as_of, came_with },
            _ => Rejection::NotFound { id: self.id, did_you_mean: self.did_you_mean }.into(),
        }
    }
}

/// The parts of a task, their parts and so on, in the order of the tree.
fn below(task: TaskId, tree: &[TaskRow]) -> Vec<TaskRow> {
    let mut inside = std::collections::BTreeSet::from([task]);
    let is_below = |row: &TaskRow| row.parent.is_some_and(|parent| inside.contains(&parent)) && inside.insert(row.id);
    let mut is_below = is_below;
    tree.iter().filter(|row| is_below(row)).cloned().collect()
}
