//! One call of an append function: a batch as thirteen arrays, and the answer as outcomes.

use std::iter::repeat_n;

use domain::Timestamp;
use sqlx::{PgConnection, postgres::PgArguments, query::QueryAs};
use uuid::Uuid;

use super::batch::Submission;
use crate::{
    Outcome, Receipt,
    connection::answered,
    row::{from_bigint, to_bigint},
};

const FAST: &str = "SELECT base, at FROM es_append_fast($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
const CHECKED: &str = "SELECT status, last_sequence, first_position, last_position, at \
     FROM es_append_checked($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

/// One element an event, in the order of the functions' parameters. Payload and metadata go as text, so that the stored bytes
/// are these bytes.
#[derive(Default)]
struct Columns<'a> {
    expected: Vec<Option<i64>>,
    aggregate_type: Vec<&'a str>,
    aggregate_id: Vec<&'a str>,
    sequence: Vec<i64>,
    event_type: Vec<&'a str>,
    event_version: Vec<&'a str>,
    payload: Vec<&'a str>,
    metadata: Vec<&'a str>,
    event_id: Vec<Uuid>,
    command_id: Vec<Uuid>,
    command_pos: Vec<i32>,
    command_len: Vec<i32>,
    workspace: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    fn of(submissions: &'a [Submission]) -> Self {
        let mut columns = Self::default();
        submissions.iter().for_each(|submission| columns.push(submission));
        columns
    }

    fn push(&mut self, submission: &'a Submission) {
        let stack = &submission.stack.stack;
        let mut expected = Some(to_bigint(stack.expected_sequence));
        let mut sequence = to_bigint(stack.expected_sequence);
        for (command, metadata) in stack.commands.iter().zip(&submission.stack.metadata) {
            let length = i32::try_from(command.events.len()).unwrap_or(i32::MAX);
            for (event, place) in command.events.iter().zip(0..) {
                sequence = sequence.saturating_add(1);
                self.expected.push(expected.take());
                self.sequence.push(sequence);
                self.event_type.push(&event.event_type);
                self.event_version.push(&event.event_version);
                self.payload.push(&event.payload);
                self.event_id.push(event.event_id);
                self.command_pos.push(place);
            }
            let events = command.events.len();
            self.aggregate_type.extend(repeat_n(stack.stream.kind.as_str(), events));
            self.aggregate_id.extend(repeat_n(stack.stream.id.as_str(), events));
            self.metadata.extend((0..events).map(|place| metadata.beside(place)));
            self.command_id.extend(repeat_n(command.command_id, events));
            self.command_len.extend(repeat_n(length, events));
            self.workspace.extend(repeat_n(command.workspace.as_str(), events));
        }
    }

    fn query<'q, Row: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>>(
        &'q self,
        sql: &'static str,
        expected: Option<&'q Vec<Option<i64>>>,
    ) -> QueryAs<'q, sqlx::Postgres, Row, PgArguments> {
        sqlx::query_as(sql)
            .bind(expected)
            .bind(&self.aggregate_type)
            .bind(&self.aggregate_id)
            .bind(&self.sequence)
            .bind(&self.event_type)
            .bind(&self.event_version)
            .bind(&self.payload)
            .bind(&self.metadata)
            .bind(&self.event_id)
            .bind(&self.command_id)
            .bind(&self.command_pos)
            .bind(&self.command_len)
            .bind(&self.workspace)
    }
}

/// Everything is stored, or `unique_violation` and nothing is. Outcomes are in the order of the commands. `looking` also refuses what
/// was decided on more of a stream than there is; that costs a search a stack, under the lock.
pub(super) async fn fast(
    connection: &mut PgConnection,
    submissions: &[Submission],
    looking: bool,
) -> Result<Vec<Outcome>, sqlx::Error> {
    let columns = Columns::of(submissions);
    let call = columns.query(FAST, looking.then_some(&columns.expected));
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
    let columns = Columns::of(submissions);
    let judged: Vec<Judged> = answered(columns.query(CHECKED, Some(&columns.expected)).fetch_all(connection)).await?;
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
