//! Following the bus: an ordered consumer that starts behind a position and is made anew whenever anything is odd.
//!
//! The consumer is ephemeral, unacknowledged and lives in memory, since the subscription alone knows where it is. Late and repeated
//! messages are dropped by their position; a message beyond the next position ends the consumer, and the log fills the hole. A consumer
//! that is far behind its reader, who has caught up from the log meanwhile, is left for one that begins where the reader is.
//! What waits unread is bounded by [`WINDOW_EVENTS`] and [`WINDOW_BYTES`].

use std::time::Duration;

use async_nats::Message;
use domain::Recorded;
use event_store::LogReader;
use futures::{FutureExt, StreamExt};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep_until},
};

use crate::{Bus, BusError, ConnectionState, Server, headers, with_causes};

/// Messages asked for ahead of reading.
pub(crate) const WINDOW_EVENTS: usize = 256;
/// Bytes asked for ahead of reading. Larger than any event with its headers, or one could never come.
pub(crate) const WINDOW_BYTES: usize = 4 * 1024 * 1024;
/// How many messages a consumer may have to bring only to be dropped; with more of them another one is made.
const STALE_EVENTS_MAX: u64 = 64;
/// First and longest wait before the consumer is made anew.
const REOPEN_DELAY_MIN: Duration = Duration::from_millis(50);
const REOPEN_DELAY_MAX: Duration = Duration::from_secs(5);

/// What came from the bus.
pub(crate) enum FromBus {
    /// The event right after the position asked for.
    Event(Box<Recorded>),
    /// The bus has this position but not the one before it.
    Hole { found: u64 },
}

pub(crate) struct Feed<L: LogReader, S: Server> {
    bus: Bus<S>,
    log: L,
    state: State<S::Messages>,
    /// The number of the last message, or the one that the consumer begins behind.
    reached: u64,
    reopen_delay: Duration,
    /// Why it was last closed, so that one reason is told once.
    closed_by: String,
}

enum State<M> {
    Closed { until: Instant },
    Opening(Opening<M>),
    Open(Box<M>),
}

/// A consumer that is being made; no longer when nobody waits for it.
struct Opening<M>(JoinHandle<Result<M, BusError>>);

impl<M> Drop for Opening<M> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<L: LogReader, S: Server> Feed<L, S> {
    pub(crate) fn new(bus: Bus<S>, log: L) -> Self {
        Self {
            bus,
            log,
            state: State::Closed { until: Instant::now() },
            reached: 0,
            reopen_delay: REOPEN_DELAY_MIN,
            closed_by: String::new(),
        }
    }

    /// Whether an event can be expected from here.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.state, State::Open(_)) && self.bus.is_connected()
    }

    /// The next thing from the bus behind `after`; waits for ever while there is no bus. May be dropped at any time.
    pub(crate) async fn next(&mut self, after: u64) -> FromBus {
        loop {
            match &mut self.state {
                State::Closed { until } => {
                    sleep_until(*until).await;
                    self.bus.reaches(ConnectionState::Connected).await;
                    self.reached = after;
                    self.state = State::Opening(Opening(tokio::spawn(open(self.bus.clone(), self.log.clone(), after))));
                }
                State::Opening(task) => {
                    let opened = (&mut task.0).await;
                    self.opened(opened);
                }
                State::Open(messages) => {
                    let message = tokio::select! {
                        biased;
                        message = messages.next() => message,
                        () = self.bus.reaches(ConnectionState::Disconnected) => None,
                    };
                    if let Some(from_bus) = self.judge(message, after) {
                        return from_bus;
                    }
                }
            }
        }
    }

    /// Begins anew behind `after` rather than read what is far older. What waits to be tried again goes on waiting.
    pub(crate) fn skip_to(&mut self, after: u64) {
        let is_far_behind = after.saturating_sub(self.reached) > STALE_EVENTS_MAX;
        if is_far_behind && !matches!(self.state, State::Closed { .. }) {
            tracing::debug!(reached = self.reached, after, "following the bus from further on");
            self.state = State::Closed { until: Instant::now() };
        }
    }

    /// The next event behind `after` if it is here already.
    pub(crate) fn ready(&mut self, after: u64) -> Option<Recorded> {
        loop {
            let State::Open(messages) = &mut self.state else {
                return None;
            };
            let message = messages.next().now_or_never()?;
            match self.judge(message, after) {
                Some(FromBus::Event(event)) => return Some(*event),
                // The feed is closed now; the subscription finds the events in the log.
                Some(FromBus::Hole { .. }) => return None,
                None => {}
            }
        }
    }

    fn opened(&mut self, opened: Result<Result<S::Messages, BusError>, tokio::task::JoinError>) {
        match opened {
            Ok(Ok(messages)) => self.state = State::Open(Box::new(messages)),
            // The relay raises the alarm; readers go on with the log, which is the truth.
            Ok(Err(error)) => self.close(with_causes(&error)),
            Err(error) => self.close(with_causes(&error)),
        }
    }

    /// What a message means behind `after`; `None` when it means nothing, or the consumer has ended.
    fn judge(&mut self, message: Option<Result<(u64, Message), async_nats::Error>>, after: u64) -> Option<FromBus> {
        let (sequence, message) = match message {
            Some(Ok(numbered)) => numbered,
            Some(Err(error)) => {
                self.close(with_causes(error.as_ref()));
                return None;
            }
            None => {
                self.close("it ended".to_owned());
                return None;
            }
        };
        self.reached = sequence;
        match self.read(sequence, &message, after) {
            Ok(Some(FromBus::Hole { found })) => {
                self.close("it left out events".to_owned());
                Some(FromBus::Hole { found })
            }
            Ok(from_bus) => {
                self.reopen_delay = REOPEN_DELAY_MIN;
                self.closed_by.clear();
                from_bus
            }
            Err(error) => {
                self.close(with_causes(error.as_ref()));
                None
            }
        }
    }

    fn read(&self, sequence: u64, message: &Message, after: u64) -> Result<Option<FromBus>, async_nats::Error> {
        if sequence <= after {
            return Ok(None);
        }
        if sequence > after + 1 {
            return Ok(Some(FromBus::Hole { found: sequence }));
        }
        let none = async_nats::HeaderMap::new();
        let headers = message.headers.as_ref().unwrap_or(&none);
        let event = headers::decode(self.bus.subjects(), &message.subject, headers, &message.payload)?;
        if event.position != sequence {
            return Err(headers::UnreadableMessage::Sequence { sequence, position: event.position }.into());
        }
        headers::check_id(headers, &event)?;
        Ok(Some(FromBus::Event(Box::new(event))))
    }

    fn close(&mut self, reason: String) {
        let retry_ms = self.reopen_delay.as_millis();
        if self.closed_by != reason {
            tracing::warn!(reason, retry_ms, "not following the bus; the log is read instead");
            self.closed_by = reason;
        } else {
            tracing::debug!(reason, retry_ms, "still not following the bus");
        }
        self.state = State::Closed { until: Instant::now() + self.reopen_delay };
        self.reopen_delay = (self.reopen_delay * 2).min(REOPEN_DELAY_MAX);
    }
}

async fn open<S: Server>(bus: Bus<S>, log: impl LogReader, after: u64) -> Result<S::Messages, BusError> {
    bus.agreed_stream(&log).await?;
    bus.server().follow(bus.stream_name(), after).await
}
