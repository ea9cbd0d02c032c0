//! Connections beside the pool's, each of which asks the same few things over and over.

use sqlx::{Executor, PgConnection, PgPool};

use crate::answered::answered;

/// A view can always be remade, so nobody waits for the disk. Planning takes longer than running, so a plan is kept. It was perhaps made while
/// the tables were empty, and must not come to scan them when they are not: every row is found by key.
const SESSION: &str =
    "SET synchronous_commit = off; SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;
    SET enable_hashjoin = off; SET enable_mergejoin = off";

pub(crate) async fn own_connection(pool: &PgPool) -> sqlx::Result<PgConnection> {
    let mut connection = pool.acquire().await?.detach();
    answered(connection.execute(SESSION)).await?;
    Ok(connection)
}
