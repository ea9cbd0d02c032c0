//! One moment of the views: the position, the tables that are live, and the time by which leases are judged.

use chrono::Utc;
use domain::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::question::{Moment, Question};
use crate::{
    Views,
    catalogue::{self, Live},
    error::{NotYet, ReadError},
    fold::signed,
    limits,
};

/// When the answer shall be true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadAt {
    /// As it was at this position; leases are then judged by that event's time.
    pub as_of: Option<u64>,
    /// Not older than this position: waited for, at most [`WAIT_BOUND_DEFAULT`](limits::WAIT_BOUND_DEFAULT).
    pub min_position: u64,
    /// The time by which leases and due dates are judged.
    pub now: Timestamp,
}

impl ReadAt {
    /// As it is.
    pub fn latest(now: Timestamp) -> Self {
        Self { as_of: None, min_position: 0, now }
    }

    /// As it is, with everything up to a position in it.
    pub fn after(min_position: u64, now: Timestamp) -> Self {
        Self { as_of: None, min_position, now }
    }

    /// As it was.
    pub fn as_of(position: u64, now: Timestamp) -> Self {
        Self { as_of: Some(position), min_position: position, now }
    }
}

/// An answer and the position it is true for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer<T> {
    /// The position.
    pub position: u64,
    /// The log's epoch.
    pub epoch: Uuid,
    /// What was asked for.
    pub value: T,
}

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

pub(crate) struct Snapshot {
    pub(crate) transaction: Transaction<'static, Postgres>,
    pub(crate) live: Live,
    pub(crate) moment: Moment,
    /// The position the answer is true for.
    pub(crate) position: u64,
    /// The time by which leases are judged.
    pub(crate) at: Timestamp,
}

impl Snapshot {
    pub(crate) fn question(&self) -> Question {
        Question::new(self.live.generations.clone(), self.moment, self.at)
    }

    pub(crate) fn answer<T>(&self, value: T) -> Answer<T> {
        Answer { position: self.position, epoch: self.live.epoch, value }
    }
}

impl Views {
    /// Waits for what was asked for, as long as a read may, and opens a snapshot that has it.
    pub(crate) async fn snapshot(&self, read: &ReadAt) -> Result<Snapshot, ReadError> {
        let asked = read.min_position.max(read.as_of.unwrap_or(0));
        // Not there in time as far as we have heard; the snapshot itself tells for certain.
        let _heard = self.wait_for(asked, limits::WAIT_BOUND_DEFAULT).await;
        let mut transaction = self.inner.pool.begin_with(BEGIN).await?;
        let live = catalogue::live(&mut transaction).await?.ok_or(ReadError::NoCatalogue)?;
        if live.checkpoint < asked {
            return Err(NotYet { asked, reached: live.checkpoint }.into());
        }
        let (moment, position) = match read.as_of {
            // The newest position is the live rows, for which there are better indexes.
            Some(position) if position < live.checkpoint => (Moment::At(signed(position)), position),
            _ => (Moment::Live, live.checkpoint),
        };
        let mut snapshot = Snapshot { transaction, live, moment, position, at: read.now };
        if let Some(position) = read.as_of {
            snapshot.at = snapshot.recorded_at(position).await?.unwrap_or(read.now);
        }
        Ok(snapshot)
    }

    /// The last position recorded at or before a moment; 0 when there is none.
    ///
    /// # Errors
    /// The database failed us.
    pub async fn position_at(&self, moment: Timestamp) -> Result<u64, ReadError> {
        let mut snapshot = self.snapshot(&ReadAt::latest(moment)).await?;
        let mut question = snapshot.question();
        question.add("SELECT max(position) FROM {positions} p WHERE recorded_at <= {now}");
        let found: Option<i64> = question.scalar(&mut snapshot.transaction).await?;
        Ok(found.map_or(0, crate::fold::unsigned))
    }
}

impl Snapshot {
    async fn recorded_at(&mut self, position: u64) -> Result<Option<Timestamp>, ReadError> {
        let mut question = self.question();
        question.add("SELECT recorded_at FROM {positions} p WHERE position = ").bind(signed(position));
        let found: Vec<(chrono::DateTime<Utc>,)> = question.rows(&mut self.transaction).await?;
        Ok(found.first().map(|(at,)| *at))
    }
}
