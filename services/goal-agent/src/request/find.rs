//! `find`: what is not known by its id.

use domain::goal::TaskStatus;
pub use read_models::{FindView, rows::Kind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Moment;

/// Find goals and tasks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Find {
    /// Words, `tag:x`, `goal:GOAL-0001`, `by:name`, `status:x`, `priority:x`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// ready: can be claimed now. mine: held by or assigned to you. blocked, stale (lease ran out), overdue, open, all (archived too).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<FindView>,
    /// Only goals or only tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Only this goal and its tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<String>,
    /// Only what has all these tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Only what has one of these statuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub status: Vec<TaskStatus>,
    /// Read as it was: at a log position such as 4711, or at a time such as 2026-11-30T12:00:00Z or 2026-11-30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub as_of: Option<Moment>,
    /// How many rows, 1 to 200; 25 when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The `more` of the answer before, to go on from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Wait until this position has been read in; your own writes are waited for without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_position: Option<u64>,
}
