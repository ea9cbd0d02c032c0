//! What can go wrong: for who appends, and for who reads.

use std::sync::Arc;

use domain::StreamId;

/// Why a stack was not judged by the log. After all of these but `Unavailable`, nothing of it is stored.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// Too much is waiting already. Answered at once; try again after a while.
    #[error("too many commands are waiting to be stored; try again in {retry_after_ms} ms")]
    Busy {
        /// How long the queue needs, roughly.
        retry_after_ms: u64,
    },
    /// Postgres could not be reached, did not answer, or is not set up for us. What was sent may or may not be stored: repeat with the same command
    /// ids and the answer will be the true one.
    #[error("the log cannot be reached")]
    Unavailable {
        /// What Postgres or the connection said; shared by all commands of the batch.
        #[source]
        source: Arc<sqlx::Error>,
    },
    /// More than there may be.
    #[error("{what}: {found}, and {limit} is the most")]
    TooBig {
        /// What is counted, with its unit.
        what: &'static str,
        /// How much there was.
        found: usize,
        /// How much there may be.
        limit: usize,
    },
    /// Not storable: malformed JSON, U+0000, or a stack that contradicts itself.
    #[error("cannot be stored: {reason}")]
    Invalid {
        /// What is wrong with it.
        reason: String,
    },
    /// [`Log::close`](crate::Log::close) was called.
    #[error("the log is closed")]
    Closed,
}

impl AppendError {
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Busy { .. } => "busy",
            Self::Unavailable { .. } => "unavailable",
            Self::TooBig { .. } => "too_big",
            Self::Invalid { .. } => "invalid",
            Self::Closed => "closed",
        }
    }
}

/// Why the log could not be read, prepared or connected to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Postgres could not be reached, also not after the retries.
    #[error("{what}: Postgres cannot be reached")]
    Unavailable {
        /// What we were doing.
        what: &'static str,
        /// What the last try met.
        #[source]
        source: sqlx::Error,
    },
    /// Postgres answered with an error.
    #[error("{what}: Postgres refused")]
    Refused {
        /// What we were doing.
        what: &'static str,
        /// What it said.
        #[source]
        source: sqlx::Error,
    },
    /// A position is missing. This cannot happen while the log is written by its functions alone; it is an alarm, never a skip.
    #[error("the log has a hole: position {expected} is missing, {found} is there")]
    Hole {
        /// The position that should have come.
        expected: u64,
        /// The position that came.
        found: u64,
    },
    /// A stored row is not what it should be.
    #[error("the event at position {position} cannot be read")]
    Unreadable {
        /// Where it stands.
        position: u64,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A stream's events could not be folded into its aggregate.
    #[error("stream {stream} cannot be loaded: {reason}")]
    Load {
        /// The stream.
        stream: StreamId,
        /// What went wrong.
        reason: String,
    },
    /// The schema is that of an older program.
    #[error("the schema is older than this program, and lacks migrations {missing:?}")]
    Outdated {
        /// The numbers of what was not applied.
        missing: Vec<i64>,
    },
    /// The schema could not be brought up to date.
    #[error("the migrations failed")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

/// No such table, function, column or schema: as it is before the migrations, or between two versions.
const NOT_MIGRATED: [&str; 4] = ["42P01", "42883", "42703", "3F000"];

impl StoreError {
    /// Whether Postgres does not have what the migrations make.
    pub fn lacks_the_schema(&self) -> bool {
        let source = match self {
            Self::Outdated { .. } => return true,
            Self::Refused { source, .. } => source,
            _ => return false,
        };
        let code = source.as_database_error().and_then(sqlx::error::DatabaseError::code);
        code.is_some_and(|code| NOT_MIGRATED.contains(&&*code))
    }
}
