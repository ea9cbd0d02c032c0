//! `complete`: how it came out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Say how a task, or a goal, came out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Complete {
    /// The task (or goal).
    pub id: String,
    /// done (default) or failed.
    #[serde(default)]
    pub outcome: Outcome,
    /// What came of it; those who depend on it will read this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// What shows it: addresses, commits, outputs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// Numbers of the criteria that hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub met: Vec<u32>,
    /// The fence from your claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<u64>,
    /// Your own id for this request: repeating the call with it returns the first answer and changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// How it came out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Outcome {
    /// Reached.
    #[default]
    Done,
    /// Tried and not reached.
    Failed,
}
