//! The one reader everyone uses: give it a position, get every later event exactly once, in order.
//!
//! It catches up from Postgres by pages, then follows the bus. Postgres announces each commit; when the bus has not brought an
//! announced event within [`BUS_GRACE`], or is gone, the page is read from Postgres, and the bus is followed again as soon as it has the
//! next event. When Postgres is gone but the bus lives, the bus goes on alone. Every page continues exactly where the last one ended:
//! what came twice is dropped by its position, and a hole is filled from the log or is an error, never a skip. So is a log that no longer
//! has the event with which the last page ended.
//!
//! What the bus brings before the log has announced it may be a stranger's: the log is asked, and its answer counts. Not defended:
//! a message with all our headers that takes the place of an event between its commit and the relay, or while Postgres is gone.
//! Whoever can do that may publish to our subjects, which nobody but the relay should (`nats/README.md`); the relay notices, and stops.
//!
//! Idle, it waits for two wake-ups and a timer of [`SAFETY_INTERVAL`], since an announcement can be lost with its connection.
//! Nothing is kept between two calls but the position and the bounded window of the bus.

use std::{sync::Arc, time::Duration};

use domain::Recorded;
use event_store::{Log, LogReader, StoreError};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};
use uuid::Uuid;

use crate::{
    Bus, Nats, Server,
    feed::{Feed, FromBus},
};

/// How long the bus may take for an event that Postgres has announced.
pub const BUS_GRACE: Duration = Duration::from_millis(75);
/// How often the log is asked for its head while nothing happens.
pub const SAFETY_INTERVAL: Duration = Duration::from_secs(10);
/// First and longest wait before a log that did not answer is asked again.
const LOG_RETRY_DELAY_MIN: Duration = Duration::from_millis(100);
const LOG_RETRY_DELAY_MAX: Duration = Duration::from_secs(5);

/// Why a subscription cannot go on. All of these are alarms; a log or a bus that is merely gone is waited for.
#[derive(Debug, thiserror::Error)]
pub enum SubscriptionError {
    /// The reader has seen more than there is: an older Postgres was restored, or the position belongs to another log.
    #[error("position {position} was read before, but the log ends at {head}: begin anew from the log's current epoch")]
    AheadOfLog {
        /// Where the reader is.
        position: u64,
        /// Where the log ends.
        head: u64,
    },
    /// What stands at the reader's place now is not what it read there: an older Postgres was restored and has grown again.
    #[error(
        "another event stood at position {position} when it was read: an older Postgres was restored; begin anew from the log's current epoch"
    )]
    OtherHistory {
        /// Where the reader is.
        position: u64,
    },
    /// The log itself is not what it must be: a hole, an event that cannot be read, another epoch.
    #[error("the log behind position {position} cannot be read")]
    Log {
        /// Where the reader is.
        position: u64,
        /// What is wrong.
        #[source]
        source: StoreError,
    },
    /// Another log was found where this one was: an older Postgres was restored and its epoch renewed.
    #[error("the log's epoch is {found}, and was {expected}: begin anew")]
    OtherEpoch {
        /// The epoch in which the subscription began.
        expected: Uuid,
        /// The log's epoch now.
        found: Uuid,
    },
    /// The log was closed: the process is shutting down.
    #[error("the log is closed")]
    Closed,
}

/// Where a page came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Postgres: catching up, or the bus was late or gone.
    Log,
    /// NATS.
    Bus,
}

/// A reader of the log, in one place for as long as it lives.
pub struct Subscription<L: LogReader = Log, S: Server = Nats> {
    log: L,
    feed: Option<Feed<L, S>>,
    wakeups: watch::Receiver<u64>,
    epoch: Uuid,
    position: u64,
    /// The event at the position, once it is known: the log is the same only as long as it has it.
    event_id: Option<Uuid>,
    source: Source,
    /// Whether there may be more in the log than was announced to us: at the start, and after a full page or a hole.
    catching_up: bool,
    /// An announced position, and when we stop waiting for the bus to bring it.
    awaited: Option<(u64, Instant)>,
    /// What the bus brought before the log announced it. Believed only when the log cannot be asked.
    doubted: Option<Recorded>,
    log_outage: Option<LogOutage>,
    last_contact: Instant,
}

/// Opens a subscription to everything after a position.
pub type Subscribe = Arc<dyn Fn(u64) -> Subscription + Send + Sync>;

