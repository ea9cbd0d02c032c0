//! Proving the log: every event is read once, in order, and each invariant is checked by itself.
//!
//! The database already enforces most of it; this does not take its word. Memory grows with the number of streams, not of events.

use std::collections::HashMap;

use domain::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use crate::{
    Log, StoreError, connection,
    retry::{retry, retry_however_long},
    row::{from_bigint, to_bigint},
};

/// Findings that are kept; more than these are only counted.
pub const FINDINGS_MAX: usize = 100;
/// Events of one page.
const PAGE: i64 = 5_000;

/// What a walk over the whole log found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// The head when the walk began: everything up to it was checked.
    pub head: u64,
    /// Events read.
    pub events: u64,
    /// Streams met.
    pub streams: u64,
    /// What is wrong, the first hundred.
    pub findings: Vec<Finding>,
    /// How much is wrong altogether; 0 is a sound log.
    pub findings_total: u64,
}

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// Positions are not contiguous.
    #[error("position {expected} is missing; {found} comes next")]
    Hole {
        /// What should have come.
        expected: u64,
        /// What came.
        found: u64,
    },
    /// The head row and the last event differ.
    #[error("the head says {head}, the last event says {last}")]
    HeadDiffers {
        /// By the head row.
        head: u64,
        /// By the events.
        last: u64,
    },
    /// A stream's sequence does not run 1, 2, 3 along the positions.
    #[error("position {position}: {stream} should have sequence {expected} and has {found}")]
    StreamBroken {
        /// Where.
        position: u64,
        /// Kind and id.
        stream: String,
        /// What should have come.
        expected: u64,
        /// What came.
        found: u64,
    },
    /// A command is not all there, or its events are not adjacent.
    #[error("position {position}: command {command_id} is not whole and adjacent")]
    CommandBroken {
        /// Where it was noticed.
        position: u64,
        /// Which.
        command_id: Uuid,
    },
    /// A command id was stored twice.
    #[error("command {command_id} begins {times} times, the last time at position {position}")]
    CommandRepeated {
        /// Which.
        command_id: Uuid,
        /// How often.
        times: u64,
        /// Where last.
        position: u64,
    },
    /// An event is older than the one before it.
    #[error("position {position}: recorded before its predecessor")]
    TimeWentBack {
        /// Where.
        position: u64,
    },
}

#[derive(FromRow)]
struct Row {
    position: i64,
    aggregate_type: String,
    aggregate_id: String,
    sequence: i64,
    command_id: Uuid,
    command_pos: i32,
    command_len: i32,
    recorded_at: Timestamp,
}

impl Log {
    /// Walks the log up to its present head and checks invariants 1, 3, 4, 5 and 6 and the head row. `progress` is told the
    /// position and the head after each page.
    ///
    /// # Errors
    /// When Postgres cannot be reached. What is wrong with the log is in the report.
    pub async fn verify(&self, mut progress: impl FnMut(u64, u64)) -> Result<VerifyReport, StoreError> {
        let head = self.head().await?.position;
        let mut walk = Walk { report: VerifyReport { head, ..VerifyReport::default() }, ..Walk::default() };
        while walk.position < head {
            let page = self.verify_page(walk.position, head).await?;
            if page.is_empty() {
                break;
            }
            page.iter().for_each(|row| walk.check(row));
            progress(walk.position, head);
        }
        walk.end();
        self.verify_command_ids(&mut walk).await?;
        walk.report.streams = walk.streams.len() as u64;
        Ok(walk.report)
    }

    async fn verify_page(&self, after: u64, head: u64) -> Result<Vec<Row>, StoreError> {
        let page = || async {
            sqlx::query_as(
                "SELECT position, aggregate_type, aggregate_id, sequence, command_id, command_pos, command_len, recorded_at \
                 FROM events WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3",
            )
            .bind(to_bigint(after))
            .bind(to_bigint(head))
            .bind(PAGE)
            .fetch_all(self.pool())
            .await
        };
        retry("verify the log", page).await
    }

