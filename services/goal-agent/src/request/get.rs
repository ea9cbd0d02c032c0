//! `get`: what is known by its id.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Moment;

/// Read goals and tasks in full.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Get {
    /// Goal and task ids, up to 100.
    pub ids: Vec<String>,
    /// What to add to each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<Include>,
    /// Read as it was: at a log position such as 4711, or at a time such as 2026-11-30T12:00:00Z or 2026-11-30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub as_of: Option<Moment>,
    /// The `more` of the answer before, to go on from there with the same ids; texts and lists that it gave in full are not repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Wait until this position has been read in; your own writes are waited for without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_position: Option<u64>,
}

/// What `get` can add to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Include {
    /// The tasks below it.
    Tree,
    /// What was said about it.
    Comments,
    /// What it points to.
    Links,
    /// What happened to it, newest last.
    History,
}
