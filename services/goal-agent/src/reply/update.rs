//! What `update` answers.

use std::collections::BTreeMap;

use domain::{GoalId, TaskId, goal::Subject};
use schemars::JsonSchema;
use serde::Serialize;

use super::Stored;

/// `update`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Updated {
    /// The highest log position that was written.
    pub position: u64,
    /// One receipt a goal.
    pub receipts: Vec<GoalReceipt>,
    /// What was changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<Changed>,
    /// What was not: per goal, the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<BTreeMap<String, serde_json::Value>>")]
    pub conflicts: Vec<serde_json::Value>,
    /// Tasks that can be claimed now and could not before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unblocked: Vec<TaskId>,
}

/// What became of one goal's part of an `update`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct GoalReceipt {
    /// The goal.
    pub goal: GoalId,
    #[serde(flatten)]
    #[expect(missing_docs, reason = "see its type")]
    pub stored: Stored,
}

/// An object and the version it has now.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Changed {
    /// `GOAL-0001` or `TASK-0001`.
    #[schemars(with = "String")]
    pub id: Subject,
    /// For `expect_version`.
    pub version: u64,
}
