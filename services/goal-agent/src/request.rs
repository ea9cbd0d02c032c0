//! What can be asked, whichever door it comes through.
//!
//! Typed to the last field: an unknown one is refused by name, and nothing is JSON inside a string. The same shapes are the tools' input
//! schemas and the bodies of REST, so a word means the same everywhere.

use std::collections::BTreeMap;

use domain::{
    goal::{CommentKind, GoalStatus, Link, Priority, TaskStatus},
    time::Due,
};
pub use read_models::{FindView, rows::Kind};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// Create a goal, with its whole tree of tasks in one step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateGoal {
    /// What is wanted, in one line of 1 to 200 characters.
    pub title: String,
    /// Everything else worth knowing; Markdown, up to 64 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// low, medium (default), high or critical.
    #[serde(default)]
    pub priority: Priority,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// A day such as 2026-11-30, or a moment such as 2026-11-30T12:00:00Z.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub due: Option<Due>,
    /// Its tasks, with sub-tasks and dependencies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskPlan>,
    /// Anything you want to keep with it, by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, Value>,
    /// Your own id for this request: repeating the call with it returns the first answer and changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// A task to be made, with its sub-tasks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskPlan {
    /// What is to be done, in one line of 1 to 200 characters.
    pub title: String,
    /// A local name, so that `after` of other tasks in this call can mean this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Everything else worth knowing; Markdown, up to 64 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// low, medium (default), high or critical.
    #[serde(default)]
    pub priority: Priority,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What must be done before: keys of this call, or ids such as TASK-0001 of the same goal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// Criteria that must hold for it to be done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accept: Vec<String>,
    /// Whole minutes, or a text such as 1h30m.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    /// A day such as 2026-11-30, or a moment such as 2026-11-30T12:00:00Z.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub due: Option<Due>,
    /// Its parts, of the same shape; it can be completed when they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subtasks: Vec<TaskPlan>,
}

/// How long something should take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Estimate {
    /// Whole minutes.
    Minutes(u32),
    /// Hours and minutes, such as `90m`, `2h` or `1h30m`.
    Text(String),
}

/// Add tasks below a goal or a task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddTasks {
    /// The goal (GOAL-0001) or task (TASK-0001) that they become parts of.
    pub parent: String,
    /// The tasks, with sub-tasks and dependencies.
    pub tasks: Vec<TaskPlan>,
    /// Your own id for this request: repeating the call with it returns the first answer and changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// Read goals and tasks in full.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Get {
    /// Goal and task ids, up to 100.
    pub ids: Vec<String>,
    /// What to add to each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<Include>,
    /// Read as it was at this log position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<u64>,
    /// Wait until this position has been read in; your own writes are waited for without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_position: Option<u64>,
}

/// What `get` can add to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Include {
    /// The tasks below it.
    Tree,
    /// What was said about it.
    Comments,
    /// What it points to.
    Links,
    /// What happened to it, newest last.
    History,
}

/// Find goals and tasks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Find {
    /// Words to look for; `tag:x`, `goal:GOAL-0001`, `by:name` and `status:x` narrow it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// ready: can be claimed now. mine: held by or assigned to you. blocked, stale (lease ran out), overdue, open, all (archived too).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<FindView>,
    /// Only goals or only tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Only this goal and its tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<String>,
    /// Only what has all these tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Only what has one of these statuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub status: Vec<TaskStatus>,
    /// Read as it was at this log position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<u64>,
    /// How many rows, 1 to 200; 25 when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The `more` of the answer before, to go on from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Wait until this position has been read in; your own writes are waited for without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_position: Option<u64>,
}

/// Change goals and tasks: their words, their state, what belongs to them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Update {
    /// Goal and task ids, up to 100. All of one goal change together or not at all.
    pub ids: Vec<String>,
    /// New values; null clears one.
    #[serde(default, skip_serializing_if = "Set::is_empty")]
    pub set: Set,
    /// What to add.
    #[serde(default, skip_serializing_if = "Lists::is_empty")]
    pub add: Lists,
    /// What to remove.
    #[serde(default, skip_serializing_if = "Lists::is_empty")]
    pub remove: Lists,
    /// Only if it is still at the version you read; with one id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect_version: Option<u64>,
    /// The fence from your claim; needed to change the status of a claimed task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<u64>,
    /// Why, for those who read the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Your own id for this request: repeating the call with it returns the first answer and changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// New values. A field that is not there stays as it is; one that is null is cleared, or refused where there must be something.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Set {
    /// In one line of 1 to 200 characters.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Markdown, or null.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub description: Option<Option<String>>,
    /// Tasks: pending, in_progress, blocked, in_review, completed, failed, cancelled. Goals: pending, in_progress, completed, cancelled.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub status: Option<TaskStatus>,
    /// low, medium, high or critical.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// A day, a moment, or null.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub due: Option<Option<Due>>,
    /// Whole minutes, a text such as 1h30m, or null.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Estimate>")]
    pub estimate: Option<Option<Estimate>>,
    /// Who looks after it, or null.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub assignee: Option<Option<String>>,
    /// The task it becomes a part of (same goal), or null for directly below the goal.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub parent: Option<Option<String>>,
    /// Values by key; null removes a key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, Value>,
    /// true puts it aside, false takes it back.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
}

impl Set {
    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What can be added and removed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Lists {
    /// Tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Task ids that must be done before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// Pointers: {rel, to}.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// Criteria: their text; to remove one, its text or its number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accept: Vec<String>,
}

impl Lists {
    /// Whether it names nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Claim a task, renew or release a claim.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The task; without it the best ready one that fits `match` is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What the task should be like.
    #[serde(default, rename = "match", skip_serializing_if = "Option::is_none")]
    pub matching: Option<Match>,
    /// How long the lease lasts, in seconds; 900 when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u64>,
    /// The fence of your claim: renews it, or releases it with `release`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<u64>,
    /// Give the task back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub release: bool,
    /// What the next worker must know; kept as a comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handoff: Option<String>,
    /// Your own id for this request: repeating the call with it returns the first answer and changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// What a task to be claimed should be like.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Match {
    /// A task of this goal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<String>,
    /// With all these tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// At least this important.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_priority: Option<Priority>,
}

/// Say how a task, or a goal, came out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Complete {
    /// The task (or goal).
    pub id: String,
    /// done (default) or failed.
    #[serde(default)]
    pub outcome: Outcome,
    /// What came of it; those who depend on it will read this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// What shows it: addresses, commits, outputs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// Numbers of the criteria that hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub met: Vec<u32>,
    /// The fence from your claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<u64>,
    /// Your own id for this request: repeating the call with it returns the first answer and changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// How it came out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Outcome {
    /// Reached.
    #[default]
    Done,
    /// Tried and not reached.
    Failed,
}

/// Say something about a goal or task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddComment {
    /// The goal or task.
    pub id: String,
    /// What to say; Markdown, up to 64 KiB.
    pub body: String,
    /// note (default), decision, question or handoff.
    #[serde(default)]
    pub kind: CommentKind,
    /// Your own id for this request: repeating the call with it returns the first answer and changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// Statuses of tasks that are statuses of goals too.
pub(crate) fn goal_status(status: TaskStatus) -> Option<GoalStatus> {
    <&str>::from(status).parse().ok()
}

/// Tells "not there" (`None`) from "there, and null" (`Some(None)`).
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// What is always something: null would be lost as "not there", and somebody meant to clear it.
fn never_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
