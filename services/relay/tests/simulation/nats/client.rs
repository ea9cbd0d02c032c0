//! The client: requests that are not answered, and messages that arrive in order, late, or not at all.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use async_nats::{
    HeaderMap, HeaderName,
    header::NATS_EXPECTED_LAST_SEQUENCE,
    jetstream::{
        context::{PublishError, PublishErrorKind},
        message::StreamMessage,
        publish::PublishAck,
        stream::{Config, Info},
    },
};
use bytes::Bytes;
use event_bus::{BusError, ConnectionState, Server};
use futures::future::BoxFuture;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{sleep, sleep_until, timeout},
};

use super::{
    Link, Nats,
    consumer::{self, Messages},
};
use crate::flaw::Flaw;

/// How long an answer is waited for.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

type Answer = Result<PublishAck, PublishError>;

/// A connection that a process holds. What it has sent outlives it.
#[derive(Clone)]
pub(crate) struct Client {
    nats: Nats,
    link: Arc<Link>,
    outbox: mpsc::UnboundedSender<Outgoing>,
    /// The last sequence that was acknowledged, for the flaw that trusts it.
    acknowledged: Arc<AtomicU64>,
}

struct Outgoing {
    subject: String,
    headers: HeaderMap,
    payload: Bytes,
    answer: oneshot::Sender<Answer>,
}

impl Client {
    pub(crate) fn new(nats: Nats, link: Arc<Link>) -> Self {
        let (outbox, outgoing) = mpsc::unbounded_channel();
        tokio::spawn(carry(nats.clone(), link.clone(), outgoing));
        Self { nats, link, outbox, acknowledged: Arc::default() }
    }

    /// A request and its answer; either may be lost.
    async fn request<T>(&self, doing: &'static str, about: u64, serve: impl FnOnce(&Nats) -> T) -> Result<T, BusError> {
        let world = self.nats.world();
        world.step(doing, about);
        let round_trip = async {
            self.link.until_up().await;
            world.moment().await;
            if self.nats.is_down() || world.fails(60) {
                std::future::pending::<()>().await;
            }
            let answer = serve(&self.nats);
            if world.fails(60) {
                std::future::pending::<()>().await;
            }
            world.moment().await;
            answer
        };
        let no_answer = |_| BusError::Nats { doing, source: "no answer".into() };
        timeout(REQUEST_TIMEOUT, round_trip).await.map_err(no_answer)
    }
}

/// What was sent on a connection, in its order. A connection that breaks takes the oldest of it along; the rest is still in the
/// client and goes out when it is connected again.
async fn carry(nats: Nats, link: Arc<Link>, mut outgoing: mpsc::UnboundedReceiver<Outgoing>) {
    let world = nats.world();
    while let Some(message) = outgoing.recv().await {
        let is_lost = !link.is_up() && world.fails(2);
        if is_lost {
            continue;
        }
        link.until_up().await;
        if world.one_in(4) {
            world.moment().await;
        }
        if nats.is_down() {
            continue;
        }
        let answer = nats.publish(message.subject, message.headers, message.payload);
        world.step("publish", answer.as_ref().map_or(0, |stored| stored.sequence));
        if !world.fails(80) {
            // Whoever sent it may have left.
            let _ = message.answer.send(answer);
        }
    }
}

impl Server for Client {
    type Acknowledgement = BoxFuture<'static, Answer>;
    type Messages = Messages;

    fn connection(&self) -> watch::Receiver<ConnectionState> {
        self.link.watch()
    }

    async fn stream(&self, name: &str) -> Result<Info, BusError> {
        let info = self.request("ask for the stream", 0, Nats::info).await?;
        let mut info = info.ok_or_else(|| BusError::NoStream(name.to_owned()))?;
        if self.nats.world().has(Flaw::TrustsACheckpoint) {
            info.state.last_sequence = info.state.last_sequence.max(self.acknowledged.load(Relaxed));
        }
        Ok(info)
    }

    async fn create_stream(&self, config: Config) -> Result<Info, BusError> {
        let doing = "create the stream";
        let created = self.request(doing, 0, |nats| nats.create(config)).await?;
        created.map_err(|problem| BusError::Nats { doing, source: problem.into() })
    }

    async fn message(&self, _stream: &str, sequence: u64) -> Result<Option<StreamMessage>, BusError> {
        let message = self.request("read a message", sequence, |nats| nats.message(sequence)).await?;
        let time = async_nats::datetime::parse_rfc3339("2026-11-20T10:11:12Z").expect("a time");
        Ok(message.map(|message| {
            let headers = message.headers.unwrap_or_default();
            StreamMessage { subject: message.subject, sequence, headers, payload: message.payload, time }
        }))
    }

    async fn publish(
        &self,
        subject: String,
        mut headers: HeaderMap,
        payload: Bytes,
    ) -> Result<Self::Acknowledgement, PublishError> {
        if self.nats.world().has(Flaw::PublishesAnywhere) {
            headers = without(NATS_EXPECTED_LAST_SEQUENCE, &headers);
        }
        let (sender, answer) = oneshot::channel();
        let deadline = tokio::time::Instant::now() + REQUEST_TIMEOUT;
        let sent = self.outbox.send(Outgoing { subject, headers, payload, answer: sender });
        sent.map_err(|_| PublishError::new(PublishErrorKind::BrokenPipe))?;
        let acknowledged = self.acknowledged.clone();
        Ok(Box::pin(async move {
            let Ok(Ok(answer)) = tokio::time::timeout_at(deadline, answer).await else {
                sleep_until(deadline).await;
                return Err(PublishError::new(PublishErrorKind::TimedOut));
            };
            let stored = answer.as_ref().map_or(0, |stored| stored.sequence);
            acknowledged.fetch_max(stored, Relaxed);
            answer
        }))
    }

    async fn follow(&self, _stream: &str, after: u64) -> Result<Messages, BusError> {
        let doing = "follow the stream";
        let boot = self.request(doing, after, |nats| nats.info().map(|_| nats.boot())).await?;
        let boot = boot.ok_or_else(|| BusError::Nats { doing, source: "there is no stream".into() })?;
        Ok(consumer::start(self.nats.clone(), self.link.clone(), after, boot))
    }
}

fn without(name: HeaderName, headers: &HeaderMap) -> HeaderMap {
    let others = headers.iter().filter(|(other, _)| **other != name);
    let mut kept = HeaderMap::new();
    others.for_each(|(name, values)| values.iter().for_each(|value| kept.append(name.clone(), value.clone())));
    kept
}

/// After two heartbeats that did not come, the client says so.
pub(super) async fn missed_heartbeats() {
    sleep(Duration::from_secs(20)).await;
}
