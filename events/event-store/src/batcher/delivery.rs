//! Carrying one batch to its end: stored, judged, or known to be unreachable.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tracing::Instrument;

use super::{
    batch::{Batch, Submission},
    database::Database,
};
use crate::{
    AppendError, Outcome,
    config::RETRY_DELAYS,
    retry::{Failure, classify},
    wakeups::Known,
};

/// A connection of the batcher, opened when it is needed.
pub(super) struct Wire<D: Database> {
    database: D,
    connection: Option<D::Connection>,
    /// The last batch could not be delivered. Until one can, further ones are tried once, so that their callers hear soon.
    is_down: bool,
}

/// What came of a batch; its callers have their answers.
pub(super) struct Delivered<D: Database> {
    pub(super) wire: Wire<D>,
    pub(super) commands: usize,
    pub(super) took: Duration,
    /// Whether the fast function met a conflict; `None` when it was not asked.
    pub(super) fast_conflicted: Option<bool>,
}

impl<D: Database> Wire<D> {
    pub(super) fn new(database: D) -> Self {
        Self { database, connection: None, is_down: false }
    }

    async fn connected(&mut self) -> Result<&mut D::Connection, sqlx::Error> {
        match &mut self.connection {
            Some(connection) => Ok(connection),
            none => Ok(none.insert(self.database.connect().await?)),
        }
    }
}

/// Sends a batch until its outcome is known and answers its callers.
pub(super) async fn deliver<D: Database>(
    wire: Wire<D>,
    batch: Batch,
    checked: bool,
    known: Arc<Known>,
) -> Delivered<D> {
    let commands = batch.commands();
    let span = tracing::debug_span!("append_batch", commands, checked, fast_conflicted = tracing::field::Empty);
    metrics::histogram!("append_batch_commands").record(commands as f64);
    let start = Instant::now();
    let mut delivery = Delivery { wire, checked, fast_conflicted: None, known };
    delivery.run(batch.into_submissions()).instrument(span).await;
    let took = start.elapsed();
    metrics::histogram!("append_duration_seconds").record(took.as_secs_f64());
    Delivered { wire: delivery.wire, commands, took, fast_conflicted: delivery.fast_conflicted }
}

struct Delivery<D: Database> {
    wire: Wire<D>,
    checked: bool,
    fast_conflicted: Option<bool>,
    known: Arc<Known>,
}

impl<D: Database> Delivery<D> {
    async fn run(&mut self, submissions: Vec<Submission>) {
        match self.send(&submissions).await {
            Err(error) if is_unstorable(&error) && submissions.len() > 1 => self.one_by_one(submissions).await,
            result => self.answer(submissions, result),
        }
    }

    /// One stack cannot be stored, and Postgres does not say which. Nothing of the batch is stored yet.
    async fn one_by_one(&mut self, submissions: Vec<Submission>) {
        self.checked = true;
        for submission in submissions {
            let alone = vec![submission];
            let result = self.send(&alone).await;
            self.answer(alone, result);
        }
    }

    /// Sends until the outcome is known. After a failed connection the same arrays go to the checked function: it waits at the
    /// head row for whatever the lost connection still does, and finds by command and event id what that has stored.
    async fn send(&mut self, submissions: &[Submission]) -> Result<Vec<Outcome>, sqlx::Error> {
        // A connection that had stood is replaced at once; the delays are for a server that does not answer.
        let mut replaced = self.wire.connection.is_none();
        let mut delays = RETRY_DELAYS.iter();
        loop {
            let error = match self.call(submissions).await {
                Ok(outcomes) => {
                    self.recovered();
                    return Ok(outcomes);
                }
                Err(error) => error,
            };
            match classify(&error) {
                Failure::Connection => {
                    self.wire.connection = None;
                    self.checked = true;
                    if !std::mem::replace(&mut replaced, true) {
                        tracing::debug!(error = &error as &dyn std::error::Error, "replacing a connection");
                        continue;
                    }
                    match delays.next() {
                        Some(delay) if !self.wire.is_down => tokio::time::sleep(*delay).await,
                        _ => return Err(self.unavailable(error)),
                    }
                }
                Failure::Taken if !self.checked => {
                    self.fast_conflicted = Some(true);
                    self.checked = true;
                }
                Failure::Taken | Failure::Data | Failure::Other => return Err(error),
            }
        }
    }

    async fn call(&mut self, submissions: &[Submission]) -> Result<Vec<Outcome>, sqlx::Error> {
        let checked = self.checked;
        let connection = self.wire.connected().await?;
        if checked {
            return D::append_checked(connection, submissions).await;
        }
        let outcomes = D::append_fast(connection, submissions).await?;
        self.fast_conflicted = Some(false);
        Ok(outcomes)
    }

    fn recovered(&mut self) {
        if std::mem::take(&mut self.wire.is_down) {
            tracing::info!("events can be stored again");
        }
    }

    fn unavailable(&mut self, error: sqlx::Error) -> sqlx::Error {
        if !std::mem::replace(&mut self.wire.is_down, true) {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "events cannot be stored: Postgres cannot be reached"
            );
        }
        error
    }

    fn answer(&self, submissions: Vec<Submission>, result: Result<Vec<Outcome>, sqlx::Error>) {
        match result {
            Ok(outcomes) => {
                let appended = outcomes.iter().filter_map(Outcome::receipt).map(|receipt| receipt.last_position).max();
                // Callers may read on as soon as they are answered, so followers are told first.
                appended.into_iter().for_each(|position| self.known.committed(position));
                let mut outcomes = outcomes.into_iter();
                for submission in submissions {
                    let own = outcomes.by_ref().take(submission.commands()).collect();
                    submission.answer(Ok(own));
                }
            }
            Err(error) => {
                let error = failed(error);
                submissions.into_iter().for_each(|submission| submission.answer(Err(error.clone())));
            }
        }
    }
}

fn is_unstorable(error: &sqlx::Error) -> bool {
    matches!(classify(error), Failure::Data | Failure::Taken)
}

fn failed(error: sqlx::Error) -> AppendError {
    if is_unstorable(&error) {
        let reason =
            error.as_database_error().map_or_else(|| error.to_string(), |database| database.message().to_owned());
        return AppendError::Invalid { reason };
    }
    if classify(&error) == Failure::Other {
        tracing::error!(error = &error as &dyn std::error::Error, "Postgres refused to store events");
    }
    AppendError::Unavailable { source: Arc::new(error) }
}
