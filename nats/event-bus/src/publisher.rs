//! Publishing a run of events so that each is stored at its position or not at all.
//!
//! Every message says which sequence must be the stream's last (its position minus one) and which id it has. The messages are sent
//! without waiting for one another; when one is lost or refused, all behind it are refused as well, so the stream never has a hole.
//! Any surprise ends the publisher: the caller asks the stream for its last sequence and starts a new one there.
//!
//! Order: acknowledgements are judged in the order of positions. Limits: [`WINDOW_EVENTS`] and [`WINDOW_BYTES`] on their way.

use std::{sync::Arc, time::Duration};

use async_nats::jetstream::{context::PublishErrorKind, publish::PublishAck};
use bytes::Bytes;
use domain::Recorded;
use event_store::{Log, LogReader};
use futures::{StreamExt, future::BoxFuture, stream::FuturesOrdered};
use uuid::Uuid;

use crate::{Bus, BusError, Divergence, Nats, Server, headers, subject::InvalidSubject};

/// Messages on their way without an acknowledgement.
pub const WINDOW_EVENTS: usize = 512;
/// Payload bytes on their way without an acknowledgement; one event may exceed it.
pub const WINDOW_BYTES: usize = 8 * 1024 * 1024;
/// How long what is on its way may take to be answered once the first message was refused.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// Acknowledgements that the client still waits for after a publisher was dropped, those of its successor included.
pub(crate) const ABANDONED_ACKS_MAX: usize = 4 * WINDOW_EVENTS;

type Answer = Result<PublishAck, async_nats::jetstream::context::PublishError>;