/// A log that does not answer.
struct LogOutage {
    retry_at: Instant,
    delay: Duration,
}

/// What the log has from a position on.
struct Found {
    /// The event there; `None` at the beginning.
    there: Option<Uuid>,
    /// Those behind it.
    events: Vec<Recorded>,
}

type LogPage = Result<Found, LogFailure>;

enum LogFailure {
    Store(StoreError),
    AheadOfLog { head: u64 },
}

impl<L: LogReader, S: Server> Subscription<L, S> {
    /// A subscription to everything after a position; 0 is the beginning. Without a bus it follows Postgres alone.
    pub fn from(log: L, bus: Option<Bus<S>>, after: u64) -> Self {
        Self {
            feed: bus.map(|bus| Feed::new(bus, log.clone())),
            wakeups: log.wakeups(),
            epoch: log.epoch(),
            log,
            position: after,
            event_id: None,
            source: Source::Log,
            catching_up: true,
            awaited: None,
            doubted: None,
            log_outage: None,
            last_contact: Instant::now(),
        }
    }

    /// The last position delivered.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Where the last page came from.
    pub fn source(&self) -> Source {
        self.source
    }

    /// The next events, at least one and at most `max`: the first as soon as it is there, with whatever else is there by then. May be
    /// dropped while it waits; nothing is lost.
    ///
    /// # Errors
    /// See [`SubscriptionError`]. The position has not moved, and the call may be repeated.
    pub async fn next_page(&mut self, max: usize) -> Result<Vec<Arc<Recorded>>, SubscriptionError> {
        loop {
            let page = self.step(max.max(1)).await?;
            if !page.is_empty() {
                return Ok(page.into_iter().map(Arc::new).collect());
            }
        }
    }

    /// Waits for one thing to happen and returns the events it brought.
    async fn step(&mut self, max: usize) -> Result<Vec<Recorded>, SubscriptionError> {
        let announced = *self.wakeups.borrow_and_update();
        let (expected, found) = (self.epoch, self.log.epoch());
        if expected != found {
            return Err(SubscriptionError::OtherEpoch { expected, found });
        }
        let read_at = self.log_due(announced);
        // Once a read is due it is not put off by further announcements, or a busy log would never be read.
        let idle = self.awaited.is_none() && !self.catching_up;
        // While there is more in the log than the bus may hold, the bus would only bring what comes later.
        let follow = !self.catching_up || self.log_outage.is_some();
        tokio::select! {
            biased;
            from_bus = next_from(&mut self.feed, self.position), if follow => Ok(self.take_from_bus(from_bus, max)),
            page = read_log_at(&self.log, read_at, self.position, max) => self.take_from_log(page, max),
            changed = self.wakeups.changed(), if idle => changed.map(|()| Vec::new()).map_err(|_| SubscriptionError::Closed),
        }
    }

    /// When the log is to be read.
    fn log_due(&mut self, announced: u64) -> Instant {
        self.awaited = self.awaited.filter(|(position, _)| *position > self.position);
        if announced > self.position && self.awaited.is_none() {
            let grace = if self.feed.as_ref().is_some_and(Feed::is_live) { BUS_GRACE } else { Duration::ZERO };
            self.awaited = Some((announced, Instant::now() + grace));
        }
        match (&self.log_outage, self.awaited) {
            (Some(outage), _) => outage.retry_at,
            (None, _) if self.catching_up => Instant::now(),
            (None, Some((_, deadline))) => deadline,
            (None, None) => self.last_contact + SAFETY_INTERVAL,
        }
    }

    fn take_from_bus(&mut self, from_bus: FromBus, max: usize) -> Vec<Recorded> {
        let mut page = Vec::new();
        match from_bus {
            FromBus::Event(event) => self.take_event(*event, &mut page),
            FromBus::Hole { found } => {
                tracing::warn!(
                    expected = self.position + 1,
                    found,
                    "the bus left out events; they are read from the log"
                );
                self.catching_up = true;
            }
        }
        while page.len() < max
            && !self.catching_up
            && let Some(event) = self.feed.as_mut().and_then(|feed| feed.ready(self.position))
        {
            self.take_event(event, &mut page);
        }
        page
    }

    fn take_event(&mut self, event: Recorded, page: &mut Vec<Recorded>) {
        if self.log_outage.is_none() && event.position > *self.wakeups.borrow() {
            self.doubted = Some(event);
            self.catching_up = true;
            return;
        }
        self.source = Source::Bus;
        self.deliver(event, page);
    }

