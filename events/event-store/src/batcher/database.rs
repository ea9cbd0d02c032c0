//! What the batcher asks of Postgres: a connection, and two functions.
//!
//! It is a trait because there is a second one: the model in `services/relay/tests/simulation`, which fails in more ways and in a
//! repeatable order (`docs/adr/0008`). Production has no choice to make, so nothing is dispatched while it runs.

use std::sync::Arc;

use sqlx::{PgConnection, postgres::PgConnectOptions};

use super::{batch::Submission, call};
use crate::{
    Outcome,
    connection::{self, answered},
    incarnation::{Found, Incarnation},
    wakeups::Known,
};

/// Where batches are sent.
pub trait Database: Clone + Send + Sync + 'static {
    /// Carries one call at a time.
    type Connection: Send;

    /// Opens a connection.
    fn connect(&self) -> impl Future<Output = Result<Self::Connection, sqlx::Error>> + Send;

    /// Everything is stored, or `unique_violation` and nothing is. Outcomes are in the order of the commands.
    fn append_fast(
        connection: &mut Self::Connection,
        submissions: &[Submission],
    ) -> impl Future<Output = Result<Vec<Outcome>, sqlx::Error>> + Send;

    /// Each stack is judged by itself. Outcomes are in the order of the commands.
    fn append_checked(
        connection: &mut Self::Connection,
        submissions: &[Submission],
    ) -> impl Future<Output = Result<Vec<Outcome>, sqlx::Error>> + Send;
}

/// The real one.
#[derive(Clone)]
pub(crate) struct Postgres {
    pub(crate) options: PgConnectOptions,
    /// What was found before anything was read.
    pub(crate) since: Incarnation,
    pub(crate) known: Arc<Known>,
}

/// A connection, and whether the log that it leads to can lack something that we have read.
pub(crate) struct Line {
    connection: PgConnection,
    is_doubtful: bool,
}

impl Database for Postgres {
    type Connection = Line;

    async fn connect(&self) -> Result<Line, sqlx::Error> {
        let mut connection = connection::dedicated(&self.options).await?;
        // Before asking: what becomes known later may be newer than the answer.
        let known = *self.known.head().borrow();
        let found = answered(Found::look(&mut connection)).await?;
        Ok(Line { connection, is_doubtful: !found.continues(self.since, known) })
    }

    async fn append_fast(line: &mut Line, submissions: &[Submission]) -> Result<Vec<Outcome>, sqlx::Error> {
        call::fast(&mut line.connection, submissions, line.is_doubtful).await
    }

    async fn append_checked(line: &mut Line, submissions: &[Submission]) -> Result<Vec<Outcome>, sqlx::Error> {
        call::checked(&mut line.connection, submissions).await
    }
}
