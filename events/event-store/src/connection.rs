//! How we present ourselves to Postgres.

use std::time::Duration;

use sqlx::{
    ConnectOptions, Connection, Executor, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tracing::log::LevelFilter;

use crate::{
    StoreConfig,
    config::{ACQUIRE_TIMEOUT, ANSWER_TIMEOUT, CONNECT_TIMEOUT, STATEMENT_TIMEOUT, TRUSTED_IDLE_MAX},
};

/// Options that name the purpose of a connection in `pg_stat_activity`. Errors are logged by who handles them, so sqlx need not.
pub(crate) fn options(database_url: &str, purpose: &str) -> Result<PgConnectOptions, sqlx::Error> {
    let options: PgConnectOptions = database_url.parse()?;
    Ok(options.application_name(&format!("goalstream {purpose}")).log_statements(LevelFilter::Off))
}

/// Everything we ask is looked up by an index. A generic plan made while the table was empty would scan it for ever, and
/// planning the append anew each time doubles its cost. Nothing is divided among workers: a question is too short for that, and the
/// planner prefers a scan of everything by two workers to a few look-ups by one, because it then expects fewer rows to be left.
///
/// A server, database or role that has it answer before a commit is on its disk would have us acknowledge what a crash takes. Who waits for
/// other servers as well goes on doing so.
pub(crate) async fn prepare(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let milliseconds = STATEMENT_TIMEOUT.as_millis();
    let settings = format!(
        "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET max_parallel_workers_per_gather = 0; \
         SET statement_timeout = {milliseconds}; \
         SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    );
    connection.execute(settings.as_str()).await?;
    Ok(())
}

/// A connection outside the pool.
pub(crate) async fn dedicated(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    within(CONNECT_TIMEOUT, async {
        let mut connection = options.connect().await?;
        prepare(&mut connection).await?;
        Ok(connection)
    })
    .await
}

/// The pool for reads.
pub(crate) fn pool(config: &StoreConfig) -> Result<PgPool, sqlx::Error> {
    let pool = PgPoolOptions::new()
        .min_connections(config.pool_min)
        .max_connections(config.pool_max)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, state| Box::pin(test_when_idle(connection, state.idle_for)))
        .after_release(|connection, _| Box::pin(still_answers(connection)))
        .after_connect(|connection, _| Box::pin(within(CONNECT_TIMEOUT, prepare(connection))));
    Ok(pool.connect_lazy_with(options(&config.database_url, "read")?))
}

/// A round trip more for each read would tell little of a connection that has just been used.
async fn test_when_idle(connection: &mut PgConnection, idle: Duration) -> Result<bool, sqlx::Error> {
    if idle > TRUSTED_IDLE_MAX {
        connection.ping().await?;
    }
    Ok(true)
}

/// The pool asks the same of each connection that is given back, and waits for ever: a few whose peer vanished under questions that nobody
/// waits for any more, and it would have no connections left.
async fn still_answers(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    answered(connection.ping()).await.map(|()| true)
}

/// A peer that vanished without a word would keep us waiting for ever.
pub(crate) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    match tokio::time::timeout(limit, work).await {
        Ok(result) => result,
        Err(_) => Err(sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, "no answer in time"))),
    }
}

/// One statement's round trip.
pub(crate) async fn answered<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    within(ANSWER_TIMEOUT, work).await
}
