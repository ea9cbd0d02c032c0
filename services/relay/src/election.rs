//! One relay at a time, for thrift alone: two would be safe, but would send everything twice.
//!
//! Postgres elects, since it is the source of the events anyway: an advisory lock on a connection of its own, which falls free with
//! its process.

use std::time::Duration;

use sqlx::{Connection, PgConnection};
use tokio::time::{sleep, timeout};

use crate::{Relay, RelayState, STANDBY_INTERVAL};

/// How often the elected relay makes sure that it still is.
const TENURE_CHECK_INTERVAL: Duration = Duration::from_secs(5);
/// How long Postgres may take to answer here.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

impl Relay {
    /// Never ends by itself.
    pub(crate) async fn carry_when_elected(&self) {
        loop {
            match timeout(ANSWER_TIMEOUT, self.stand()).await {
                Ok(Ok(Some(tenure))) => {
                    tokio::select! {
                        () = self.carry_for_ever() => {}
                        () = until_lost(tenure) => tracing::warn!("the relay's tenure is lost with its connection"),
                    }
                }
                Ok(Ok(None)) => self.is_now(RelayState::Standby),
                Ok(Err(error)) => {
                    self.is_now(RelayState::Waiting { reason: format!("take the relay's lock: {error}") });
                }
                Err(_) => self.is_now(RelayState::Waiting { reason: "take the relay's lock: no answer".to_owned() }),
            }
            sleep(STANDBY_INTERVAL).await;
        }
    }

    /// The connection that holds the lock, if it was free.
    async fn stand(&self) -> sqlx::Result<Option<PgConnection>> {
        let mut connection = PgConnection::connect_with(&self.log.pool().connect_options()).await?;
        let elected: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended($1, 0))")
            .bind(format!("goalstream relay of {}", self.bus.stream_name()))
            .fetch_one(&mut connection)
            .await?;
        if elected {
            return Ok(Some(connection));
        }
        connection.close().await?;
        Ok(None)
    }
}

async fn until_lost(mut tenure: PgConnection) {
    while let Ok(Ok(())) = timeout(ANSWER_TIMEOUT, tenure.ping()).await {
        sleep(TENURE_CHECK_INTERVAL).await;
    }
}
