//! What the dashboard is answered.

use domain::{GoalId, goal::GoalStatus};
use read_models::rows::{CommentRow, GoalRow, TaskRow};
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
    /// Ids that were asked for and do not exist.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
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

/// Tasks.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Tasks {
    /// What the answer is true for.
    pub position: u64,
    /// The log's epoch.
    pub epoch: Uuid,
    /// The tasks.
    pub tasks: Vec<TaskRow>,
    /// Ids that were asked for and do not exist.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// There is more: pass this as `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A task, and what belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TaskInFull {
    /// What the answer is true for.
    pub position: u64,
    /// The log's epoch.
    pub epoch: Uuid,
    /// The task.
    pub task: TaskRow,
    /// Whether it can be claimed now.
    pub ready: bool,
    /// The goal it serves.
    pub goal: GoalBrief,
    /// What was said about it, oldest first.
    pub comments: Vec<CommentRow>,
}

/// As much of a goal as its tasks are told with.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct GoalBrief {
    /// Its id.
    pub id: GoalId,
    /// What is wanted.
    pub title: String,
    /// Where it stands.
    pub status: GoalStatus,
    /// Sequence of the last event that touched the goal itself.
    pub version: u64,
}
