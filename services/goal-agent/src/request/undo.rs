//! `undo`: what to take back.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::Moment;

/// Take back events, a command, or everything that somebody did since a moment. Nothing is erased: other events are added.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Undo {
    /// Log positions of the events to take back, up to 1,000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<u64>,
    /// All that one command did: its request_id, or the log position of one of its events, such as #4711.
    #[serde(default, deserialize_with = "named", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub command: Option<String>,
    /// With actor: what came after this log position, such as 4711, or from this time on, such as 2026-11-30T12:00:00Z or 2026-11-30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub since: Option<Moment>,
    /// With since: whose doing to take back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Only say what would happen and what is in the way; nothing is stored.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// Disregard what others have changed or claimed since; what a rule forbids is left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
    /// Your own id for this request: repeating the call with it returns the first answer and changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// A request id; or a position, which may be a number.
fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Named {
        Position(u64),
        Text(String),
    }
    Ok(Option::deserialize(deserializer)?.map(|named| match named {
        Named::Position(position) => format!("#{position}"),
        Named::Text(text) => text,
    }))
}