    fn take_from_log(&mut self, page: LogPage, max: usize) -> Result<Vec<Recorded>, SubscriptionError> {
        let Found { there, events } = match page {
            Ok(found) if self.event_id.is_some() && found.there != self.event_id => {
                return Err(SubscriptionError::OtherHistory { position: self.position });
            }
            Ok(found) => found,
            Err(LogFailure::AheadOfLog { head }) => {
                return Err(SubscriptionError::AheadOfLog { position: self.position, head });
            }
            Err(LogFailure::Store(error)) => {
                self.log_failed(error)?;
                let mut page = Vec::new();
                if let Some(event) = self.doubted.take() {
                    self.take_event(event, &mut page);
                }
                return Ok(page);
            }
        };
        self.event_id = there;
        if let Some(event) = self.doubted.take_if(|event| event.position > self.position + events.len() as u64) {
            tracing::warn!(
                position = event.position,
                "the bus brought an event that the log does not have; it is dropped"
            );
        }
        self.doubted = None;
        if self.log_outage.take().is_some() {
            tracing::info!(position = self.position, "the log answers again");
        }
        for (event, expected) in events.iter().zip(self.position + 1..) {
            if event.position != expected {
                let source = StoreError::Hole { expected, found: event.position };
                return Err(SubscriptionError::Log { position: self.position, source });
            }
        }
        // With no more than this to come, the bus may bring it: else a busy log would keep us from the bus for ever.
        let reached = self.position + events.len() as u64;
        let more = events.len() >= max || self.wakeups.borrow().saturating_sub(reached) >= max as u64;
        let goes_on = more && !events.is_empty();
        if self.catching_up && !goes_on {
            self.feed.iter_mut().for_each(|feed| feed.skip_to(reached));
        }
        self.catching_up = goes_on;
        self.last_contact = Instant::now();
        // What was announced is not there. It may never be; that is no reason to ask without a pause.
        if events.is_empty()
            && let Some((_, deadline)) = &mut self.awaited
        {
            *deadline = self.last_contact + LOG_RETRY_DELAY_MIN;
        }
        self.source = Source::Log;
        let mut page = Vec::with_capacity(events.len());
        for event in events {
            let metadata = event.metadata.without_free_text();
            self.deliver(Recorded { metadata, ..event }, &mut page);
        }
        Ok(page)
    }

    fn deliver(&mut self, event: Recorded, page: &mut Vec<Recorded>) {
        (self.position, self.event_id) = (event.position, Some(event.event_id));
        self.last_contact = Instant::now();
        page.push(event);
    }

    /// Waits longer each time for a log that is gone; a log that is wrong is an error.
    fn log_failed(&mut self, source: StoreError) -> Result<(), SubscriptionError> {
        if !matches!(source, StoreError::Unavailable { .. } | StoreError::Refused { .. }) {
            return Err(SubscriptionError::Log { position: self.position, source });
        }
        let delay =
            self.log_outage.as_ref().map_or(LOG_RETRY_DELAY_MIN, |outage| (outage.delay * 2).min(LOG_RETRY_DELAY_MAX));
        if self.log_outage.is_none() {
            tracing::warn!(
                error = &source as &dyn std::error::Error,
                "the log does not answer; following the bus alone"
            );
        }
        self.log_outage = Some(LogOutage { retry_at: Instant::now() + delay, delay });
        Ok(())
    }
}

async fn next_from<L: LogReader, S: Server>(feed: &mut Option<Feed<L, S>>, after: u64) -> FromBus {
    match feed {
        Some(feed) => feed.next(after).await,
        None => std::future::pending().await,
    }
}

/// A page from the log, read when it is time, from the last known event on: only so can a log be seen that went back, and may have grown again.
async fn read_log_at(log: &impl LogReader, when: Instant, after: u64, max: usize) -> LogPage {
    sleep_until(when).await;
    let known = usize::from(after > 0);
    let mut events = log.read_all(after - known as u64, max + known).await.map_err(LogFailure::Store)?;
    if events.len() < known {
        let head = log.head().await.map_err(LogFailure::Store)?.position;
        return Err(LogFailure::AheadOfLog { head });
    }
    let there = events.drain(..known).next().map(|event| event.event_id);
    Ok(Found { there, events })
}
