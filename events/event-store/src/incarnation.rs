//! Whether an older database can have come up behind our address while we ran.
//!
//! Restoring one takes a server that starts, or a table that is made anew; both show. Should all of it be rolled back together, as a
//! virtual machine is to a snapshot, the log is shorter than we know it to be.

use domain::Timestamp;
use sqlx::{Executor, FromRow, Postgres};

use crate::row::from_bigint;

const LOOK: &str = "SELECT pg_postmaster_start_time() AS started_at, 'public.events'::regclass::oid::bigint AS table_oid, \
     position AS head FROM public.es_head";

/// One life of one server, with one table of events in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Incarnation {
    started_at: Timestamp,
    table_oid: i64,
}

/// What a connection finds behind the address.
#[derive(Debug, FromRow)]
pub(crate) struct Found {
    started_at: Timestamp,
    table_oid: i64,
    head: i64,
}

impl Found {
    pub(crate) async fn look<'c>(connection: impl Executor<'c, Database = Postgres>) -> Result<Self, sqlx::Error> {
        sqlx::query_as(LOOK).fetch_one(connection).await
    }

    pub(crate) fn incarnation(&self) -> Incarnation {
        Incarnation { started_at: self.started_at, table_oid: self.table_oid }
    }

    /// Whether every event that was read up to `known` in that incarnation is still there.
    pub(crate) fn continues(&self, since: Incarnation, known: u64) -> bool {
        self.incarnation() == since && from_bigint(self.head) >= known
    }
}
