//! How far the log was read, and proof that it is still the same log.
//!
//! An older Postgres may come up under a relay that runs, and grow past what the relay has read before anybody looks. Its next event
//! would have the right number and belong to another history; where another relay was quicker, the stream would even take it. So a page
//! counts only if it is from the server on which log and stream were compared, and goes on from the last known event.

use domain::Recorded;
use event_store::{Incarnation, LogReader, StoreError};
use uuid::Uuid;

use crate::PAGE_EVENTS;

pub(crate) struct Place {
    position: u64,
    /// The event there; `None` at the beginning.
    event_id: Option<Uuid>,
    incarnation: Incarnation,
}

impl Place {
    /// A place to read on from. The incarnation has to be from before the log was compared with anything.
    pub(crate) async fn at(log: &impl LogReader, position: u64, incarnation: Incarnation) -> Result<Self, StoreError> {
        let event = if position > 0 { log.event_at(position).await? } else { None };
        Ok(Self { position, event_id: event.map(|event| event.event_id), incarnation })
    }

    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The next page; `None` when it may be of another history.
    pub(crate) async fn read_on(&mut self, log: &impl LogReader) -> Result<Option<Vec<Recorded>>, StoreError> {
        let known = usize::from(self.position > 0);
        let page = log.read_page(self.position - known as u64, PAGE_EVENTS + known).await?;
        let mut events = page.events;
        if page.incarnation.is_some_and(|found| found != self.incarnation) {
            return Ok(None);
        }
        if known > 0 {
            if events.first().is_none_or(|event| Some(event.event_id) != self.event_id) {
                return Ok(None);
            }
            events.remove(0);
        }
        if let Some(last) = events.last() {
            (self.position, self.event_id) = (last.position, Some(last.event_id));
        }
        Ok(Some(events))
    }
}
