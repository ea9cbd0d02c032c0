//! What the tools of the first implementation answer: its fields, in the envelope that all answers here have.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::{GoalId, TaskId, goal::Priority};
use goal_agent::{
    reply::{self, Stored},
    rows::{GoalRow, Progress, TaskRow},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::statuses::{GoalStatus, TaskStatus};

/// Where a goal's repositories are kept among its metadata.
pub(super) const REPOS: &str = "repos";
/// Where a task keeps what the first implementation had fields for.
pub(super) const TYPE: &str = "type";
pub(super) const REPO: &str = "repo";
pub(super) const JIRA_TICKET: &str = "jira_ticket";
pub(super) const ESTIMATED_EFFORT: &str = "estimated_effort";
pub(super) const ASSIGNED_TOOLS: &str = "assigned_tools";

/// A goal.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Goal {
    pub(crate) id: GoalId,
    #[serde(flatten)]
    pub(crate) fields: GoalFields,
}

/// What there is to say about a goal.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct GoalFields {
    /// The first line of its description, or what another client gave.
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) status: GoalStatus,
    pub(crate) priority: Priority,
    pub(crate) repos: Vec<String>,
    pub(crate) metadata: BTreeMap<String, Value>,
    /// How far its tasks are.
    pub(crate) progress: Progress,
    /// It was deleted, which is to say put aside.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) deleted: bool,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

impl From<GoalRow> for GoalFields {
    fn from(row: GoalRow) -> Self {
        let mut metadata = row.metadata;
        Self {
            description: row.description.unwrap_or_else(|| row.title.clone()),
            title: row.title,
            status: row.status.into(),
            priority: row.priority,
            repos: take_texts(&mut metadata, REPOS),
            metadata,
            progress: row.progress,
            deleted: row.archived,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl From<GoalRow> for Goal {
    fn from(row: GoalRow) -> Self {
        Self { id: row.id, fields: row.into() }
    }
}

/// A goal in a list.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct ListedGoal {
    pub(crate) id: GoalId,
    /// The first line of it.
    pub(crate) description: String,
    pub(crate) status: GoalStatus,
    pub(crate) priority: Priority,
    /// How far its tasks are.
    pub(crate) progress: Progress,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

impl From<GoalRow> for ListedGoal {
    fn from(row: GoalRow) -> Self {
        Self {
            id: row.id,
            description: row.title,
            status: row.status.into(),
            priority: row.priority,
            progress: row.progress,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A task.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Task {
    pub(crate) id: TaskId,
    pub(crate) goal_id: GoalId,
    /// The task that it is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent_id: Option<TaskId>,
    /// The first line of its description, or what another client gave.
    pub(crate) title: String,
    pub(crate) description: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    pub(crate) status: TaskStatus,
    pub(crate) priority: Priority,
    pub(crate) dependencies: BTreeSet<TaskId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) jira_ticket: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) estimated_effort: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) assigned_tools: Vec<String>,
    /// What came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) result: Option<String>,
    /// What is in its way, in the words of whoever said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) blocked_reason: Option<String>,
    /// Who has claimed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) agent: Option<String>,
    /// What else is kept with it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) metadata: BTreeMap<String, Value>,
    /// It was deleted, which is to say put aside.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) deleted: bool,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

impl From<TaskRow> for Task {
    fn from(row: TaskRow) -> Self {
        let mut metadata = row.metadata;
        let estimate = row.estimate_minutes.map(|minutes| format!("{minutes}m"));
        Self {
            id: row.id,
            goal_id: row.goal,
            parent_id: row.parent,
            description: row.description.unwrap_or_else(|| row.title.clone()),
            title: row.title,
            kind: take_text(&mut metadata, TYPE),
            status: row.status.into(),
            priority: row.priority,
            dependencies: row.after,
            repo: take_text(&mut metadata, REPO),
            jira_ticket: take_text(&mut metadata, JIRA_TICKET),
            estimated_effort: take_text(&mut metadata, ESTIMATED_EFFORT).or(estimate),
            assigned_tools: take_texts(&mut metadata, ASSIGNED_TOOLS),
            result: row.result,
            blocked_reason: row.blocked_reason,
            agent: row.claim.map(|claim| claim.holder),
            metadata,
            deleted: row.archived,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Takes a text out of metadata; what is none stays there.
fn take_text(metadata: &mut BTreeMap<String, Value>, key: &str) -> Option<String> {
    let text = metadata.get(key)?.as_str()?.to_owned();
    metadata.remove(key);
    Some(text)
}

/// The same with a list of texts.
fn take_texts(metadata: &mut BTreeMap<String, Value>, key: &str) -> Vec<String> {
    let all = |value: &Value| value.as_array()?.iter().map(|one| one.as_str().map(str::to_owned)).collect();
    let texts: Option<Vec<String>> = metadata.get(key).and_then(all);
    if texts.is_some() {
        metadata.remove(key);
    }
    texts.unwrap_or_default()
}

/// `create_goal` and `update_goal`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct GoalWritten {
    #[serde(flatten)]
    pub(crate) stored: Stored,
    pub(crate) id: GoalId,
    /// How it stands; left out when that cannot be read at the moment.
    #[serde(flatten)]
    pub(crate) fields: Option<GoalFields>,
}

/// `break_down_goal`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct BrokenDown {
    #[serde(flatten)]
    pub(crate) stored: Stored,
    /// The goal.
    pub(crate) id: GoalId,
    /// The new tasks, in the order of the subtasks.
    pub(crate) tasks: Vec<TaskId>,
    /// Tasks of the goal that can be begun now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) ready: Vec<TaskId>,
}

/// `get_goal`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct GoalRead {
    /// What the answer is true for.
    pub(crate) position: u64,
    #[serde(flatten)]
    pub(crate) goal: Goal,
    /// Ids of its tasks.
    pub(crate) tasks: Vec<TaskId>,
    /// The same in full.
    pub(crate) task_details: Vec<Task>,
    /// There are more: the `cursor` to go on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) more: Option<String>,
}

/// `list_goals`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Goals {
    /// What the answer is true for.
    pub(crate) position: u64,
    pub(crate) goals: Vec<ListedGoal>,
    /// How many are listed here.
    pub(crate) count: usize,
    /// There may be more: the `cursor` to go on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) more: Option<String>,
}

/// `delete_goal`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct GoalDeleted {
    #[serde(flatten)]
    pub(crate) stored: Stored,
    pub(crate) deleted_goal_id: GoalId,
    pub(crate) success: bool,
}

/// `delete_task`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct TaskDeleted {
    #[serde(flatten)]
    pub(crate) stored: Stored,
    pub(crate) deleted_task_id: String,
    pub(crate) goal_id: GoalId,
    /// Tasks that waited for it and can be begun now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) unblocked: Vec<TaskId>,
    pub(crate) success: bool,
}

/// `get_task`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct TaskRead {
    /// What the answer is true for.
    pub(crate) position: u64,
    #[serde(flatten)]
    pub(crate) task: Task,
}

