//! What `claim` answers.

use domain::{GoalId, TaskId, time::Timestamp};
use read_models::rows::{CriterionRow, LinkRow};
use schemars::JsonSchema;
use serde::Serialize;

use super::Stored;

/// `claim`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TaskResult {
    /// The task.
    pub task: TaskId,
    /// Its title.
    pub title: String,
    /// What came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
}
