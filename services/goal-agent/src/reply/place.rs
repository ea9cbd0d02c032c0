//! What is answered about places in the log.

use domain::{goal::Difference, time::Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

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

/// How much is kept.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Kept {
    /// What the counts are true for.
    pub position: u64,
    /// The log's epoch.
    pub epoch: Uuid,
    /// Events in the log: all that ever were.
    pub events: u64,
    /// Goals, also those that are put aside.
    pub goals: u64,
    /// Tasks, also those that are put aside.
    pub tasks: u64,
    /// Comments that were not taken back.
    pub comments: u64,
    /// What the database takes, log and views, in bytes.
    pub database_bytes: u64,
    /// The generations of the views.
    pub views: Vec<KeptView>,
}

/// A generation of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeptView {
    /// The view.
    pub name: String,
    /// Which of its tables.
    pub generation: i32,
    /// live, building or retired.
    pub state: String,
    /// The last position in it.
    pub position: u64,
}
