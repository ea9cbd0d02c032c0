//! Whether an older database can have come up behind our address while we ran.
//!
//! Restoring one takes a server that starts, or a table that is made anew; both show. Should all of it be rolled back together, as a
//! virtual machine is to a snapshot, the log is shorter than we know it to be, until it grows again.

use domain::Timestamp;
use sqlx::{Executor, FromRow, Postgres};

use crate::row::from_bigint;

/// The columns of [`Incarnation`].
pub(crate) const INCARNATION: &str =
    "pg_postmaster_start_time() AS started_at, 'public.events'::regclass::oid::bigint AS table_oid";

/// One life of one server, with one table of events in it: what was compared with the log in one of them has to be compared
/// again in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Incarnation {
    /// When the server was started.
    pub started_at: Timestamp,
    /// Which table the events are in.
    pub table_oid: i64,
}

/// What a connection finds behind the address.
#[derive(Debug, FromRow)]
pub(crate) struct Found {
    #[sqlx(flatten)]
    pub(crate) incarnation: Incarnation,
    head: i64,
}

impl Found {
    pub(crate) async fn look<'c>(connection: impl Executor<'c, Database = Postgres>) -> Result<Self, sqlx::Error> {
        let sql = format!("SELECT {INCARNATION}, position AS head FROM public.es_head");
        sqlx::query_as(&sql).fetch_one(connection).await
    }

    /// Whether every event that was read up to `known` in that incarnation is still there.
    pub(crate) fn continues(&self, since: Incarnation, known: u64) -> bool {
        self.incarnation == since && from_bigint(self.head) >= known
    }
}
