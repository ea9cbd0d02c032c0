//! What `get` answers.

use read_models::rows::{CommentRow, GoalRow, TaskRow};
use schemars::JsonSchema;
use serde::Serialize;

use super::Happened;

/// `get`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
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
    /// There is more of it: the `cursor` to go on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<String>,
}

/// A goal in full.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TaskObject {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "see its type")]
    pub row: TaskRow,
    /// Whether it could be claimed.
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

/// An id that does not exist.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
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
