//! Whether a connection is in use.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::Bounds;

/// What is asked over one connection, possibly at the same time.
#[derive(Clone)]
pub(super) struct Activity(Arc<Mutex<State>>);

struct State {
    has_asked: bool,
    /// Questions whose answers are not whole yet.
    open: usize,
    /// When it last went quiet.
    since: Instant,
}

/// A question that is being answered, until it is dropped.
pub(super) struct Answering(Activity);

impl Activity {
    /// Of a new connection.
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State { has_asked: false, open: 0, since: Instant::now() })))
    }

    /// Something was asked.
    pub(super) fn begin(&self) -> Answering {
        let mut state = self.state();
        (state.has_asked, state.open) = (true, state.open + 1);
        drop(state);
        Answering(self.clone())
    }

    /// Passes when nothing was asked, or is being answered, for too long. It looks when that can be at the earliest, so that a question costs no
    /// wake-up.
    pub(super) async fn quiet(&self, bounds: &Bounds) {
        while let Some(wait) = self.wait(bounds) {
            sleep(wait).await;
        }
    }

    fn wait(&self, bounds: &Bounds) -> Option<Duration> {
        let state = self.state();
        if state.open > 0 {
            return Some(bounds.rest);
        }
        let bound = if state.has_asked { bounds.rest } else { bounds.first_request };
        let left = bound.saturating_sub(state.since.elapsed());
        // The first question may come at once, and from then on the other bound holds.
        (!left.is_zero()).then_some(left.min(bounds.rest))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let mut state = self.0.state();
        (state.open, state.since) = (state.open - 1, Instant::now());
    }
}
