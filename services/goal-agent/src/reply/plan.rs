//! What `create_goal` and `add_tasks` answer.

use std::collections::BTreeMap;

use domain::{GoalId, TaskId};
use schemars::JsonSchema;
use serde::Serialize;

use super::Stored;

/// `create_goal` and `add_tasks`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Planned {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "see its type")]
    pub stored: Stored,
    /// The goal.
    pub goal: GoalId,
    /// The new tasks by their key; tasks without one are under their id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ids: BTreeMap<String, TaskId>,
    /// How many tasks are new.
    #[serde(skip_serializing_if = "is_zero")]
    pub added: usize,
    /// Tasks of the goal that can be claimed now, the first of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ready: Vec<TaskId>,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}
