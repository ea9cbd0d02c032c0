//! What is answered about places in the log.

use domain::{goal::Difference, time::Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

/// A place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Place {
    /// The last position at or before the moment that was asked about.
    pub position: u64,
    /// Where the log ends.
    pub head: u64,
    /// When the event at the position was recorded; nothing before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// What is different between two positions.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Changes {
    /// The one.
    pub from: u64,
    /// The other.
    pub to: u64,
    /// Field by field.
    pub changes: Vec<FieldChange>,
}

/// A field that is different.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FieldChange {
    /// The goal or task.
    pub id: String,
    #[serde(flatten)]
    #[expect(missing_docs, reason = "see its type")]
    pub difference: Difference,
}
