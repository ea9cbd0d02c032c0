//! What `get` answers.

use std::collections::BTreeMap;

use domain::time::Timestamp;
use read_models::rows::{CommentRow, GoalRow, TaskRow};
use schemars::JsonSchema;
use serde::Serialize;

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
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
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
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub change: serde_json::Value,
    /// The actor's reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
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
