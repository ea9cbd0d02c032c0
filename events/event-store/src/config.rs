//! What a log needs to know, and the bounds that are the same everywhere.

use std::time::Duration;

/// How to reach the log and how much may wait for it.
#[derive(Clone)]
pub struct StoreConfig {
    /// `postgres://...`, as a member of `goalstream_writer`.
    pub database_url: String,
    /// Connections for reads that are kept open.
    pub pool_min: u32,
    /// Connections for reads at most. The two of the appender and the one that listens come on top.
    pub pool_max: u32,
    /// Commands that may wait to be stored; more are answered with BUSY.
    pub queue_commands_max: usize,
    /// Bytes of payload and metadata that may wait to be stored; more are answered with BUSY.
    pub queue_bytes_max: usize,
}

impl StoreConfig {
    /// Where the server is, for people: `HOST:PORT`, or the folder of its socket.
    pub fn server(&self) -> Option<String> {
        let options: sqlx::postgres::PgConnectOptions = self.database_url.parse().ok()?;
        Some(match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        })
    }

    /// The defaults for one database.
    pub fn new(database_url: impl Into<String>) -> Self {
        Self {
            database_url: database_url.into(),
            pool_min: 5,
            pool_max: 20,
            queue_commands_max: 4096,
            queue_bytes_max: 64 * 1024 * 1024,
        }
    }
}

/// Commands in one batch.
pub(crate) const BATCH_COMMANDS_MAX: usize = 256;
/// Payloads and metadata in one batch; a stack that is bigger by itself goes alone.
pub(crate) const BATCH_BYTES_MAX: usize = 1024 * 1024;
/// Commands in one batch while conflicts are frequent: the checked function gets dearer per command beyond it.
pub(crate) const CHECKED_BATCH_COMMANDS_MAX: usize = 64;
/// Batches on their way at the same time, each on a connection of its own: the next one waits at the head row, not here.
pub(crate) const BATCHES_IN_FLIGHT_MAX: usize = 2;
/// Stacks that have to wait before a batch is sent beside another one.
pub(crate) const SECOND_BATCH_STACKS_MIN: usize = BATCH_COMMANDS_MAX / 2;

/// How long to wait before each further try after a connection failed.
pub(crate) const RETRY_DELAYS: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];
/// The same for the first of all: nineteen seconds, in which a server starts.
pub(crate) const START_DELAYS: [Duration; 6] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(4),
    Duration::from_secs(4),
    Duration::from_secs(4),
];
/// How long opening a connection may take.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a read waits for a connection of the pool.
pub(crate) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// A pooled connection that was used less long ago is given out untested.
pub(crate) const TRUSTED_IDLE_MAX: Duration = Duration::from_millis(500);
/// How long Postgres may work on one statement.
pub(crate) const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long we wait for an answer that Postgres should have given up on: then the connection is dead.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);
/// How long closing waits for what is queued, and then for readers that still hold a connection.
pub(crate) const CLOSE_TIMEOUT: Duration = Duration::from_secs(20);
/// How often closing looks whether Postgres is still there to be waited for.
pub(crate) const GONE_LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Rows of one page at most.
pub(crate) const PAGE_EVENTS_MAX: usize = 5_000;
/// Payload bytes after which a page ends early.
pub(crate) const PAGE_BYTES_MAX: usize = 16 * 1024 * 1024;
