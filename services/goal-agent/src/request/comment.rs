//! `comment`: something to say.

use domain::goal::CommentKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Say something about a goal or task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddComment {
    /// The goal or task.
    pub id: String,
    /// What to say; Markdown, up to 64 KiB.
    pub body: String,
    /// note (default), decision, question or handoff.
    #[serde(default)]
    pub kind: CommentKind,
    /// Your own id for this request: repeating the call with it returns the first answer and changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}
