//! What can go wrong with the private servers, each with what to do about it.

use std::path::PathBuf;

use crate::Server;
use crate::tools::Version;

/// Why the private servers could not be found, installed, started or kept running.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The data directory cannot be made or written.
    #[error("cannot write the data directory {}: {source}; choose another or change its permissions", path.display())]
    DataDir {
        /// The directory, or the file in it, that could not be written.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },

    /// Another process owns the data directory.
    #[error("the data directory {} is in use by process {pid}; stop that process first, or choose another directory", path.display())]
    InUse {
        /// The data directory.
        path: PathBuf,
        /// The owner's process id, or `unknown` when it has not written it yet.
        pid: String,
    },

    /// We are root, and the unprivileged user that must run the servers cannot get at a path.
    #[error("user {user} cannot use {}; choose a data directory outside private folders such as /root", path.display())]
    Unreachable {
        /// What that user cannot use.
        path: PathBuf,
        /// The user the servers would run as.
        user: String,
    },

    /// The data directory was made by another user.
    #[error("{} belongs to another user (uid {uid}); run as that user or choose another directory", path.display())]
    ForeignDataDir {
        /// The directory of the Postgres cluster.
        path: PathBuf,
        /// Its owner.
        uid: u32,
    },

    /// We are root, and no account exists that could run the servers.
    #[error(
        "the servers refuse to run as root and this machine has neither a user `postgres` nor `nobody`; add one or do not run as root"
    )]
    NoAccount,

    /// A program is neither on the machine nor in the tools directory.
    #[error("{program} {least} or newer is not installed")]
    Missing {
        /// The program's name.
        program: &'static str,
        /// The oldest version we can use.
        least: Version,
    },

    /// The data directory needs a Postgres of another major version.
    #[error(
        "the data directory was made by Postgres {needed}, found only {found}; install Postgres {needed} or move the data by dump and restore"
    )]
    WrongPostgres {
        /// The major version that made the data directory.
        needed: u32,
        /// The major versions found, for a person.
        found: String,
    },

    /// A program that should have done its work failed.
    #[error("{doing}: {detail}")]
    Failed {
        /// What we were doing.
        doing: String,
        /// The end of the program's output.
        detail: String,
    },

    /// A server ended or did not become ready in time.
    #[error("{server} did not start: {detail} (log: {})", log.display())]
    NotReady {
        /// Which server.
        server: Server,
        /// What happened, with the end of its log.
        detail: String,
        /// The server's log file.
        log: PathBuf,
    },

    /// The system refused something we need.
    #[error("{doing}: {source}")]
    Io {
        /// What we were doing.
        doing: String,
        /// The system's answer.
        source: std::io::Error,
    },
}

/// Adds what we were doing to the system's answer.
pub(crate) trait Doing<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, StackError>;
}

impl<T> Doing<T> for std::io::Result<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, StackError> {
        self.map_err(|source| StackError::Io { doing: what(), source })
    }
}
