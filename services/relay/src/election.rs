//! One relay at a time, for thrift alone: two would be safe, but would send everything twice.
//!
//! Postgres elects, since it is the source of the events anyway: an advisory lock on a connection of its own. The lock is a lease:
//! it falls free with its process, and also when the process has said nothing for [`LEASE`], since one that is frozen, or
//! on the other side of a cut network, looks alive to TCP for hours.
//!
//! A lock cannot say whether its holder carries: it may have lost NATS, or Postgres may be unable to end its session. So whoever stands by
//! also believes the stream. When that is behind and takes nothing for [`STALL_BOUND`](crate::STALL_BOUND), it carries in the
//! elected one's place, until that is at work again, and for [`STAND_IN_BOUND`] at most.

use std::time::Duration;

use sqlx::{Connection, Executor, PgConnection};
use tokio::time::{sleep, timeout};

use crate::{Progress, RETRY_DELAY_MIN, Relay, RelayState, STANDBY_INTERVAL};

/// How often the elected relay makes sure that it still is.
const TENURE_CHECK_INTERVAL: Duration = Duration::from_secs(5);
/// How long Postgres may take to answer here.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// How long Postgres keeps the lock of a relay that says nothing; longer than the two above together, or a slow answer would cost it.
const LEASE: Duration = Duration::from_secs(15);
/// How long a relay carries in another's place until it steps back and looks again. Two that carry get into each other's way,
/// and only one of them would otherwise ever give way.
const STAND_IN_BOUND: Duration = Duration::from_secs(60);

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
                Ok(Ok(None)) => self.stand_by().await,
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
        connection.execute(format!("SET idle_session_timeout = {}", LEASE.as_millis()).as_str()).await?;
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

    async fn stand_by(&self) {
        if !self.progress.borrow().as_ref().is_some_and(Progress::is_stalled) {
            self.is_now(RelayState::Standby);
            return;
        }
        tracing::warn!("the elected relay carries nothing; carrying in its place");
        // Whatever ends it, the next look tells whether it is needed again: refused by the stream, somebody else is at work.
        let _ = timeout(STAND_IN_BOUND, self.carry_once(RETRY_DELAY_MIN)).await;
    }
}

async fn until_lost(mut tenure: PgConnection) {
    while let Ok(Ok(())) = timeout(ANSWER_TIMEOUT, tenure.ping()).await {
        sleep(TENURE_CHECK_INTERVAL).await;
    }
}
