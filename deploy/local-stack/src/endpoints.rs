//! What a client needs to know to use the servers.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where the Postgres cluster lies in a data directory.
pub(crate) const CLUSTER: &str = "postgres";
/// Where NATS' store lies in a data directory.
pub(crate) const NATS_STORE: &str = "nats";
/// NATS' configuration in its store.
pub(crate) const NATS_CONFIGURATION: &str = "nats.conf";

/// How to reach the running servers. Holds passwords: keep it out of logs and write it only to files of mode 0600.
#[derive(Clone, Serialize, Deserialize)]
pub struct Endpoints {
    /// `postgres://` URL of database `goalstream` as the unprivileged role `goalstream`.
    pub database_url: String,
    /// The same database as its owner, a superuser; for migrations and tests.
    pub owner_url: String,
    /// `nats://` URL with user and password.
    pub nats_url: String,
    /// The same server for a user who may read and nothing else.
    pub nats_reader_url: String,
    /// `http://` URL of the bus's monitoring port, on loopback.
    pub nats_monitor_url: String,
    /// The Postgres version, for example `15.17`.
    pub postgres_version: String,
    /// The NATS version, for example `2.15.1`.
    pub nats_version: String,
    /// Process id of the Postgres postmaster.
    pub postgres_pid: i32,
    /// Process id of the NATS server.
    pub nats_pid: i32,
    /// Where both keep their data.
    pub data_dir: PathBuf,
    /// Where Postgres logs.
    pub postgres_log: PathBuf,
    /// Where NATS logs.
    pub nats_log: PathBuf,
}

impl Endpoints {
    pub(crate) fn postgres_cluster(&self) -> PathBuf {
        self.data_dir.join(CLUSTER)
    }

    pub(crate) fn nats_configuration(&self) -> PathBuf {
        self.data_dir.join(NATS_STORE).join(NATS_CONFIGURATION)
    }

    /// The owner's or the application's URL pointed at another database of the same server.
    #[must_use]
    pub fn with_database(url: &str, database: &str) -> String {
        let (before, after) = url.split_once('?').unwrap_or((url, ""));
        let server = before.rsplit_once('/').map_or(before, |(server, _)| server);
        if after.is_empty() { format!("{server}/{database}") } else { format!("{server}/{database}?{after}") }
    }
}

impl std::fmt::Debug for Endpoints {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the URLs, which carry passwords.
        formatter.debug_struct("Endpoints").field("data_dir", &self.data_dir).finish_non_exhaustive()
    }
}
