//! How far the log was read, and proof that it is still the same log.
//!
//! An older Postgres may come up under a relay that runs, and grow past what the relay has read before anybody looks. Its next event
//! would have the right number and belong to another history. So each page is asked for from the last known event on.

use domain::Recorded;
use event_store::{LogReader, StoreError};
use uuid::Uuid;

use crate::PAGE_EVENTS;

pub(crate) struct Place {
    position: u64,
    /// The event there; `None` at the beginning.
    event_id: Option<Uuid>,
}

impl Place {
    pub(crate) async fn at(log: &impl LogReader, position: u64) -> Result<Self, StoreError> {
        let event = if position > 0 { log.event_at(position).await? } else { None };
        Ok(Self { position, event_id: event.map(|event| event.event_id) })
    }

    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The next page; `None` when what was read before it is not there any more.
    pub(crate) async fn read_on(&mut self, log: &impl LogReader) -> Result<Option<Vec<Recorded>>, StoreError> {
        let known = usize::from(self.position > 0);
        let mut page = log.read_all(self.position - known as u64, PAGE_EVENTS + known).await?;
        if known > 0 {
            if page.first().is_none_or(|event| Some(event.event_id) != self.event_id) {
                return Ok(None);
            }
            page.remove(0);
        }
        if let Some(last) = page.last() {
            *self = Self { position: last.position, event_id: Some(last.event_id) };
        }
        Ok(Some(page))
    }
}
