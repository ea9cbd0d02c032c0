//! What `find` answers.

use read_models::rows::FoundRow;
use schemars::JsonSchema;
use serde::Serialize;

/// `find`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Found {
    /// What the answer is true for.
    pub position: u64,
    /// What was found.
    pub rows: Vec<FoundRow>,
    /// There is more: pass this as `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<String>,
}
