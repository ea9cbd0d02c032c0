//! The words that commands, events, rows and tools share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::Text;
use crate::{GoalId, TaskId};

/// How much it matters.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[schemars(inline)]
pub enum Priority {
    /// When there is nothing else to do.
    Low,
    /// What is meant when nothing is said.
    #[default]
    Medium,
    /// Before the others.
    High,
    /// Now.
    Critical,
}

/// Where a goal stands. Archived is a flag beside it.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[schemars(inline)]
pub enum GoalStatus {
    /// Nobody has begun.
    #[default]
    Pending,
    /// Work has begun.
    InProgress,
    /// Reached.
    Completed,
    /// Given up.
    Cancelled,
}

impl GoalStatus {
    /// Whether work on it may go on.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::InProgress)
    }
}

/// Where a task stands. Archived is a flag beside it.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[schemars(inline)]
pub enum TaskStatus {
    /// Nobody has begun.
    #[default]
    Pending,
    /// Work has begun.
    InProgress,
    /// Somebody said that it cannot go on, and why.
    Blocked,
    /// Done in the worker's eyes, waiting for another's.
    InReview,
    /// Done.
    Completed,
    /// Tried and not reached; it still stands in the way of what depends on it.
    Failed,
    /// Given up; it no longer stands in anybody's way.
    Cancelled,
}

impl TaskStatus {
    /// Whether work on it may go on.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// Whether what depends on it may start: done, or given up. A failure is not: somebody has to decide.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }
}

/// What a comment is for.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[schemars(inline)]
pub enum CommentKind {
    /// Anything worth keeping.
    #[default]
    Note,
    /// Something was decided.
    Decision,
    /// Somebody should answer.
    Question,
    /// What the next worker must know.
    Handoff,
}

/// A soft pointer from a goal or task to something else: an address, a file, another goal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Link {
    /// What it is to us, for example `pull_request`, `document`, `relates_to`.
    pub rel: String,
    /// Where it leads: a URL, a path or an id.
    pub to: Text,
}

/// What a command or an event is about inside a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Subject {
    /// The goal itself.
    Goal(GoalId),
    /// One of its tasks.
    Task(TaskId),
}

impl std::fmt::Display for Subject {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Goal(goal) => goal.fmt(out),
            Self::Task(task) => task.fmt(out),
        }
    }
}

impl From<GoalId> for Subject {
    fn from(goal: GoalId) -> Self {
        Self::Goal(goal)
    }
}

impl From<TaskId> for Subject {
    fn from(task: TaskId) -> Self {
        Self::Task(task)
    }
}

impl std::str::FromStr for Subject {
    type Err = crate::ids::InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(goal) => Ok(Self::Goal(goal)),
            Err(_) => text.parse().map(Self::Task).map_err(|error| crate::ids::InvalidId {
                expected: "goal or task id such as GOAL-0001 or TASK-0001",
                ..error
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_a_goal_or_a_task() {
        assert_eq!("GOAL-0007".parse(), Ok(Subject::Goal(GoalId(7))));
        assert_eq!("TASK-0007".parse(), Ok(Subject::Task(TaskId(7))));
        let refused = "7".parse::<Subject>().unwrap_err();
        assert_eq!((refused.text.as_str(), refused.expected), ("7", "goal or task id such as GOAL-0001 or TASK-0001"));
    }
}
