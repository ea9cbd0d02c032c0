//! What `comment` answers.

use domain::goal::Subject;
use schemars::JsonSchema;
use serde::Serialize;

use super::Stored;

/// `comment`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Commented {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "see its type")]
    pub stored: Stored,
    /// What was commented on.
    #[schemars(with = "String")]
    pub id: Subject,
    /// The comment's number in its goal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<u32>,
}