/// `update_task_status`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct TaskWritten {
    #[serde(flatten)]
    pub(crate) stored: Stored,
    /// The task.
    pub(crate) id: String,
    /// What was asked for.
    pub(crate) status: TaskStatus,
    /// Tasks that waited for it and can be begun now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) unblocked: Vec<TaskId>,
    /// What else could be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
}

/// `batch_update_tasks`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Updates {
    /// The highest log position that was written.
    pub(crate) position: u64,
    /// What was updated.
    pub(crate) successful: Vec<TaskWritten>,
    /// What was not: the task, and why.
    #[schemars(with = "Vec<BTreeMap<String, Value>>")]
    pub(crate) failed: Vec<Map<String, Value>>,
    /// How many updates there were.
    pub(crate) total: usize,
}

/// `get_next_tasks`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct NextTasks {
    /// What the answer is true for.
    pub(crate) position: u64,
    pub(crate) tasks: Vec<Task>,
    /// Ids of further ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) further: Vec<String>,
}

/// `batch_get_tasks`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Tasks {
    /// What the answer is true for.
    pub(crate) position: u64,
    pub(crate) tasks: Vec<Task>,
    /// Ids that there are not.
    pub(crate) not_found: Vec<reply::Missing>,
    /// How many were asked for.
    pub(crate) total: usize,
    /// There are more: the `cursor` to go on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) more: Option<String>,
}

/// `generate_execution_plan`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Plan {
    /// What the answer is true for.
    pub(crate) position: u64,
    pub(crate) goal_id: GoalId,
    /// How many tasks are left.
    pub(crate) total_tasks: usize,
    pub(crate) total_phases: usize,
    pub(crate) execution_phases: Vec<Phase>,
    /// The tasks that take longest one after the other; none while no task waits for another.
    pub(crate) critical_path: Vec<String>,
    /// What speaks against it, the worst first.
    pub(crate) risks: Vec<String>,
    /// What else could be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
}

/// Tasks that can be done side by side.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Phase {
    /// From 1.
    pub(crate) phase: usize,
    /// Ids, the most important first.
    pub(crate) tasks: Vec<String>,
    pub(crate) task_count: usize,
    pub(crate) parallel_execution_possible: bool,
}

/// `get_agent_status`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub(crate) struct AgentStatus {
    /// What the answer is true for.
    pub(crate) position: u64,
    /// How many goals stand where; deleted ones are not counted.
    pub(crate) goals: GoalCounts,
    /// How many of their tasks do.
    pub(crate) tasks: Progress,
    /// Who holds what.
    pub(crate) agents: Vec<Agent>,
    /// What else could be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
}

/// How many goals stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct GoalCounts {
    pub(crate) total: u32,
    pub(crate) planned: u32,
    pub(crate) in_progress: u32,
    pub(crate) completed: u32,
    pub(crate) cancelled: u32,
}

/// Somebody at work.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Agent {
    pub(crate) agent: String,
    pub(crate) tasks: Vec<Held>,
}

/// A task that somebody holds.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Held {
    pub(crate) id: String,
    pub(crate) goal_id: GoalId,
    pub(crate) title: String,
    /// Until then, unless it is renewed.
    pub(crate) until: DateTime<Utc>,
}
