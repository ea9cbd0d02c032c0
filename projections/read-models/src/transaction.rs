//! Transactions of connections that belong to the pool.
//!
//! Whoever waits for an answer may stop at any time. sqlx 0.8 then leaves a connection whose `BEGIN` was under way in a transaction that
//! nobody ends (<https://github.com/transact-rs/sqlx/issues/4393>), and gives it to others: they would read of an old moment.

use scopeguard::ScopeGuard;
use sqlx::{Executor, PgPool, Postgres, pool::PoolConnection};

use crate::answered::answered;

/// Rolled back when it is dropped, whatever has become of it until then.
pub(crate) type Transaction = ScopeGuard<PoolConnection<Postgres>, fn(PoolConnection<Postgres>)>;

/// Begins one, as the statement says.
pub(crate) async fn begin(pool: &PgPool, statement: &str) -> sqlx::Result<Transaction> {
    let connection = pool.acquire().await?;
    let mut transaction = scopeguard::guard(connection, roll_back as fn(_));
    transaction.execute(statement).await?;
    Ok(transaction)
}

pub(crate) async fn commit(mut transaction: Transaction) -> sqlx::Result<()> {
    transaction.execute("COMMIT").await?;
    ScopeGuard::into_inner(transaction);
    Ok(())
}

/// What was under way before is answered first.
fn roll_back(mut connection: PoolConnection<Postgres>) {
    tokio::spawn(async move {
        if answered(connection.execute("ROLLBACK")).await.is_err() {
            connection.close_on_drop();
        }
    });
}