/// Why publishing stopped.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The stream stands elsewhere than we thought, or did not answer: ask it for its last sequence and go on from there.
    #[error("position {position} was not stored: {reason}")]
    OutOfStep {
        /// The first event that is not known to be stored by us.
        position: u64,
        /// What NATS or its client said.
        reason: String,
    },
    /// Another event is stored at this position.
    #[error(transparent)]
    Diverged(#[from] Box<Divergence>),
    /// The run does not go on where the last one ended: an alarm about the log.
    #[error("the log has a hole: position {expected} should be published next, {found} came")]
    Hole {
        /// The position that should have come.
        expected: u64,
        /// The position that came.
        found: u64,
    },
    /// The event cannot be addressed.
    #[error("position {position} has no subject")]
    Subject {
        /// The event.
        position: u64,
        /// What is wrong with it.
        #[source]
        source: InvalidSubject,
    },
    /// NATS or the log did not answer while a refusal was looked into.
    #[error(transparent)]
    Bus(#[from] BusError),
}

/// Sends contiguous events, starting behind a position that the stream has.
pub struct Publisher<L: LogReader = Log, S: Server = Nats> {
    bus: Bus<S>,
    log: L,
    sent: u64,
    acknowledged: u64,
    in_flight: FuturesOrdered<BoxFuture<'static, (Sent, Answer)>>,
    in_flight_bytes: usize,
    /// The first message that was refused. It stays until it has been looked into, so that whoever waited may leave meanwhile.
    refusal: Option<(Sent, async_nats::jetstream::context::PublishError)>,
}

/// What is remembered of an event until it is acknowledged.
struct Sent {
    position: u64,
    event_id: Uuid,
    bytes: usize,
}

impl<L: LogReader, S: Server> Publisher<L, S> {
    /// A publisher whose first event is the one after `last`, the stream's last sequence.
    pub fn new(bus: Bus<S>, log: L, last: u64) -> Self {
        let (in_flight, in_flight_bytes, refusal) = (FuturesOrdered::new(), 0, None);
        Self { bus, log, sent: last, acknowledged: last, in_flight, in_flight_bytes, refusal }
    }

    /// The last position the stream has acknowledged.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// The last position that was sent; the stream ends there at most, unless somebody else publishes.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Whether an acknowledgement is still to come, or a refusal to be looked into.
    pub fn is_waiting(&self) -> bool {
        !self.in_flight.is_empty() || self.refusal.is_some()
    }

    /// Sends a run and returns when all of it is on its way; waits only while the window is full.
    ///
    /// # Errors
    /// See [`PublishError`]. The publisher is spent then.
    pub async fn publish(&mut self, run: &[Recorded]) -> Result<(), PublishError> {
        self.look_into_refusal().await?;
        for event in run {
            if event.position != self.sent + 1 {
                return Err(PublishError::Hole { expected: self.sent + 1, found: event.position });
            }
            while self.is_full(event.payload.len()) {
                self.acknowledge_next().await?;
            }
            self.send(event).await?;
        }
        Ok(())
    }

    /// Waits until everything sent is acknowledged. May be dropped half-way and called again.
    ///
    /// # Errors
    /// See [`PublishError`]. The publisher is spent then.
    pub async fn acknowledge_all(&mut self) -> Result<(), PublishError> {
        while self.is_waiting() {
            self.acknowledge_next().await?;
        }
        Ok(())
    }

    fn is_full(&self, bytes: usize) -> bool {
        let waiting = self.in_flight.len();
        waiting >= WINDOW_EVENTS || (waiting > 0 && self.in_flight_bytes + bytes > WINDOW_BYTES)
    }

    async fn send(&mut self, event: &Recorded) -> Result<(), PublishError> {
        let position = event.position;
        let subject = self.bus.subjects().of(event).map_err(|source| PublishError::Subject { position, source })?;
        let mut headers = headers::encode(event);
        headers::guard(&mut headers, event, self.bus.stream_name());
        match self.bus.server().publish(subject, headers, payload(event)).await {
            Ok(acknowledgement) => {
                let sent = Sent { position, event_id: event.event_id, bytes: event.payload.len() };
                self.in_flight_bytes += sent.bytes;
                self.in_flight.push_back(Box::pin(answered(sent, acknowledgement)));
                self.sent = position;
                Ok(())
            }
            Err(error) => {
                self.drain().await;
                Err(PublishError::OutOfStep { position, reason: error.to_string() })
            }
        }
    }

    async fn acknowledge_next(&mut self) -> Result<(), PublishError> {
        self.look_into_refusal().await?;
        let Some((sent, answer)) = self.in_flight.next().await else {
            return Ok(());
        };
        self.in_flight_bytes -= sent.bytes;
        match answer {
            // Also when it answers `duplicate`: the message was stored before, at its place.
            Ok(stored) if stored.sequence == sent.position => {
                self.acknowledged = sent.position;
                Ok(())
            }
            Ok(stored) => Err(divergence(&self.bus, &self.log, &sent, stored.sequence, Some(sent.event_id)).await),
            Err(error) => {
                self.refusal = Some((sent, error));
                self.look_into_refusal().await
            }
        }
    }

    /// Says what a refusal means, if there was one. Since 2.12 a server says "wrong last sequence" also about a message that it has
    /// already, so the message itself is looked at.
    async fn look_into_refusal(&mut self) -> Result<(), PublishError> {
        if self.refusal.is_some() {
            self.drain().await;
        }
        match &self.refusal {
            Some((sent, error)) => Err(refused(&self.bus, &self.log, sent, error).await),
            None => Ok(()),
        }
    }

    /// Lets what is on its way be answered before anybody asks for the last sequence, so that the answer counts for longer.
    async fn drain(&mut self) {
        let answers = async { while self.in_flight.next().await.is_some() {} };
        // What is still unanswered then is left to the chain: it is stored at its place or refused.
        let _ = tokio::time::timeout(DRAIN_TIMEOUT, answers).await;
        self.in_flight = FuturesOrdered::new();
        self.in_flight_bytes = 0;
    }
}

/// Whether what was refused is there already, or something else is, or nothing.
async fn refused(
    bus: &Bus<impl Server>,
    log: &impl LogReader,
    sent: &Sent,
    error: &async_nats::jetstream::context::PublishError,
) -> PublishError {
    let position = sent.position;
    let reason = match error.kind() {
        PublishErrorKind::WrongLastSequence => match bus.message_at(position).await {
            Err(error) => return error.into(),
            Ok(None) => "the stream ends before it, or has moved far beyond".to_owned(),
            Ok(Some(message)) => match headers::message_id(&message.headers) {
                Some(id) if id == sent.event_id => "it is there already".to_owned(),
                other => return divergence(bus, log, sent, message.sequence, other).await,
            },
        },
        _ => std::error::Error::source(error).map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}")),
    };
    PublishError::OutOfStep { position, reason }
}

async fn divergence(
    bus: &Bus<impl Server>,
    log: &impl LogReader,
    sent: &Sent,
    found_at: u64,
    found: Option<Uuid>,
) -> PublishError {
    match log.head().await {
        Ok(head) => PublishError::Diverged(Box::new(Divergence {
            stream: bus.stream_name().to_owned(),
            log_epoch: log.epoch(),
            stream_epoch: Some(log.epoch().to_string()),
            log_head: head.position,
            stream_last: found_at,
            position: found_at,
            log_event: Some(sent.event_id),
            stream_event: found,
        })),
        Err(error) => BusError::Log(error).into(),
    }
}

async fn answered(sent: Sent, acknowledgement: impl Future<Output = Answer>) -> (Sent, Answer) {
    (sent, acknowledgement.await)
}

/// The stored bytes, shared and not copied.
fn payload(event: &Recorded) -> Bytes {
    struct Shared(Arc<str>);
    impl AsRef<[u8]> for Shared {
        fn as_ref(&self) -> &[u8] {
            self.0.as_bytes()
        }
    }
    Bytes::from_owner(Shared(Arc::clone(&event.payload)))
}
