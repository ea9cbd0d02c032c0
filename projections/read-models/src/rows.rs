//! What a query answers with: the same rows for REST, the live feed and the tools.
//!
//! Empty fields are left out. A claim is shown while its lease is live at the moment the answer is judged by.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::{
    GoalId, TaskId,
    goal::{CommentKind, GoalStatus, Priority, Subject, TaskStatus},
    time::Due,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A goal as it stands at a position.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GoalRow {
    /// For example `GOAL-0001`.
    pub id: GoalId,
    /// One line that says what is wanted.
    pub title: String,
    /// Everything else about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it stands.
    pub status: GoalStatus,
    /// How much it matters.
    pub priority: Priority,
    /// Its tags, sorted.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    /// When it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
    /// Who looks after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// What it points to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkRow>,
    /// What its users keep with it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, Value>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Put aside; left out when it is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// Sequence of the last event that touched the goal itself.
    pub version: u64,
    /// How far its tasks are.
    pub progress: Progress,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it or its progress last changed.
    pub updated_at: DateTime<Utc>,
}

/// How many tasks of a goal stand where. Archived tasks are not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the fields are the statuses of tasks")]
pub struct Progress {
    pub total: u32,
    pub pending: u32,
    pub in_progress: u32,
    pub blocked: u32,
    pub in_review: u32,
    pub completed: u32,
    pub failed: u32,
    pub cancelled: u32,
}

/// A task as it stands at a position.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TaskRow {
    /// For example `TASK-0001`.
    pub id: TaskId,
    /// The goal it belongs to.
    pub goal: GoalId,
    /// The task it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<TaskId>,
    /// One line that says what is to be done.
    pub title: String,
    /// Everything else about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it stands.
    pub status: TaskStatus,
    /// Why it cannot go on, in the words of whoever said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked_reason: Option<String>,
    /// How much it matters.
    pub priority: Priority,
    /// Its tags, sorted.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    /// What must be settled before it may start.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub after: BTreeSet<TaskId>,
    /// The lease on it, while it is live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<ClaimRow>,
    /// How long it should take, in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate_minutes: Option<u32>,
    /// When it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
    /// Who should do it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// What must hold for it to be done, by number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub criteria: Vec<CriterionRow>,
    /// What it points to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkRow>,
    /// What its users keep with it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, Value>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Put aside; left out when it is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// Sequence of the last event that touched it.
    pub version: u64,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When an event last touched it.
    pub updated_at: DateTime<Utc>,
}

/// Who works on a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimRow {
    /// Who holds it.
    pub holder: String,
    /// The counter that the holder's writes must carry.
    pub fence: u64,
    /// Since when.
    pub since: DateTime<Utc>,
    /// It ends by itself at this moment.
    pub until: DateTime<Utc>,
}

/// Something that must hold for a task to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CriterionRow {
    /// Its number in the task.
    pub number: u32,
    /// What must hold.
    pub text: String,
    /// Whether it does.
    pub met: bool,
}

/// A soft pointer to something else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct LinkRow {
    /// What it is to us, for example `pull_request`.
    pub rel: String,
    /// A URL, a path or an id.
    pub to: String,
}

/// Something that was said and not taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommentRow {
    /// The goal it was said in.
    pub goal: GoalId,
    /// Its number in the goal.
    pub comment: u32,
    /// The task it is about; left out when it is about the goal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// What it is for.
    pub kind: CommentKind,
    /// What was said.
    pub body: String,
    /// Who said it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// A tag and how much carries it. What is archived is not counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TagRow {
    /// The tag.
    pub tag: String,
    /// Goals that carry it.
    pub goals: u32,
    /// Tasks that carry it.
    pub tasks: u32,
}

/// What kind of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A goal.
    Goal,
    /// A task.
    Task,
}

/// A short row of [`Views::find`](crate::Views::find).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FoundRow {
    /// `GOAL-0001` or `TASK-0001`.
    #[schemars(with = "String")]
    pub id: Subject,
    /// Which of the two it is.
    pub kind: Kind,
    /// The goal it belongs to, or itself.
    pub goal: GoalId,
    /// One line that says what is wanted.
    pub title: String,
    /// A goal's or a task's status.
    pub status: String,
    /// How much it matters.
    pub priority: Priority,
    /// Its tags, sorted.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    /// The lease on it while it is live; in the view `stale` also the one that ran out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<ClaimRow>,
    /// What stands in an open task's way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_blocked: Option<WhyBlocked>,
    /// Put aside; left out when it is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// Found by words that are spelt like those that were asked for; left out when it has the words themselves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub near: bool,
}

/// What stands in a task's way. Each list is cut at [`WHY_BLOCKED_TASKS_MAX`](crate::limits::WHY_BLOCKED_TASKS_MAX).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WhyBlocked {
    /// Tasks to be settled first, its own and those of the tasks it is a part of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits_for: Vec<TaskId>,
    /// Its own parts that are not settled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open_parts: Vec<TaskId>,
    /// How many more tasks there are than the two lists name; left out when they name all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<u32>,
    /// What somebody gave as the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The rows that one event changed, as they stood right after it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangedRows {
    /// The event's position.
    #[serde(skip)]
    pub position: u64,
    /// The goal, when it or its progress changed.
    pub goals: Vec<GoalRow>,
    /// The task, when the event is about one.
    pub tasks: Vec<TaskRow>,
}
