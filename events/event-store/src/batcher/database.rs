//! What the batcher asks of Postgres: a connection, and two functions.
//!
//! It is a trait because there is a second one: the model in `services/relay/tests/simulation`, which fails in more ways and in a
//! repeatable order (`docs/adr/0008`). Production has no choice to make, so nothing is dispatched while it runs.

use sqlx::{PgConnection, postgres::PgConnectOptions};

use super::{batch::Submission, call};
use crate::{Outcome, connection};

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
pub(crate) struct Postgres(pub(crate) PgConnectOptions);

impl Database for Postgres {
    type Connection = PgConnection;

    async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        connection::dedicated(&self.0).await
    }

    async fn append_fast(
        connection: &mut PgConnection,
        submissions: &[Submission],
    ) -> Result<Vec<Outcome>, sqlx::Error> {
        call::fast(connection, submissions).await
    }

    async fn append_checked(
        connection: &mut PgConnection,
        submissions: &[Submission],
    ) -> Result<Vec<Outcome>, sqlx::Error> {
        call::checked(connection, submissions).await
    }
}
