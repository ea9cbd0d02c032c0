//! The bounded queue in front of the batcher. It never waits: when it is full, it says so.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::sync::{
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    oneshot,
};

use super::batch::Submission;
use crate::{AppendError, Outcome, Stack, StoreConfig, stack::CheckedStack};

/// What BUSY asks callers to wait, at least and at most.
const RETRY_AFTER_MIN: Duration = Duration::from_millis(10);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(5);

/// See the module.
pub struct Queue {
    /// Its length is bounded by the counters. `None` once closed.
    sender: Mutex<Option<UnboundedSender<Submission>>>,
    counters: Arc<Counters>,
    commands_max: usize,
    bytes_max: usize,
}

/// What waits, and how fast it goes.
#[derive(Default)]
pub(crate) struct Counters {
    commands: AtomicUsize,
    bytes: AtomicUsize,
    /// How long one command took in the last batch.
    nanoseconds_per_command: AtomicU64,
}

impl Queue {
    pub(super) fn new(config: &StoreConfig) -> (Self, UnboundedReceiver<Submission>) {
        let (sender, receiver) = unbounded_channel();
        let queue = Self {
            sender: Mutex::new(Some(sender)),
            counters: Arc::default(),
            commands_max: config.queue_commands_max,
            bytes_max: config.queue_bytes_max,
        };
        (queue, receiver)
    }

    pub(super) fn counters(&self) -> Arc<Counters> {
        self.counters.clone()
    }

    /// As [`Log::append`](crate::Log::append).
    ///
    /// # Errors
    /// The same.
    pub async fn append(&self, stack: Stack) -> Result<Vec<Outcome>, AppendError> {
        let (reply, answer) = oneshot::channel();
        self.put(Submission::new(CheckedStack::check(stack)?, reply))?;
        answer.await.unwrap_or(Err(AppendError::Closed))
    }

    fn put(&self, submission: Submission) -> Result<(), AppendError> {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = sender.as_ref().ok_or(AppendError::Closed)?;
        // Counted under the lock, so that two callers cannot both take the last place.
        let (commands, bytes) = (self.counters.commands.load(Relaxed), self.counters.bytes.load(Relaxed));
        let full = commands + submission.commands() > self.commands_max || bytes + submission.bytes() > self.bytes_max;
        // One stack alone is let through however big: its own limits bound it, and it would else never be.
        if full && commands > 0 {
            return Err(AppendError::Busy { retry_after_ms: self.counters.retry_after_ms(commands) });
        }
        self.counters.put(&submission);
        sender.send(submission).map_err(|_| AppendError::Closed)
    }

    pub(crate) fn close(&self) {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Counters {
    fn put(&self, submission: &Submission) {
        self.bytes.fetch_add(submission.bytes(), Relaxed);
        let commands = self.commands.fetch_add(submission.commands(), Relaxed) + submission.commands();
        metrics::gauge!("append_queue_depth").set(commands as f64);
    }

    /// It waits no longer.
    pub(super) fn taken(&self, submission: &Submission) {
        self.bytes.fetch_sub(submission.bytes(), Relaxed);
        let commands = self.commands.fetch_sub(submission.commands(), Relaxed) - submission.commands();
        metrics::gauge!("append_queue_depth").set(commands as f64);
    }

    pub(super) fn served(&self, commands: usize, took: Duration) {
        let nanoseconds = took.as_nanos() / commands.max(1) as u128;
        self.nanoseconds_per_command.store(u64::try_from(nanoseconds).unwrap_or(u64::MAX), Relaxed);
    }

    fn retry_after_ms(&self, waiting_commands: usize) -> u64 {
        let nanoseconds = self.nanoseconds_per_command.load(Relaxed).saturating_mul(waiting_commands as u64);
        let wait = Duration::from_nanos(nanoseconds).clamp(RETRY_AFTER_MIN, RETRY_AFTER_MAX);
        u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
    }
}
