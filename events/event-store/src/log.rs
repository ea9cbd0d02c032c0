//! The way in: one value for everything that is done with the log.

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::PgPool;
use tokio::{sync::watch, task::JoinHandle, time::sleep};
use uuid::Uuid;

use crate::{
    AppendError, Outcome, Stack, StoreConfig, StoreError,
    batcher::{self, Postgres, Queue},
    config::{CLOSE_TIMEOUT, GONE_LOOK_INTERVAL},
    connection,
    ids::Ids,
    incarnation::{Found, Incarnation},
    migrate::Applied,
    retry::{retry, retry_at_start},
    row::from_bigint,
    wakeups::{self, Known},
};

/// The log. Cheap to clone; all clones share queue, connections and pool. Its tasks end with the last clone.
#[derive(Clone)]
pub struct Log {
    shared: Arc<Shared>,
}

struct Shared {
    pool: PgPool,
    queue: Queue,
    known: Arc<Known>,
    ids: Ids,
    batcher: Mutex<Option<JoinHandle<()>>>,
    listener: JoinHandle<()>,
}

/// Where the log ends, and which log it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Position of the last event; 0 in an empty log.
    pub position: u64,
    /// Made when the log was created; another one means another log.
    pub epoch: Uuid,
}

impl Log {
    /// Connects, and starts the tasks that append and listen.
    ///
    /// # Errors
    /// When Postgres cannot be reached, the URL is malformed, or the schema is not there or older than this program.
    pub async fn connect(config: StoreConfig) -> Result<Self, StoreError> {
        let malformed = |source| StoreError::Refused { what: "read the database URL", source };
        let pool = connection::pool(&config).map_err(malformed)?;
        let appending = connection::options(&config.database_url, "append").map_err(malformed)?;
        let listening = connection::options(&config.database_url, "listen").map_err(malformed)?;
        // On a connection of its own: a pool that gets none keeps the reason to itself.
        let looking = connection::options(&config.database_url, "read").map_err(malformed)?;
        let look = || async {
            let mut connection = connection::dedicated(&looking).await?;
            Ok((Found::look(&mut connection).await?.incarnation, Applied::look(&mut connection).await?))
        };
        let (since, applied) = retry_at_start("connect to Postgres", look).await?;
        let missing = applied.map_or_else(Vec::new, |applied| applied.missing());
        if !missing.is_empty() {
            return Err(StoreError::Outdated { missing });
        }
        let head = read_head(&pool).await?;
        let known = Arc::new(Known::new(head.position, head.epoch));
        let database = Postgres { options: appending, since, known: known.clone() };
        let (queue, batcher) = batcher::start(&config, database, known.clone());
        let listener = tokio::spawn(wakeups::listen(listening, known.clone()));
        let batcher = Mutex::new(Some(batcher));
        Ok(Self { shared: Arc::new(Shared { pool, queue, known, ids: Ids::default(), batcher, listener }) })
    }

    /// Appends a stack: one outcome a command, in their order. Returns when it is committed and durable.
    ///
    /// A caller that stops waiting does not take back what has been sent: the stack is then stored or not, as if the answer
    /// had been lost, and repeating it with the same command ids tells.
    ///
    /// # Errors
    /// [`AppendError`] says for each case whether something may be stored. A conflict or a duplicate is an outcome, not an error.
    #[tracing::instrument(level = "debug", skip_all, fields(stream = %stack.stream, commands = stack.commands.len()))]
    pub async fn append(&self, stack: Stack) -> Result<Vec<Outcome>, AppendError> {
        let commands = stack.commands.len() as u64;
        let result = self.shared.queue.append(stack).await;
        match &result {
            Ok(outcomes) => outcomes.iter().for_each(|outcome| count(outcome.as_str(), 1)),
            Err(error) => count(error.as_str(), commands),
        }
        result
    }

    /// Which log this is. Changes when another one is found behind the same address.
    pub fn epoch(&self) -> Uuid {
        self.shared.known.epoch()
    }

    /// Where the log ends at this moment, by asking the database.
    ///
    /// # Errors
    /// When Postgres cannot be reached.
    pub async fn head(&self) -> Result<Head, StoreError> {
        read_head(&self.shared.pool).await
    }

    /// Which life of which server the log is in, by asking the database.
    ///
    /// # Errors
    /// When Postgres cannot be reached.
    pub async fn incarnation(&self) -> Result<Incarnation, StoreError> {
        Ok(retry("look at the server", || Found::look(&self.shared.pool)).await?.incarnation)
    }

    /// The highest position known to be committed, by whichever process. It only grows, except when another log is found behind
    /// the same address, and costs no round trip.
    pub fn wakeups(&self) -> watch::Receiver<u64> {
        self.shared.known.head()
    }

    /// The pool for reads.
    pub fn pool(&self) -> &PgPool {
        &self.shared.pool
    }

    /// Takes no more commands, waits for those that were taken (20 seconds at most) and closes the connections
    /// (readers have as long to give theirs back while Postgres is there).
    pub async fn close(&self) {
        self.shared.queue.close();
        let batcher = self.shared.batcher.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(batcher) = batcher
            && tokio::time::timeout(CLOSE_TIMEOUT, batcher).await.is_err()
        {
            tracing::error!(
                ?CLOSE_TIMEOUT,
                "closed while commands were waiting; their callers do not know what became of them"
            );
        }
        self.shared.listener.abort();
        tokio::select! {
            biased;
            () = self.shared.pool.close() => {}
            () = self.until_gone() => tracing::warn!("closed without Postgres"),
            () = sleep(CLOSE_TIMEOUT) => tracing::warn!("closed while the log was being read"),
        }
    }

    /// Ends when Postgres takes no connection. The pool counts as given out what it is still opening, and without Postgres it
    /// goes on opening for minutes, closed or not.
    async fn until_gone(&self) {
        let options = self.shared.pool.connect_options();
        loop {
            sleep(GONE_LOOK_INTERVAL).await;
            if connection::dedicated(&options).await.is_err() {
                return;
            }
        }
    }

    pub(crate) fn ids(&self) -> &Ids {
        &self.shared.ids
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // The appending task ends by itself when it has sent what it was given.
        self.listener.abort();
    }
}

async fn read_head(pool: &PgPool) -> Result<Head, StoreError> {
    let read = || sqlx::query_as("SELECT position, epoch FROM es_head").fetch_one(pool);
    let (position, epoch) = retry("read the log's head", read).await?;
    Ok(Head { position: from_bigint(position), epoch })
}

fn count(outcome: &'static str, commands: u64) {
    metrics::counter!("append_total", "outcome" => outcome).increment(commands);
}
