//! Which failures pass by themselves, and how often we try again.

use std::time::Duration;

use sqlx::Error;

use crate::{
    StoreError,
    config::{RETRY_DELAYS, START_DELAYS},
    connection::answered,
};

/// What a failed statement tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Postgres is not there, going away, coming up, or not ours to write to at the moment. It may have done what we asked.
    Connection,
    /// 23505: somebody was there first.
    Taken,
    /// The values cannot be stored; the same ones never will be.
    Data,
    /// Anything else: a missing function, a missing right.
    Other,
}

/// Sorts a failure by its SQLSTATE.
pub(crate) fn classify(error: &Error) -> Failure {
    let Some(database) = error.as_database_error() else {
        return match error {
            Error::Io(_) | Error::Tls(_) | Error::Protocol(_) | Error::PoolTimedOut | Error::WorkerCrashed => {
                Failure::Connection
            }
            Error::Encode(_) => Failure::Data,
            _ => Failure::Other,
        };
    };
    match database.code().as_deref().unwrap_or_default() {
        "23505" => Failure::Taken,
        // Read-only: the connection leads to a server that is no longer the primary. Cancelled: by the statement timeout.
        "25006" | "57014" | "55P03" | "40001" | "40P01" => Failure::Connection,
        code if ["08", "53", "57", "58"].contains(&code.get(..2).unwrap_or_default()) => Failure::Connection,
        code if ["22", "23", "54"].contains(&code.get(..2).unwrap_or_default()) => Failure::Data,
        _ => Failure::Other,
    }
}

/// Runs something that only reads (or may run twice), again after each of [`RETRY_DELAYS`] while connections fail.
pub(crate) async fn retry<T, Work: Future<Output = Result<T, Error>>>(
    what: &'static str,
    work: impl Fn() -> Work,
) -> Result<T, StoreError> {
    retry_however_long(what, || answered(work())).await
}

/// The same for what takes as long as the log is big, and whose statements have no timeout either.
pub(crate) async fn retry_however_long<T, Work: Future<Output = Result<T, Error>>>(
    what: &'static str,
    work: impl Fn() -> Work,
) -> Result<T, StoreError> {
    retry_after(&RETRY_DELAYS, what, work, |source, delay| {
        tracing::debug!(what, error = source as &dyn std::error::Error, ?delay, "trying again");
    })
    .await
}

/// The same for the first contact: the server may be starting as well, and whoever started us wants to know what we wait for.
pub(crate) async fn retry_at_start<T, Work: Future<Output = Result<T, Error>>>(
    what: &'static str,
    work: impl Fn() -> Work,
) -> Result<T, StoreError> {
    let tell = |source: &Error, delay| {
        tracing::warn!(error = source as &dyn std::error::Error, ?delay, "Postgres cannot be reached; trying again");
    };
    retry_after(&START_DELAYS, what, || answered(work()), tell).await
}

async fn retry_after<T, Work: Future<Output = Result<T, Error>>>(
    delays: &[Duration],
    what: &'static str,
    work: impl Fn() -> Work,
    tell: impl Fn(&Error, Duration),
) -> Result<T, StoreError> {
    let mut delays = delays.iter();
    loop {
        let source = match work().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if classify(&source) != Failure::Connection {
            return Err(StoreError::Refused { what, source });
        }
        let Some(delay) = delays.next() else {
            return Err(StoreError::Unavailable { what, source });
        };
        tell(&source, *delay);
        tokio::time::sleep(*delay).await;
    }
}
