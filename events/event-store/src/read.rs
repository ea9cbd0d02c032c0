//! Reading the log: by page in order, by stream, by command.

use domain::{Recorded, StreamId};
use futures::TryStreamExt;
use sqlx::{FromRow, Row, postgres::PgArguments, query::Query};
use uuid::Uuid;

use crate::{
    Incarnation, Log, StoreError,
    config::{PAGE_BYTES_MAX, PAGE_EVENTS_MAX},
    incarnation::INCARNATION,
    retry::retry,
    row::{COLUMNS, EventRow, to_bigint},
};

/// Events that were read at once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// In order.
    pub events: Vec<Recorded>,
    /// What they were read from; `None` when there are none.
    pub incarnation: Option<Incarnation>,
}

/// What [`Log::look_up`] found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LookUp {
    /// The events of the command, in whichever stream it was stored; `None` when its id is not known.
    pub command: Option<Vec<Recorded>>,
    /// The events of the stream after the sequence that was asked for, in order.
    pub newer: Vec<Recorded>,
}

type PgQuery<'q> = Query<'q, sqlx::Postgres, PgArguments>;

impl Log {
    /// The events after a position, in order and without a gap: `after + 1, after + 2, ...`.
    ///
    /// A page has at most `limit` events, at most 5000, and ends early when its payloads grow large; only an empty page means the
    /// end of the log.
    ///
    /// # Errors
    /// [`StoreError::Hole`] when a position is missing.
    pub async fn read_all(&self, after: u64, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        Ok(self.read_page(after, limit).await?.events)
    }

    /// As [`Log::read_all`], and what the events were read from.
    ///
    /// # Errors
    /// [`StoreError::Hole`] when a position is missing.
    pub async fn read_page(&self, after: u64, limit: usize) -> Result<Page, StoreError> {
        let sql =
            format!("SELECT {COLUMNS}, {INCARNATION} FROM events e WHERE e.position > $1 ORDER BY e.position LIMIT $2");
        let query = || sqlx::query(&sql).bind(to_bigint(after)).bind(page_limit(limit));
        let page = self.page("read the log", query).await?;
        assert_contiguous(after, &page.events)?;
        Ok(page)
    }

