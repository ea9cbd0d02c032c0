//! Reads the log past everything of ours, with plain SQL.

use sqlx::PgConnection;
use uuid::Uuid;

use super::history::{History, Stored};
use crate::chaos::violation::Violation;

/// Events of one page.
const PAGE: i64 = 5_000;

type Row = (i64, Uuid, String, String, i64, Uuid, i32, i32, Option<String>, i64, String);

pub(crate) async fn head(database: &mut PgConnection) -> sqlx::Result<u64> {
    let head: i64 = sqlx::query_scalar("SELECT position FROM es_head").fetch_one(database).await?;
    Ok(u64::try_from(head).unwrap())
}

/// The position of the view that is furthest behind.
pub(crate) async fn views(database: &mut PgConnection) -> sqlx::Result<u64> {
    let least: Option<i64> =
        sqlx::query_scalar("SELECT min(checkpoint) FROM read.views WHERE state = 'live'").fetch_one(database).await?;
    Ok(u64::try_from(least.unwrap_or_default()).unwrap())
}

/// Nobody asks or writes: whoever gets such a connection next would read of an old moment.
pub(crate) async fn left_in_transactions(database: &mut PgConnection) -> sqlx::Result<Vec<Violation>> {
    let left: Vec<(String, String)> = sqlx::query_as(
        "SELECT application_name, xact_start::text FROM pg_stat_activity \
         WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND now() - xact_start > interval '2 s'",
    )
    .fetch_all(database)
    .await?;
    let violation = |(connection, since)| Violation::LeftInTransaction { connection, since };
    Ok(left.into_iter().map(violation).collect())
}

/// Takes into the history whatever the log has beyond it.
pub(crate) async fn read_on(database: &mut PgConnection, history: &mut History) -> sqlx::Result<Vec<Violation>> {
    let mut wrong = Vec::new();
    let (checked, head) = (history.head(), head(database).await?);
    if head < checked {
        return Ok(vec![Violation::WentBack { checked, head }]);
    }
    if let Some(mark) = history.mark(checked) {
        let now: Option<Uuid> = sqlx::query_scalar("SELECT event_id FROM events WHERE position = $1")
            .bind(i64::try_from(checked).unwrap())
            .fetch_optional(&mut *database)
            .await?;
        wrong.extend((now != Some(mark.event_id)).then_some(Violation::Rewritten { position: checked }));
    }
    let mut after = i64::try_from(checked).unwrap();
    loop {
        let page: Vec<Row> = sqlx::query_as(
            "SELECT position, event_id, event_type, aggregate_id, sequence, command_id, command_pos, command_len, \
                    metadata->>'request_id', (extract(epoch FROM recorded_at) * 1000000)::bigint, payload::text \
             FROM events WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3",
        )
        .bind(after)
        .bind(i64::try_from(head).unwrap())
        .bind(PAGE)
        .fetch_all(&mut *database)
        .await?;
        let Some(last) = page.last() else { break };
        after = last.0;
        wrong.extend(page.into_iter().flat_map(|row| history.take(&stored(row))));
    }
    if history.head() != head {
        wrong.push(Violation::Hole { expected: head, found: history.head() });
    }
    Ok(wrong)
}

fn stored(row: Row) -> Stored {
    let (
        position,
        event_id,
        event_type,
        stream,
        sequence,
        command_id,
        command_pos,
        command_len,
        request,
        recorded_at,
        payload,
    ) = row;
    let number = |number: i64| u64::try_from(number).unwrap();
    Stored {
        position: number(position),
        event_id,
        event_type,
        stream,
        sequence: number(sequence),
        command_id,
        command_pos: number(command_pos.into()),
        command_len: number(command_len.into()),
        request,
        recorded_at,
        payload,
    }
}
