//! What is answered, whichever door it goes out through. Empty fields are left out.
//!
//! `position` is the log position that the answer is true for, and the token for reading one's own writes elsewhere.

use std::collections::BTreeMap;

use domain::{
    GoalId, TaskId,
    goal::{Goal, Priority, Subject, Task, TaskStatus, graph},
    time::Timestamp,
};
use event_store::Receipt;
use read_models::rows::{CommentRow, CriterionRow, FoundRow, GoalRow, LinkRow, Progress, TaskRow};
use serde::Serialize;
use uuid::Uuid;

/// Ids listed in one answer before it is cut; the rest is found with `find`.
const LISTED_MAX: usize = 50;

/// Proof that a command is in the log.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Stored {
    /// Log position of the command's last event.
    pub position: u64,
    /// Sequence of that event in its goal's stream.
    pub sequence: u64,
    /// The request id was known: this is what it led to the first time.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub duplicate: bool,
    /// It was so already; nothing was stored.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unchanged: bool,
}

impl Stored {
    pub(crate) fn of(receipt: Option<&Receipt>, goal: &Goal, head: u64) -> Self {
        match receipt {
            Some(receipt) => Self {
                position: receipt.last_position,
                sequence: receipt.sequence,
                duplicate: receipt.duplicate,
                unchanged: false,
            },
            None => Self { position: head, sequence: goal.sequence, duplicate: false, unchanged: true },
        }
    }
}

/// `create_goal` and `add_tasks`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Planned {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "see its type")]
    pub stored: Stored,
    /// The goal.
    pub goal: GoalId,
    /// The new tasks by their key; tasks without one are under their id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ids: BTreeMap<String, TaskId>,
    /// How many tasks are new.
    #[serde(skip_serializing_if = "is_zero")]
    pub added: usize,
    /// Tasks of the goal that can be claimed now, the first of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ready: Vec<TaskId>,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// `get`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Objects {
    /// What the answer is true for.
    pub position: u64,
    /// The goals asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub goals: Vec<GoalObject>,
    /// The tasks asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskObject>,
    /// Ids that do not exist.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Missing>,
}

/// A goal in full.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GoalObject {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "see its type")]
    pub row: GoalRow,
    /// Its tasks, each after the task it is a part of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskRow>,
    /// What was said about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<CommentRow>,
    /// What happened to it and its tasks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Happened>,
}

/// A task in full.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskObject {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "see its type")]
    pub row: TaskRow,
    /// Whether it can be claimed now.
    pub ready: bool,
    /// Its parts, their parts and so on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subtasks: Vec<TaskRow>,
    /// What was said about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<CommentRow>,
    /// What happened to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Happened>,
}

/// One event, as a reader of history sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Happened {
    /// Its log position.
    pub position: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// What happened, for example `task_completed`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// What it happened to.
    pub id: String,
    /// Its data.
    #[serde(skip_serializing_if = "serde_json::Value::is_null")]
    pub change: serde_json::Value,
    /// The actor's reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// An id that does not exist.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Missing {
    /// The id.
    pub id: String,
    /// Ids that do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub did_you_mean: Vec<String>,
    /// It does, but only since this position.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub came_with: Option<u64>,
}

/// `find`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Found {
    /// What the answer is true for.
    pub position: u64,
    /// What was found.
    pub rows: Vec<FoundRow>,
    /// There is more: pass this as `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<String>,
}

/// `update`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Updated {
    /// The highest log position that was written.
    pub position: u64,
    /// One receipt a goal.
    pub receipts: Vec<GoalReceipt>,
    /// What was changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<Changed>,
    /// What was not: per goal, the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<serde_json::Value>,
    /// Tasks that can be claimed now and could not before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unblocked: Vec<TaskId>,
}

/// What became of one goal's part of an `update`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GoalReceipt {
    /// The goal.
    pub goal: GoalId,
    #[serde(flatten)]
    #[expect(missing_docs, reason = "see its type")]
    pub stored: Stored,
}

/// An object and the version it has now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Changed {
    /// `GOAL-0001` or `TASK-0001`.
    pub id: Subject,
    /// For `expect_version`.
    pub version: u64,
}

/// `claim`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Claimed {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "see its type")]
    pub stored: Stored,
    /// The task.
    pub task: TaskId,
    /// Its title.
    pub title: String,
    /// Pass this when working on the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fence: Option<u64>,
    /// The lease ends at this moment; claim again with the fence to renew it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The task was given back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub released: bool,
    /// What to know before starting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
}

