//! What `undo` answers.

use std::collections::BTreeMap;

use domain::goal::Subject;
use schemars::JsonSchema;
use serde::Serialize;

use super::GoalReceipt;

/// `undo`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Undone {
    /// The highest log position that was written; for a dry run, up to where the log was looked at.
    pub position: u64,
    /// Nothing was stored.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// One receipt a goal.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub receipts: Vec<GoalReceipt>,
    /// The events that undo, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub compensations: Vec<Compensation>,
    /// What is in the way, or was left as it is: per event, the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<BTreeMap<String, serde_json::Value>>")]
    pub conflicts: Vec<serde_json::Value>,
}

/// An event that undoes another.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Compensation {
    /// Where it stands in the log, once it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// `task_reopened`, ...
    #[serde(rename = "type")]
    pub event_type: &'static str,
    /// The goal or task that it is about.
    #[schemars(with = "String")]
    pub id: Subject,
    /// The position of the event that it undoes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undoes: Option<u64>,
}
