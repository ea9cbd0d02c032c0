//! What those ask of the log who follow it: the relay, and every subscription.
//!
//! It is a trait because there is a second one: the model in `services/relay/tests/simulation` (`docs/adr/0008`).

use domain::Recorded;
use tokio::sync::watch;
use uuid::Uuid;

use crate::{Head, Incarnation, Log, Page, StoreError};

/// A log that can be followed. Every method is [`Log`]'s own of that name.
pub trait LogReader: Clone + Send + Sync + 'static {
    /// See [`Log::epoch`].
    fn epoch(&self) -> Uuid;

    /// See [`Log::wakeups`].
    fn wakeups(&self) -> watch::Receiver<u64>;

    /// See [`Log::head`].
    fn head(&self) -> impl Future<Output = Result<Head, StoreError>> + Send;

    /// See [`Log::incarnation`].
    fn incarnation(&self) -> impl Future<Output = Result<Incarnation, StoreError>> + Send;

    /// See [`Log::read_page`].
    fn read_page(&self, after: u64, limit: usize) -> impl Future<Output = Result<Page, StoreError>> + Send;

    /// See [`Log::read_all`].
    fn read_all(&self, after: u64, limit: usize) -> impl Future<Output = Result<Vec<Recorded>, StoreError>> + Send {
        async move { Ok(self.read_page(after, limit).await?.events) }
    }

    /// See [`Log::event_at`].
    fn event_at(&self, position: u64) -> impl Future<Output = Result<Option<Recorded>, StoreError>> + Send;
}

impl LogReader for Log {
    fn epoch(&self) -> Uuid {
        Self::epoch(self)
    }

    fn wakeups(&self) -> watch::Receiver<u64> {
        Self::wakeups(self)
    }

    async fn head(&self) -> Result<Head, StoreError> {
        Self::head(self).await
    }

    async fn incarnation(&self) -> Result<Incarnation, StoreError> {
        Self::incarnation(self).await
    }

    async fn read_page(&self, after: u64, limit: usize) -> Result<Page, StoreError> {
        Self::read_page(self, after, limit).await
    }

    async fn event_at(&self, position: u64) -> Result<Option<Recorded>, StoreError> {
        Self::event_at(self, position).await
    }
}
