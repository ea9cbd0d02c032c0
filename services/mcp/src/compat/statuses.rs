//! The words of the first implementation for where goals and tasks stand, and ours.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use domain::goal as ours;

/// Where a goal stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum GoalStatus {
    #[default]
    Planned,
    InProgress,
    Completed,
    Cancelled,
}

/// Where a task stands. It may be called `planned` as a goal is, and is told as `pending`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum TaskStatus {
    #[default]
    Pending,
    InProgress,
    Completed,
    Failed,
    Blocked,
    Cancelled,
    Planned,
}

impl From<ours::GoalStatus> for GoalStatus {
    fn from(status: ours::GoalStatus) -> Self {
        match status {
            ours::GoalStatus::Pending => Self::Planned,
            ours::GoalStatus::InProgress => Self::InProgress,
            ours::GoalStatus::Completed => Self::Completed,
            ours::GoalStatus::Cancelled => Self::Cancelled,
        }
    }
}

impl From<GoalStatus> for ours::GoalStatus {
    fn from(status: GoalStatus) -> Self {
        match status {
            GoalStatus::Planned => Self::Pending,
            GoalStatus::InProgress => Self::InProgress,
            GoalStatus::Completed => Self::Completed,
            GoalStatus::Cancelled => Self::Cancelled,
        }
    }
}

/// An update has one field for both kinds, with the words of tasks.
impl From<GoalStatus> for ours::TaskStatus {
    fn from(status: GoalStatus) -> Self {
        match status {
            GoalStatus::Planned => Self::Pending,
            GoalStatus::InProgress => Self::InProgress,
            GoalStatus::Completed => Self::Completed,
            GoalStatus::Cancelled => Self::Cancelled,
        }
    }
}

/// There was no word for work that waits for another's eyes: it is not done.
impl From<ours::TaskStatus> for TaskStatus {
    fn from(status: ours::TaskStatus) -> Self {
        match status {
            ours::TaskStatus::Pending => Self::Pending,
            ours::TaskStatus::InProgress | ours::TaskStatus::InReview => Self::InProgress,
            ours::TaskStatus::Blocked => Self::Blocked,
            ours::TaskStatus::Completed => Self::Completed,
            ours::TaskStatus::Failed => Self::Failed,
            ours::TaskStatus::Cancelled => Self::Cancelled,
        }
    }
}

impl From<TaskStatus> for ours::TaskStatus {
    fn from(status: TaskStatus) -> Self {
        match status {
            TaskStatus::Pending | TaskStatus::Planned => Self::Pending,
            TaskStatus::InProgress => Self::InProgress,
            TaskStatus::Completed => Self::Completed,
            TaskStatus::Failed => Self::Failed,
            TaskStatus::Blocked => Self::Blocked,
            TaskStatus::Cancelled => Self::Cancelled,
        }
    }
}
