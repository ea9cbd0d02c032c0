//! What the dashboard is answered.

use read_models::rows::{GoalRow, TaskRow};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

/// A page of goals.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
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
