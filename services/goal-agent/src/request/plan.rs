//! `create_goal` and `add_tasks`: a tree of tasks in one step.

use std::collections::BTreeMap;

use domain::{goal::Priority, time::Due};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
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
    /// Anything you want to keep with it, by key. Not shown to models, whose lists of tools are short: `update` sets it as well.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(skip)]
    pub metadata: BTreeMap<String, Value>,
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
