//! Knowing at once that the log has grown, whichever process wrote.
//!
//! One connection listens to the notification that each batch commits. While it lives nothing is polled; after it was lost, the
//! head is asked for once, since notifications are not kept for those who are away. The watched number is the highest position known to
//! be committed, and so are all below it; it only grows, unless an older database is found in the place of ours.

use std::time::Duration;

use sqlx::{
    Error, PgPool,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    config::{ACQUIRE_TIMEOUT, ANSWER_TIMEOUT},
    connection::within,
    row::from_bigint,
};

/// The channel of the append functions.
const CHANNEL: &str = "goalstream_log";
/// Waits between tries to listen again: doubled from the first to the last.
const RELISTEN_DELAY_MIN: Duration = Duration::from_millis(100);
const RELISTEN_DELAY_MAX: Duration = Duration::from_secs(4);
/// After this long without a word we ask the connection whether it still lives: a peer that vanished would be silent for ever.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// What is known of the log without asking.
#[derive(Debug)]
pub struct Known {
    head: watch::Sender<u64>,
    epoch: watch::Sender<Uuid>,
}

impl Known {
    /// What the database said when it was first asked.
    pub fn new(head: u64, epoch: Uuid) -> Self {
        Self { head: watch::Sender::new(head), epoch: watch::Sender::new(epoch) }
    }

    /// All positions up to here are committed.
    pub fn committed(&self, position: u64) {
        self.head.send_if_modified(|head| {
            let grown = position > *head;
            *head = position.max(*head);
            grown
        });
    }

    /// See [`Log::wakeups`](crate::Log::wakeups).
    pub fn head(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }

    pub(crate) fn epoch(&self) -> Uuid {
        *self.epoch.borrow()
    }

    /// What the database says, and the head that was known before it was asked.
    fn found(&self, position: u64, epoch: Uuid, before: u64) {
        let known = self.epoch.send_replace(epoch);
        if known == epoch && position < before {
            tracing::error!(
                before,
                position,
                "the log is shorter than it was: an older database was restored; it needs a new epoch"
            );
            // Else readers would look for ever for what is no longer there.
            self.head.send_if_modified(|head| {
                let is_as_before = *head == before;
                if is_as_before {
                    *head = position;
                }
                is_as_before
            });
        }
        if known != epoch {
            tracing::error!(%known, found = %epoch, "the log has another epoch: an older database was restored, or it was replaced");
            // The old log's numbers mean nothing in the new one.
            self.head.send_replace(position);
        }
        self.committed(position);
    }
}

/// Listens until its task is aborted.
pub(crate) async fn listen(options: PgConnectOptions, known: std::sync::Arc<Known>) {
    let mut delay = RELISTEN_DELAY_MIN;
    loop {
        let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE_TIMEOUT);
        let pool = pool.idle_timeout(None).max_lifetime(None).connect_lazy_with(options.clone());
        let mut heard = false;
        if let Err(error) = follow(&pool, &known, &mut heard).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "no longer told of new events; listening again");
        }
        delay = if heard { RELISTEN_DELAY_MIN } else { (delay * 2).min(RELISTEN_DELAY_MAX) };
        tokio::time::sleep(delay).await;
    }
}

/// Returns when the connection is lost. `heard` tells whether it ever stood.
async fn follow(pool: &PgPool, known: &Known, heard: &mut bool) -> Result<(), Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    within(ANSWER_TIMEOUT, listener.listen(CHANNEL)).await?;
    loop {
        // First listen, then ask: what is committed in between comes twice rather than never.
        let before = *known.head.borrow();
        let head = sqlx::query_as("SELECT position, epoch FROM es_head").fetch_one(&mut listener);
        let (position, epoch): (i64, Uuid) = within(ANSWER_TIMEOUT, head).await?;
        known.found(from_bigint(position), epoch, before);
        *heard = true;
        // The pause is only a question whether anybody is there; whatever was missed comes with its answer.
        while let Ok(word) = tokio::time::timeout(SILENCE_MAX, listener.try_recv()).await {
            let Some(word) = word? else {
                return Err(Error::Io(std::io::ErrorKind::ConnectionReset.into()));
            };
            if let Ok(position) = word.payload().parse() {
                known.committed(position);
            }
        }
    }
}