    /// Counted by Postgres, which can sort more than fits into our memory; and by the rows rather than the index that should have
    /// prevented it.
    async fn verify_command_ids(&self, walk: &mut Walk) -> Result<(), StoreError> {
        let repeated = || async {
            // One of its own, which ends with the settings.
            let mut connection = connection::dedicated(&self.pool().connect_options()).await?;
            sqlx::raw_sql(
                "SET statement_timeout = 0; SET enable_seqscan = on; SET enable_indexscan = off; \
                 SET enable_indexonlyscan = off; SET enable_bitmapscan = off",
            )
            .execute(&mut connection)
            .await?;
            sqlx::query_as(
                "SELECT command_id, count(*), max(position) FROM events WHERE command_pos = 0 \
                 GROUP BY command_id HAVING count(*) > 1 LIMIT 1000",
            )
            .fetch_all(&mut connection)
            .await
        };
        let repeated: Vec<(Uuid, i64, i64)> = retry_however_long("verify the command ids", repeated).await?;
        for (command_id, times, position) in repeated {
            let (times, position) = (from_bigint(times), from_bigint(position));
            walk.found(Finding::CommandRepeated { command_id, times, position });
        }
        Ok(())
    }
}

#[derive(Default)]
struct Walk {
    report: VerifyReport,
    position: u64,
    streams: HashMap<(String, String), u64>,
    command: Option<OpenCommand>,
    recorded_at: Option<Timestamp>,
}

/// The command that the last event belongs to.
struct OpenCommand {
    id: Uuid,
    stream: (String, String),
    next: i32,
    length: i32,
}

impl Walk {
    fn check(&mut self, row: &Row) {
        let position = from_bigint(row.position);
        if position != self.position + 1 {
            self.found(Finding::Hole { expected: self.position + 1, found: position });
        }
        self.position = position;
        self.report.events += 1;
        self.check_stream(row);
        self.check_command(row);
        if self.recorded_at.is_some_and(|before| row.recorded_at < before) {
            self.found(Finding::TimeWentBack { position });
        }
        self.recorded_at = Some(row.recorded_at);
    }

    fn check_stream(&mut self, row: &Row) {
        let found = from_bigint(row.sequence);
        let last = self.streams.entry((row.aggregate_type.clone(), row.aggregate_id.clone())).or_default();
        let expected = std::mem::replace(last, found) + 1;
        if found != expected {
            let stream = format!("{}/{}", row.aggregate_type, row.aggregate_id);
            self.found(Finding::StreamBroken { position: from_bigint(row.position), stream, expected, found });
        }
    }

    fn check_command(&mut self, row: &Row) {
        let stream = (row.aggregate_type.clone(), row.aggregate_id.clone());
        let goes_on = match self.command.take() {
            Some(open) if open.next < open.length => {
                let same = open.id == row.command_id && open.stream == stream && open.length == row.command_len;
                same && open.next == row.command_pos
            }
            _ => row.command_pos == 0,
        };
        if !goes_on {
            self.found(Finding::CommandBroken { position: from_bigint(row.position), command_id: row.command_id });
        }
        let (id, next, length) = (row.command_id, row.command_pos + 1, row.command_len);
        self.command = Some(OpenCommand { id, stream, next, length });
    }

    fn end(&mut self) {
        let (head, last) = (self.report.head, self.position);
        if head != last {
            self.found(Finding::HeadDiffers { head, last });
        }
        if let Some(open) = self.command.take_if(|open| open.next < open.length) {
            self.found(Finding::CommandBroken { position: last, command_id: open.id });
        }
    }

    fn found(&mut self, finding: Finding) {
        self.report.findings_total += 1;
        if self.report.findings.len() < FINDINGS_MAX {
            self.report.findings.push(finding);
        }
    }
}
