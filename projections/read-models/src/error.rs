//! How reading and projecting fail.

use sqlx::error::DatabaseError;
use uuid::Uuid;

/// The views have not come as far as was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the views have reached position {reached}, not yet {asked}")]
pub struct NotYet {
    /// The position that was asked for.
    pub asked: u64,
    /// The position they are at.
    pub reached: u64,
}

/// A question that cannot be answered as it was put. The caller can mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct InvalidQuestion {
    /// The field to mend, for example `cursor`.
    pub field: &'static str,
    /// What is wrong with it and what would be right.
    pub problem: String,
}

/// A query that has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Not yet: ask again a little later.
    #[error(transparent)]
    NotYet(#[from] NotYet),
    /// Not so: ask differently.
    #[error(transparent)]
    Invalid(#[from] InvalidQuestion),
    /// The database failed us.
    #[error("read the views")]
    Database(#[from] sqlx::Error),
    /// The catalogue names no live table for a view: the views were never opened here.
    #[error("the catalogue of views is not complete")]
    NoCatalogue,
}

impl ReadError {
    pub(crate) fn invalid(field: &'static str, problem: impl Into<String>) -> Self {
        Self::Invalid(InvalidQuestion { field, problem: problem.into() })
    }
}

/// A page that was not applied. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The page does not go on where the views are: an alarm, never a skip.
    #[error("the page goes on at position {found} where {expected} was due")]
    Hole {
        /// The position that was due.
        expected: u64,
        /// The position that came.
        found: u64,
    },
    /// More events than one transaction should hold.
    #[error("a page of {0} events is too long; at most {max} fit", max = crate::limits::PAGE_EVENTS_MAX)]
    TooLong(usize),
    /// An event that this program cannot read: somebody has to look.
    #[error(transparent)]
    Unreadable(#[from] domain::UnreadableEvent),
    /// A stream that is no goal's, or whose id is none.
    #[error("the event at position {position} belongs to stream {stream}, which is no goal's")]
    UnknownStream {
        /// Where it stands.
        position: u64,
        /// What its stream is called.
        stream: String,
    },
    /// The live views stand at different positions: rebuild them.
    #[error("the live views stand at different positions; rebuild them")]
    Uneven,
    /// The live views are of another version of this program, which projects them: while nodes are brought up to date one by one.
    #[error("the live views are of another version of this program; its nodes project them")]
    Foreign,
    /// The database failed us, or refused a row.
    #[error("apply events after position {after}")]
    Database {
        /// The position the page was to go on from.
        after: u64,
        /// What it said.
        #[source]
        source: sqlx::Error,
    },
}

impl ApplyError {
    /// Whether the same page would fail again however often it is tried: the projection has to stop until somebody has looked.
    pub fn is_poison(&self) -> bool {
        match self {
            Self::Hole { .. } | Self::TooLong(_) | Self::Unreadable(_) | Self::UnknownStream { .. } | Self::Uneven => {
                true
            }
            Self::Foreign => false,
            Self::Database { source, .. } => is_data_error(source),
        }
    }

    /// Whether the connection is of no more use.
    pub(crate) fn is_of_connection(&self) -> bool {
        matches!(self, Self::Database { source, .. } if is_broken(source))
    }
}

/// Classes 21 to 23 are about the data itself, 42 about our SQL: time mends neither.
fn is_data_error(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(_) => is_of_class(error, &["21", "22", "23", "42"]),
        sqlx::Error::Encode(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => true,
        _ => false,
    }
}

/// A question may have found its tables gone, since newer ones are live, or its connection.
pub(crate) fn is_worth_another_try(error: &sqlx::Error) -> bool {
    const UNDEFINED_TABLE: &str = "42P01";
    is_of_class(error, &[UNDEFINED_TABLE]) || is_broken(error)
}

/// Postgres or the network has ended the connection.
pub(crate) fn is_broken(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(_) | sqlx::Error::Protocol(_)) || is_of_class(error, &["57P", "08"])
}

/// Whether Postgres' code for it begins with one of these.
fn is_of_class(error: &sqlx::Error, classes: &[&str]) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.is_some_and(|code| classes.iter().any(|class| code.starts_with(class)))
}

/// Opening the views failed.
#[derive(Debug, thiserror::Error)]
#[error("open the views of log {epoch}")]
pub struct OpenError {
    /// The epoch of the log they are for.
    pub epoch: Uuid,
    /// What the database said.
    #[source]
    pub source: sqlx::Error,
}

/// A rebuild that did not come to its swap. The live views are as they were.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// There is no such view.
    #[error("there is no view {name}; there are {known}")]
    UnknownView {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// Another process is at it.
    #[error("another rebuild is going on")]
    Busy,
    /// A page could not be applied to the new tables.
    #[error("project into the new tables")]
    Apply(#[from] ApplyError),
    /// The log could not be read.
    #[error("read the log after position {after}")]
    Reader {
        /// Where reading was to go on.
        after: u64,
        /// What the reader said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The log ends before the position the live views are at.
    #[error("the log has no event after position {after}, but the live views are at {live}")]
    LogTooShort {
        /// Where the log ends.
        after: u64,
        /// Where the views are.
        live: u64,
    },
    /// The database failed us.
    #[error("rebuild views")]
    Database(#[from] sqlx::Error),
}