/// What a worker should know of a task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Context {
    /// The goal it serves.
    pub goal: GoalId,
    /// What the goal wants.
    pub goal_title: String,
    /// More about the goal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goal_description: Option<String>,
    /// More about the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What must hold for it to be done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub criteria: Vec<CriterionRow>,
    /// What it points to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkRow>,
    /// What came of the tasks it had to wait for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<TaskResult>,
    /// What the last worker left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handoff: Option<String>,
}

/// What came of a task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskResult {
    /// The task.
    pub task: TaskId,
    /// Its title.
    pub title: String,
    /// What came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
}

/// `complete`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Completed {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "see its type")]
    pub stored: Stored,
    /// The task or goal.
    pub id: Subject,
    /// Its status now.
    pub status: &'static str,
    /// Tasks that waited for it and can be claimed now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unblocked: Vec<TaskId>,
    /// How far the goal is.
    pub goal_progress: Progress,
    /// What could be done next in the same goal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<NextTask>,
    /// What else could be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// A task that can be claimed now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NextTask {
    /// Its id.
    pub task: TaskId,
    /// Its title.
    pub title: String,
    /// How much it matters.
    pub priority: Priority,
}

/// `comment`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Commented {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "see its type")]
    pub stored: Stored,
    /// What was commented on.
    pub id: Subject,
    /// The comment's number in its goal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<u32>,
}

/// A page of goals.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Goals {
    /// What the answer is true for.
    pub position: u64,
    /// The log's epoch.
    pub epoch: Uuid,
    /// Newest first.
    pub goals: Vec<GoalRow>,
    /// There is more: pass this as `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A goal and its tasks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GoalWithTasks {
    /// What the answer is true for.
    pub position: u64,
    /// The log's epoch.
    pub epoch: Uuid,
    /// The goal.
    pub goal: GoalRow,
    /// Its tasks, each after the task it is a part of.
    pub tasks: Vec<TaskRow>,
}

/// Tasks that can be claimed now, the most important and then the oldest first, cut at a readable number.
pub(crate) fn ready(goal: &Goal, at: Timestamp) -> Vec<TaskId> {
    goal.agenda.open().filter(|id| graph::is_ready(goal, *id, at)).take(LISTED_MAX).collect()
}

/// Tasks that a settled one no longer holds up: those that waited for it, their parts, and the task it is a part of.
pub(crate) fn unblocked(goal: &Goal, settled: TaskId, at: Timestamp) -> Vec<TaskId> {
    let Some(task) = goal.task(settled) else { return Vec::new() };
    let waited = task.dependents.iter().flat_map(|id| ready_from(goal, *id, at));
    let parent = task.parent.filter(|parent| graph::is_ready(goal, *parent, at));
    let mut freed: Vec<TaskId> = waited.chain(parent).collect();
    freed.sort_unstable();
    freed.dedup();
    freed.truncate(LISTED_MAX);
    freed
}

/// Of a task and its parts those that can be claimed now.
pub(crate) fn ready_from(goal: &Goal, task: TaskId, at: Timestamp) -> Vec<TaskId> {
    let tree = [task].into_iter().chain(graph::descendants(goal, task));
    tree.filter(|id| graph::is_ready(goal, *id, at)).collect()
}

/// How far a goal is, from its state. Archived tasks are not counted.
pub(crate) fn progress(goal: &Goal) -> Progress {
    let count = |status| goal.agenda.count(status);
    let mut progress = Progress {
        total: 0,
        pending: count(TaskStatus::Pending),
        in_progress: count(TaskStatus::InProgress),
        blocked: count(TaskStatus::Blocked),
        in_review: count(TaskStatus::InReview),
        completed: count(TaskStatus::Completed),
        failed: count(TaskStatus::Failed),
        cancelled: count(TaskStatus::Cancelled),
    };
    let closed = progress.completed + progress.failed + progress.cancelled;
    progress.total = progress.pending + progress.in_progress + progress.blocked + progress.in_review + closed;
    progress
}

pub(crate) fn criteria(task: &Task) -> Vec<CriterionRow> {
    let row = |(number, criterion): (&u32, &domain::goal::Criterion)| CriterionRow {
        number: *number,
        text: criterion.text.to_string(),
        met: criterion.met,
    };
    task.criteria.iter().map(row).collect()
}

pub(crate) fn links(task: &Task) -> Vec<LinkRow> {
    task.links.iter().map(|link| LinkRow { rel: link.rel.clone(), to: link.to.to_string() }).collect()
}
