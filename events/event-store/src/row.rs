//! Rows of the log as [`Recorded`], and its numbers as Postgres has them.

use domain::{Metadata, Recorded, StreamId, Timestamp};
use sqlx::FromRow;
use uuid::Uuid;

use crate::StoreError;

/// The columns of [`EventRow`], of a table or alias `e`. Payload and metadata are asked for as the text they are.
pub(crate) const COLUMNS: &str = "e.position, e.event_id, e.workspace, e.aggregate_type, e.aggregate_id, e.sequence, \
     e.event_type, e.event_version, e.payload::text AS payload, e.metadata::text AS metadata, e.command_id, e.command_pos, \
     e.command_len, e.recorded_at";

#[derive(FromRow)]
pub(crate) struct EventRow {
    position: i64,
    event_id: Uuid,
    workspace: String,
    aggregate_type: String,
    aggregate_id: String,
    sequence: i64,
    event_type: String,
    event_version: String,
    payload: String,
    metadata: String,
    command_id: Uuid,
    command_pos: i32,
    command_len: i32,
    recorded_at: Timestamp,
}

impl EventRow {
    /// What it weighs in a page.
    pub(crate) fn bytes(&self) -> usize {
        self.payload.len() + self.metadata.len()
    }

    pub(crate) fn recorded(self) -> Result<Recorded, StoreError> {
        let position = from_bigint(self.position);
        let unreadable = |source| StoreError::Unreadable { position, source };
        Ok(Recorded {
            position,
            event_id: self.event_id,
            workspace: self.workspace.parse().map_err(|error| unreadable(Box::new(error)))?,
            stream: StreamId {
                kind: self.aggregate_type.parse().map_err(|error| unreadable(Box::new(error)))?,
                id: self.aggregate_id,
            },
            sequence: from_bigint(self.sequence),
            event_type: self.event_type,
            event_version: self.event_version,
            payload: self.payload.into(),
            metadata: serde_json::from_str::<Metadata>(&self.metadata).map_err(|error| unreadable(Box::new(error)))?,
            command_id: self.command_id,
            command_pos: self.command_pos.cast_unsigned(),
            command_len: self.command_len.cast_unsigned(),
            recorded_at: self.recorded_at,
        })
    }
}

/// Numbers of the log are never negative: the table's checks hold that.
pub(crate) fn from_bigint(number: i64) -> u64 {
    number.cast_unsigned()
}

/// Beyond the end of any log is as good as the end, and never a negative number that would mean the beginning.
pub(crate) fn to_bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
