//! `plan`: what is left of a goal, as it is and as it would be.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Plan what is left of a goal. Nothing is written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outlook {
    /// The goal.
    pub goal: String,
    /// Calls to suppose, one after the other, up to 50: what would the plan be after them?
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub what_if: Vec<Supposed>,
    /// How many work at the same time, 1 to 1000; when not given, those who claimed tasks of the goal in the last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workers: Option<u32>,
}

/// A call that is only supposed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Supposed {
    /// add_tasks, update, claim or complete.
    pub tool: String,
    /// Its arguments. Tasks that an earlier call of the list adds are named by their key.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub arguments: Map<String, Value>,
}
