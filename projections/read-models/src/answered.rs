//! A bound on every round trip. Postgres bounds its statements by itself, but a peer that vanished without a word would keep us waiting for
//! as long as the system believes in the connection, which may be for ever.

use std::io::{Error, ErrorKind};

use crate::limits::ANSWER_BOUND;

/// Whether there was no answer. The next connection may be as silent, so nobody asks one after the other.
pub(crate) fn is_silence(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(error) if error.kind() == ErrorKind::TimedOut)
}

/// What the database says, or that it said nothing in time. The connection is then of no more use.
pub(crate) async fn answered<T>(asked: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    let nothing = |_| Err(sqlx::Error::Io(Error::new(ErrorKind::TimedOut, "no answer in time")));
    tokio::time::timeout(ANSWER_BOUND, asked).await.unwrap_or_else(nothing)
}
