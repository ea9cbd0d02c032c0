//! What `complete` answers.

use domain::{
    TaskId,
    goal::{Priority, Subject},
};
use read_models::rows::Progress;
use schemars::JsonSchema;
use serde::Serialize;

use super::Stored;

/// `complete`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Completed {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "see its type")]
    pub stored: Stored,
    /// The task or goal.
    #[schemars(with = "String")]
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
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct NextTask {
    /// Its id.
    pub task: TaskId,
    /// Its title.
    pub title: String,
    /// How much it matters.
    pub priority: Priority,
}
