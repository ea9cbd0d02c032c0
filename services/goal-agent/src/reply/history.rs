//! What `history` answers.

use std::collections::BTreeMap;

use domain::{Metadata, Recorded, goal::Difference, time::Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// `history`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Happenings {
    /// What the answer is true for, and the `since` of the next one.
    pub position: u64,
    /// The events.
    pub events: Vec<Happened>,
    /// There are more: the `cursor` to go on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<String>,
}

/// One event, as a reader of history sees it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Happened {
    /// Its log position.
    pub position: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// What happened, for example `task_completed`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// What it happened to.
    pub id: String,
    /// Its data.
    #[serde(skip_serializing_if = "Value::is_null")]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub change: Value,
    /// What it changed, field by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diff: Vec<Difference>,
    /// The actor's reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The position of the event that led to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<u64>,
}

impl Happened {
    /// With the event's data, or with each field before and after. An event that this program cannot read is shown as it is stored.
    pub(crate) fn of(event: &Recorded, cause: Option<u64>, diff: bool) -> Self {
        let read = event.goal_event().ok();
        let about = read.as_ref().and_then(domain::GoalEvent::task);
        let (change, diff) = match read.filter(|_| diff) {
            Some(read) => (Value::Null, read.differences()),
            None => (event.data(), Vec::new()),
        };
        Self {
            position: event.position,
            at: event.recorded_at,
            actor: event.metadata.get(Metadata::ACTOR_ID).map(str::to_owned),
            event_type: event.event_type.clone(),
            id: about.map_or_else(|| event.stream.id.clone(), |task| task.to_string()),
            change,
            diff,
            why: event.metadata.get(Metadata::WHY).map(str::to_owned),
            cause,
        }
    }
}
