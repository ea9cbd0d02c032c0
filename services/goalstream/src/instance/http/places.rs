//! Who gets in.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Bounds;

/// How often it is logged, at most, that all places are taken.
const FULL_TOLD_INTERVAL: Duration = Duration::from_secs(60);

/// The places for connections.
pub(super) struct Places {
    regular: Arc<Semaphore>,
    reserve: Arc<Semaphore>,
    full_told: Option<Instant>,
}

/// A connection's place, given back when it is dropped.
pub(super) struct Place {
    /// Whether it may ask only one question.
    pub(super) in_reserve: bool,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    pub(super) fn new(bounds: &Bounds) -> Self {
        Self {
            regular: Arc::new(Semaphore::new(bounds.connections_max)),
            reserve: Arc::new(Semaphore::new(bounds.reserve_max)),
            full_told: None,
        }
    }

    /// A place, if there is one left.
    pub(super) fn take(&mut self) -> Option<Place> {
        if let Ok(permit) = Arc::clone(&self.regular).try_acquire_owned() {
            return Some(Place::new(false, permit));
        }
        metrics::counter!("http_connections_refused_total").increment(1);
        self.tell_full();
        let permit = Arc::clone(&self.reserve).try_acquire_owned().ok()?;
        Some(Place::new(true, permit))
    }

    fn tell_full(&mut self) {
        if self.full_told.is_none_or(|told| told.elapsed() >= FULL_TOLD_INTERVAL) {
            self.full_told = Some(Instant::now());
            tracing::warn!("all HTTP connections are taken; further clients are sent away");
        }
    }
}

impl Place {
    fn new(in_reserve: bool, permit: OwnedSemaphorePermit) -> Self {
        metrics::gauge!("http_connections").increment(1.0);
        Self { in_reserve, _permit: permit }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!("http_connections").decrement(1.0);
    }
}
