//! An event as it stands in the log and travels on the bus.

use std::sync::Arc;

use uuid::Uuid;

use crate::{
    GoalEvent, GoalId, Metadata, StreamId, StreamKind, Timestamp, Workspace,
    upcast::{self, UnknownVersion},
};

/// One stored event with everything the log knows about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The number of the log: contiguous from 1, in commit order; also the bus sequence and the SSE id.
    pub position: u64,
    /// UUID v7; also the CloudEvents id and the bus's message id.
    pub event_id: Uuid,
    /// The workspace it belongs to.
    pub workspace: Workspace,
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Its number in the stream, from 1.
    pub sequence: u64,
    /// For example `task_completed`: one spelling everywhere.
    pub event_type: String,
    /// Version of the payload's shape, for example `1`.
    pub event_version: String,
    /// The stored bytes, `{"type": ..., "data": {...}}`.
    pub payload: Arc<str>,
    /// Who, through what, why.
    pub metadata: Metadata,
    /// The command that wrote it: its idempotency key.
    pub command_id: Uuid,
    /// Its place in the command, from 0.
    pub command_pos: u32,
    /// How many events the command wrote; they are adjacent.
    pub command_len: u32,
    /// When it was committed; never decreases with position.
    pub recorded_at: Timestamp,
}

/// A stored event that this version of the program cannot read. It is never skipped silently.
#[derive(Debug, thiserror::Error)]
#[error("event at position {position} ({event_type} version {event_version}) cannot be read")]
pub struct UnreadableEvent {
    /// Where it stands.
    pub position: u64,
    /// What it says it is.
    pub event_type: String,
    /// The version it says it has.
    pub event_version: String,
    /// What went wrong.
    #[source]
    pub source: UnreadableReason,
}

/// Why an event could not be read.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableReason {
    /// Written by a newer program.
    #[error(transparent)]
    Version(#[from] UnknownVersion),
    /// Not the JSON it should be.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl Recorded {
    /// The event in today's shape, old shapes brought up to it.
    pub fn goal_event(&self) -> Result<GoalEvent, UnreadableEvent> {
        upcast::read(&self.event_type, &self.event_version, &self.payload).map_err(|source| UnreadableEvent {
            position: self.position,
            event_type: self.event_type.clone(),
            event_version: self.event_version.clone(),
            source,
        })
    }

    /// What is stored of it beside its name, whether this program knows its shape or not; null when there is nothing.
    pub fn data(&self) -> serde_json::Value {
        let mut payload: serde_json::Value = serde_json::from_str(&self.payload).unwrap_or_default();
        payload.get_mut("data").map(serde_json::Value::take).unwrap_or_default()
    }

    /// The goal whose stream this is.
    pub fn goal_id(&self) -> Option<GoalId> {
        match self.stream.kind {
            StreamKind::Goal => self.stream.id.parse().ok(),
        }
    }

    /// Whether it is the last event of its command: everything the command did has been seen.
    pub fn ends_command(&self) -> bool {
        self.command_pos + 1 == self.command_len
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(command_pos: u32, command_len: u32) -> Recorded {
        Recorded {
            position: 1,
            event_id: Uuid::nil(),
            workspace: Workspace::DEFAULT,
            stream: GoalId(7).into(),
            sequence: 1,
            event_type: "goal_archived".to_owned(),
            event_version: "1".to_owned(),
            payload: r#"{"type":"goal_archived","data":{}}"#.into(),
            metadata: Metadata::default(),
            command_id: Uuid::nil(),
            command_pos,
            command_len,
            recorded_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_last_event_of_a_command_ends_it() {
        let ends = |command_pos, command_len| recorded(command_pos, command_len).ends_command();
        assert!(ends(0, 1) && ends(2, 3));
        assert!(!ends(0, 2) && !ends(1, 3));
    }

    #[test]
    fn what_is_stored_can_be_shown_when_nobody_knows_its_shape() {
        let data = |payload: &str| Recorded { payload: payload.into(), ..recorded(0, 1) }.data();
        assert_eq!(data(r#"{"type":"goal_dreamt","data":{"of":1}}"#), serde_json::json!({ "of": 1 }));
        assert_eq!(data(r#"{"type":"goal_dreamt"}"#), serde_json::Value::Null);
        assert_eq!(data("not json"), serde_json::Value::Null);
    }

    #[test]
    fn a_stream_of_a_goal_has_its_id() {
        assert_eq!(recorded(0, 1).goal_id(), Some(GoalId(7)));
    }
}
