//! One call of an append function: a batch as one array of rows, and the answer as outcomes.

use domain::Timestamp;
use sqlx::{
    PgConnection,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, types::Oid},
};
use uuid::Uuid;

use super::batch::Submission;
use crate::{
    Outcome, Receipt,
    connection::answered,
    row::{from_bigint, to_bigint},
};

const FAST: &str = "SELECT base, at FROM es_append_rows_fast($1, $2)";
const CHECKED: &str = "SELECT status, last_sequence, first_position, last_position, at FROM es_append_rows_checked($1)";

/// An event as the functions take it: `es_new_event`, field by field. Postgres reads and judges all of them while the batch in front
/// still holds the head row.
#[derive(sqlx::Encode)]
struct Row<'a> {
    /// For the first event of a stack, the sequence that the stream must have.
    expected: Option<i64>,
    aggregate_type: &'a str,
    aggregate_id: &'a str,
    sequence: i64,
    event_type: &'a str,
    event_version: &'a str,
    payload: Json<'a>,
    metadata: Json<'a>,
    event_id: Uuid,
    command_id: Uuid,
    command_pos: i32,
    command_len: i32,
    workspace: &'a str,
}

impl sqlx::Type<sqlx::Postgres> for Row<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("es_new_event")
    }
}

impl PgHasArrayType for Row<'_> {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::array_of("es_new_event")
    }
}

/// A `json` that has been written already: the bytes that are stored are these bytes.
struct Json<'a>(&'a str);

impl Json<'_> {
    /// Of `json` itself, which is the same in every Postgres. What sqlx calls JSON is `jsonb`.
    const OID: Oid = Oid(114);
}

impl sqlx::Type<sqlx::Postgres> for Json<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Self::OID)
    }
}

impl sqlx::Encode<'_, sqlx::Postgres> for Json<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        sqlx::Encode::<sqlx::Postgres>::encode_by_ref(&self.0, buffer)
    }
}

/// In batch order.
fn rows(submissions: &[Submission]) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for submission in submissions {
        let stack = &submission.stack.stack;
        let mut expected = Some(to_bigint(stack.expected_sequence));
        let mut sequence = to_bigint(stack.expected_sequence);
        for (command, metadata) in stack.commands.iter().zip(&submission.stack.metadata) {
            let command_len = i32::try_from(command.events.len()).unwrap_or(i32::MAX);
            for (event, place) in command.events.iter().zip(0..) {
                sequence = sequence.saturating_add(1);
                rows.push(Row {
                    expected: expected.take(),
                    aggregate_type: stack.stream.kind.as_str(),
                    aggregate_id: stack.stream.id.as_str(),
                    sequence,
                    event_type: &event.event_type,
                    event_version: &event.event_version,
                    payload: Json(&event.payload),
                    metadata: Json(metadata.beside(place)),
                    event_id: event.event_id,
                    command_id: command.command_id,
                    command_pos: i32::try_from(place).unwrap_or(i32::MAX),
                    command_len,
                    workspace: command.workspace.as_str(),
                });
            }
        }
    }
    rows
}

/// Everything is stored, or `unique_violation` and nothing is. Outcomes are in the order of the commands. `looking` also refuses what
/// was decided on more of a stream than there is; that costs a search a stack, under the lock.
pub(super) async fn fast(
    connection: &mut PgConnection,
    submissions: &[Submission],
    looking: bool,
) -> Result<Vec<Outcome>, sqlx::Error> {
    let call = sqlx::query_as(FAST).bind(rows(submissions)).bind(looking);
    let (base, recorded_at): (i64, Timestamp) = answered(call.fetch_one(connection)).await?;
    let mut position = from_bigint(base);
    let mut outcomes = Vec::new();
    for submission in submissions {
        let mut sequence = submission.stack.stack.expected_sequence;
        for command in &submission.stack.stack.commands {
            let first_position = position + 1;
            position += command.events.len() as u64;
            sequence += command.events.len() as u64;
            let receipt = Receipt { first_position, last_position: position, sequence, recorded_at, duplicate: false };
            outcomes.push(Outcome::Appended(receipt));
        }
    }
    Ok(outcomes)
}

/// Each stack is judged by itself. Outcomes are in the order of the commands.
pub(super) async fn checked(
    connection: &mut PgConnection,
    submissions: &[Submission],
) -> Result<Vec<Outcome>, sqlx::Error> {
    let judged: Vec<Judged> = answered(sqlx::query_as(CHECKED).bind(rows(submissions)).fetch_all(connection)).await?;
    judged.iter().map(Judged::outcome).collect()
}

#[derive(sqlx::FromRow)]
struct Judged {
    status: i32,
    last_sequence: i64,
    first_position: Option<i64>,
    last_position: Option<i64>,
    at: Option<Timestamp>,
}

impl Judged {
    fn outcome(&self) -> Result<Outcome, sqlx::Error> {
        let sequence = from_bigint(self.last_sequence);
        let receipt = |duplicate| match (self.first_position, self.last_position, self.at) {
            (Some(first), Some(last), Some(recorded_at)) => Ok(Receipt {
                first_position: from_bigint(first),
                last_position: from_bigint(last),
                sequence,
                recorded_at,
                duplicate,
            }),
            _ => Err(sqlx::Error::Protocol("es_append_checked gave no receipt".into())),
        };
        match self.status {
            0 => receipt(false).map(Outcome::Appended),
            1 => receipt(true).map(Outcome::Duplicate),
            _ => Ok(Outcome::Conflict { current_sequence: sequence }),
        }
    }
}