    /// The events of a stream after a sequence, in order. Pages end as those of [`Log::read_all`].
    ///
    /// # Errors
    /// When Postgres cannot be reached or a row cannot be read.
    pub async fn read_stream(
        &self,
        stream: &StreamId,
        after_sequence: u64,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, {INCARNATION} FROM events e \
             WHERE e.aggregate_type = $1 AND e.aggregate_id = $2 AND e.sequence > $3 ORDER BY e.sequence LIMIT $4"
        );
        let query = || {
            sqlx::query(&sql)
                .bind(stream.kind.as_str())
                .bind(&stream.id)
                .bind(to_bigint(after_sequence))
                .bind(page_limit(limit))
        };
        Ok(self.page("read a stream", query).await?.events)
    }

    /// All events of a stream after a sequence: for who keeps the stream's state in memory anyway.
    pub(crate) async fn newer(&self, stream: &StreamId, after_sequence: u64) -> Result<Vec<Recorded>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM events e \
             WHERE e.aggregate_type = $1 AND e.aggregate_id = $2 AND e.sequence > $3 ORDER BY e.sequence"
        );
        let query = || {
            let query = sqlx::query(&sql).bind(stream.kind.as_str()).bind(&stream.id);
            query.bind(to_bigint(after_sequence)).fetch_all(self.pool())
        };
        retry("read what is new in a stream", query).await?.iter().map(recorded).collect()
    }

    /// One event by its position.
    ///
    /// # Errors
    /// When Postgres cannot be reached or the row cannot be read.
    pub async fn event_at(&self, position: u64) -> Result<Option<Recorded>, StoreError> {
        let sql = format!("SELECT {COLUMNS}, {INCARNATION} FROM events e WHERE e.position = $1");
        let page = self.page("read an event", || sqlx::query(&sql).bind(to_bigint(position))).await?;
        Ok(page.events.into_iter().next())
    }

    /// The events at these positions, in the order in which they are given. Ends early when payloads grow large, as [`Log::read_all`] does; what
    /// there is none at is left out.
    ///
    /// # Errors
    /// When Postgres cannot be reached or a row cannot be read.
    pub async fn events_at(&self, positions: &[u64]) -> Result<Vec<Recorded>, StoreError> {
        let wanted: Vec<i64> = positions.iter().take(PAGE_EVENTS_MAX).map(|position| to_bigint(*position)).collect();
        let sql = format!(
            "SELECT {COLUMNS}, {INCARNATION} FROM unnest($1) WITH ORDINALITY wanted(position, place)
             JOIN events e ON e.position = wanted.position ORDER BY wanted.place"
        );
        let query = || sqlx::query(&sql).bind(wanted.clone());
        Ok(self.page("read events by position", query).await?.events)
    }

    /// The events of those of these commands that are known, in the order of the log; so many of them at most.
    ///
    /// # Errors
    /// When Postgres cannot be reached or a row cannot be read.
    pub async fn find_commands(&self, command_ids: &[Uuid], limit: usize) -> Result<Vec<Recorded>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM events first JOIN events e \
             ON e.position >= first.position AND e.position < first.position + first.command_len \
             WHERE first.command_id = ANY($1) AND first.command_pos = 0 ORDER BY e.position LIMIT $2"
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let query = || sqlx::query(&sql).bind(command_ids).bind(limit).fetch_all(self.pool());
        let rows = retry("find commands", query).await?;
        rows.iter().map(recorded).collect()
    }

    /// The events that a command led to, all of them; `None` when its id is not known.
    ///
    /// # Errors
    /// When Postgres cannot be reached or a row cannot be read.
    pub async fn find_command(&self, command_id: Uuid) -> Result<Option<Vec<Recorded>>, StoreError> {
        let sql = format!("SELECT {COLUMNS} {COMMAND} ORDER BY e.position");
        let rows = retry("find a command", || sqlx::query(&sql).bind(command_id).fetch_all(self.pool())).await?;
        let events: Vec<Recorded> = rows.iter().map(recorded).collect::<Result<_, _>>()?;
        Ok((!events.is_empty()).then_some(events))
    }

    /// A command's events and a stream's newer events, of one moment, in one round trip. What has to be asked before anything
    /// but a success is answered: has this been done already, and is what we decided on still so?
    ///
    /// # Errors
    /// When Postgres cannot be reached or a row cannot be read.
    pub async fn look_up(
        &self,
        command_id: Uuid,
        stream: &StreamId,
        after_sequence: u64,
    ) -> Result<LookUp, StoreError> {
        let sql = format!(
            "SELECT true AS of_command, {COLUMNS} {COMMAND} UNION ALL \
             SELECT false, {COLUMNS} FROM events e \
             WHERE e.aggregate_type = $2 AND e.aggregate_id = $3 AND e.sequence > $4 ORDER BY of_command, position"
        );
        let query = || async {
            let query = sqlx::query(&sql).bind(command_id).bind(stream.kind.as_str()).bind(&stream.id);
            query.bind(to_bigint(after_sequence)).fetch_all(self.pool()).await
        };
        let mut found = LookUp::default();
        for row in retry("look up a command", query).await? {
            let of_command: bool = row.try_get("of_command").map_err(|error| unexpected("look up a command", error))?;
            match of_command {
                true => found.command.get_or_insert_default().push(recorded(&row)?),
                false => found.newer.push(recorded(&row)?),
            }
        }
        Ok(found)
    }

    /// Rows until there are enough of them, or of their bytes.
    async fn page<'q>(&self, what: &'static str, query: impl Fn() -> PgQuery<'q>) -> Result<Page, StoreError> {
        let read = retry(what, || async {
            let (mut rows, mut bytes, mut incarnation) = (Vec::new(), 0, None);
            let mut stream = query().fetch(self.pool());
            while bytes < PAGE_BYTES_MAX
                && let Some(row) = stream.try_next().await?
            {
                if incarnation.is_none() {
                    incarnation = Some(Incarnation::from_row(&row)?);
                }
                let event = EventRow::from_row(&row)?;
                bytes += event.bytes();
                rows.push(event);
            }
            Ok((rows, incarnation))
        });
        let (rows, incarnation) = read.await?;
        Ok(Page { events: rows.into_iter().map(EventRow::recorded).collect::<Result<_, _>>()?, incarnation })
    }
}

/// The events of command `$1`: its first one is found by its id, the others lie behind it.
const COMMAND: &str = "FROM events first JOIN events e \
     ON e.position >= first.position AND e.position < first.position + first.command_len \
     WHERE first.command_id = $1 AND first.command_pos = 0";

fn recorded(row: &sqlx::postgres::PgRow) -> Result<Recorded, StoreError> {
    EventRow::from_row(row).map_err(|error| unexpected("read a row", error))?.recorded()
}

fn unexpected(what: &'static str, source: sqlx::Error) -> StoreError {
    StoreError::Refused { what, source }
}

fn page_limit(limit: usize) -> i64 {
    i64::try_from(limit.min(PAGE_EVENTS_MAX)).unwrap_or(i64::MAX)
}

/// Every reader relies on it: what it has seen is everything there is up to there.
fn assert_contiguous(after: u64, page: &[Recorded]) -> Result<(), StoreError> {
    for (event, expected) in page.iter().zip(after.saturating_add(1)..) {
        if event.position != expected {
            metrics::counter!("log_holes_total").increment(1);
            return Err(StoreError::Hole { expected, found: event.position });
        }
    }
    Ok(())
}
