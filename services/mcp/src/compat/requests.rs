//! What the tools of the first implementation take. All of it may also come as JSON in a text; [`super::texts`] opens that before.

use std::collections::BTreeMap;

use domain::goal::Priority;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::statuses::{GoalStatus, TaskStatus};

/// Create a goal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateGoal {
    /// What is wanted. Its first line is the title.
    pub(crate) description: String,
    /// low, medium (default), high or critical.
    #[serde(default)]
    pub(crate) priority: Priority,
    /// Names of repositories.
    #[serde(default)]
    pub(crate) repos: Vec<String>,
    /// Anything you want to keep with it, by key.
    #[serde(default)]
    pub(crate) metadata: BTreeMap<String, Value>,
    /// Your own id for this request: repeating the call with it returns the first answer and changes nothing.
    #[serde(default)]
    pub(crate) request_id: Option<String>,
}

/// Add tasks to a goal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BreakDownGoal {
    /// The goal, such as GOAL-0001.
    pub(crate) goal_id: String,
    /// Its tasks.
    pub(crate) subtasks: Vec<Subtask>,
    /// Your own id for this request: repeating the call with it returns the first answer and changes nothing.
    #[serde(default)]
    pub(crate) request_id: Option<String>,
}

/// A task to be made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct Subtask {
    /// What is to be done. Its first line is the title.
    pub(crate) description: String,
    /// What kind of work it is.
    #[serde(default, rename = "type")]
    pub(crate) kind: Option<String>,
    /// low, medium (default), high or critical.
    #[serde(default)]
    pub(crate) priority: Priority,
    /// What must be done before: task ids such as TASK-0001, or descriptions of other subtasks of this call.
    #[serde(default)]
    pub(crate) dependencies: Vec<String>,
    /// The repository.
    #[serde(default)]
    pub(crate) repo: Option<String>,
    /// The ticket.
    #[serde(default)]
    pub(crate) jira_ticket: Option<String>,
    /// How long it should take; plans reckon with texts such as 90m, 2h or 1h30m.
    #[serde(default)]
    pub(crate) estimated_effort: Option<String>,
    /// What it is to be done with.
    #[serde(default)]
    pub(crate) tools: Vec<String>,
}

/// Read a goal with its tasks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GetGoal {
    /// The goal, such as GOAL-0001.
    pub(crate) goal_id: String,
    /// The `more` of the answer before, to go on from there.
    #[serde(default)]
    pub(crate) cursor: Option<String>,
}

/// List goals.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListGoals {
    /// planned, in_progress, completed or cancelled.
    #[serde(default)]
    pub(crate) status: Option<GoalStatus>,
    /// low, medium, high or critical.
    #[serde(default)]
    pub(crate) priority: Option<Priority>,
    /// The `more` of the answer before, to go on from there.
    #[serde(default)]
    pub(crate) cursor: Option<String>,
}

/// Change a goal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateGoal {
    /// The goal, such as GOAL-0001.
    pub(crate) goal_id: String,
    /// What is wanted. Its first line is the title.
    #[serde(default)]
    pub(crate) description: Option<String>,
    /// low, medium, high or critical.
    #[serde(default)]
    pub(crate) priority: Option<Priority>,
    /// planned, in_progress, completed or cancelled.
    #[serde(default)]
    pub(crate) status: Option<GoalStatus>,
    /// Names of repositories, instead of those that were there.
    #[serde(default)]
    pub(crate) repos: Option<Vec<String>>,
    /// Values by key; null removes a key, and others stay.
    #[serde(default)]
    pub(crate) metadata: BTreeMap<String, Value>,
    /// Your own id for this request: repeating the call with it returns the first answer and changes nothing.
    #[serde(default)]
    pub(crate) request_id: Option<String>,
}

/// Delete a goal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteGoal {
    /// The goal, such as GOAL-0001.
    pub(crate) goal_id: String,
    /// Your own id for this request: repeating the call with it returns the first answer and changes nothing.
    #[serde(default)]
    pub(crate) request_id: Option<String>,
}

/// Tasks that can be begun now.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GetNextTasks {
    /// Only of this goal.
    #[serde(default)]
    pub(crate) goal_id: Option<String>,
}

/// Read a task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GetTask {
    /// The task, such as TASK-0001.
    pub(crate) task_id: String,
}

/// Say where a task stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateTaskStatus {
    /// The task, such as TASK-0001.
    pub(crate) task_id: String,
    /// pending, in_progress, completed, failed, blocked or cancelled.
    pub(crate) status: TaskStatus,
    /// What came of it; with blocked, what is in the way; otherwise why.
    #[serde(default)]
    pub(crate) result: Option<String>,
    /// Your own id for this request: repeating the call with it returns the first answer and changes nothing.
    #[serde(default)]
    pub(crate) request_id: Option<String>,
}

/// Delete a task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteTask {
    /// The task, such as TASK-0001.
    pub(crate) task_id: String,
    /// Your own id for this request: repeating the call with it returns the first answer and changes nothing.
    #[serde(default)]
    pub(crate) request_id: Option<String>,
}

/// Say where many tasks stand.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchUpdateTasks {
    /// Up to 100, done one after the other; each by itself.
    pub(crate) updates: Vec<TaskUpdate>,
    /// Your own id for this request: repeating the call with it returns the first answer and changes nothing.
    #[serde(default)]
    pub(crate) request_id: Option<String>,
}

/// Where one of many tasks stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct TaskUpdate {
    /// The task, such as TASK-0001.
    pub(crate) task_id: String,
    /// pending, in_progress, completed, failed, blocked or cancelled.
    pub(crate) status: TaskStatus,
    /// What came of it; with blocked, what is in the way; otherwise why.
    #[serde(default)]
    pub(crate) result: Option<String>,
}

/// Read many tasks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchGetTasks {
    /// Up to 100 tasks, such as TASK-0001.
    pub(crate) task_ids: Vec<String>,
    /// The `more` of the answer before, to go on from there with the same ids.
    #[serde(default)]
    pub(crate) cursor: Option<String>,
}

/// Plan what is left of a goal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GenerateExecutionPlan {
    /// The goal, such as GOAL-0001.
    pub(crate) goal_id: String,
}

/// Who holds what, and how much there is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GetAgentStatus {}
