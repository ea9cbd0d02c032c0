//! The server: its one stream, and whether it is there.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use async_nats::{
    HeaderMap, Message,
    header::NATS_MESSAGE_ID,
    jetstream::{
        context::{PublishError, PublishErrorKind},
        publish::PublishAck,
        stream::{Config, Info},
    },
};
use bytes::Bytes;
use tokio::sync::Notify;

use super::stream::Stream;
use crate::{postgres::Postgres, promise::Promise, world::World};

/// Messages that a crash may cost, at most.
const LOST_TAIL_MAX: u64 = 12;

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Nats(Arc<Shared>);

struct Shared {
    pub(super) world: World,
    postgres: Postgres,
    asks_for_ids_first: bool,
    stream: Mutex<Option<Stream>>,
    /// The stream has another message, or is gone.
    changed: Notify,
    /// Consumers live in memory: those of another boot are gone.
    boot: AtomicU64,
    is_down: AtomicBool,
    /// Until then no consumer brings anything.
    silent_until_ms: AtomicU64,
}

/// What a consumer finds behind its place.
pub(super) enum Behind {
    Message(u64, Message),
    Nothing,
    /// The stream or the consumer is no more.
    Gone,
}

impl Nats {
    /// `asks_for_ids_first` is what servers before 2.12 do.
    pub(crate) fn new(world: World, postgres: Postgres, asks_for_ids_first: bool) -> Self {
        Self(Arc::new(Shared {
            world,
            postgres,
            asks_for_ids_first,
            stream: Mutex::default(),
            changed: Notify::new(),
            boot: AtomicU64::default(),
            is_down: AtomicBool::default(),
            silent_until_ms: AtomicU64::default(),
        }))
    }

    /// Loses what is not synced, and every consumer.
    pub(crate) fn crash(&self) {
        self.0.is_down.store(true, Relaxed);
        self.lose_tail();
    }

    /// Loses the same, and nobody's connection breaks: somebody has put older files back.
    pub(crate) fn lose_tail(&self) {
        self.0.boot.fetch_add(1, Relaxed);
        let most = self.0.world.below(LOST_TAIL_MAX + 1);
        let lost = self.stream().as_mut().map_or(0, |stream| stream.lose_tail(most));
        if lost > 0 {
            self.0.world.step("lose the tail", lost);
        }
        self.0.changed.notify_waiters();
    }

    pub(crate) fn start(&self) {
        self.0.is_down.store(false, Relaxed);
    }

    pub(crate) fn is_down(&self) -> bool {
        self.0.is_down.load(Relaxed)
    }

    pub(crate) fn delete_stream(&self) {
        self.0.boot.fetch_add(1, Relaxed);
        self.stream().take();
        self.0.changed.notify_waiters();
    }

    pub(crate) fn sync(&self) {
        self.stream().iter_mut().for_each(Stream::sync);
    }

    /// No consumer brings anything for so long.
    pub(crate) fn fall_silent(&self, duration: Duration) {
        let until = (self.0.world.now() + duration).as_millis();
        self.0.silent_until_ms.store(u64::try_from(until).unwrap_or(u64::MAX), Relaxed);
    }

    pub(crate) fn last_sequence(&self) -> Option<u64> {
        self.stream().as_ref().map(Stream::last)
    }

    /// Every message with its number.
    pub(crate) fn messages(&self) -> Vec<(u64, Message)> {
        let stream = self.stream();
        let all = stream
            .iter()
            .flat_map(|stream| (stream.first()..).map_while(|sequence| Some((sequence, stream.message(sequence)?))));
        all.map(|(sequence, message)| (sequence, message.clone())).collect()
    }

    pub(super) fn world(&self) -> &World {
        &self.0.world
    }

    pub(super) fn boot(&self) -> u64 {
        self.0.boot.load(Relaxed)
    }

    pub(super) fn silent_for(&self) -> Duration {
        Duration::from_millis(self.0.silent_until_ms.load(Relaxed)).saturating_sub(self.0.world.now())
    }

    pub(super) fn changed(&self) -> &Notify {
        &self.0.changed
    }

    pub(super) fn info(&self) -> Option<Info> {
        self.stream().as_ref().map(|stream| stream.info().clone())
    }

    pub(super) fn message(&self, sequence: u64) -> Option<Message> {
        self.stream().as_ref()?.message(sequence).cloned()
    }

    /// Another stream of this name is an error, the same one is not.
    pub(super) fn create(&self, config: Config) -> Result<Info, &'static str> {
        let mut stream = self.stream();
        if stream.as_ref().is_some_and(|stream| stream.info().config.first_sequence != config.first_sequence) {
            return Err("the name is in use with another configuration");
        }
        Ok(stream.get_or_insert_with(|| Stream::new(config)).info().clone())
    }

    pub(super) fn publish(
        &self,
        subject: String,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Result<PublishAck, PublishError> {
        let id = headers.get(NATS_MESSAGE_ID).map(ToString::to_string);
        let mut stream = self.stream();
        let stream = stream.as_mut().ok_or_else(|| PublishError::new(PublishErrorKind::StreamNotFound))?;
        let now = self.0.world.now();
        let stored = stream.publish(subject, headers, payload, now, self.0.asks_for_ids_first)?;
        if !stored.duplicate {
            self.judge(stored.sequence, id);
            self.0.changed.notify_waiters();
        }
        Ok(stored)
    }

    /// What is behind a place for a consumer of one boot.
    pub(super) fn behind(&self, after: u64, boot: u64) -> Behind {
        let stream = self.stream();
        let Some(stream) = stream.as_ref().filter(|_| boot == self.boot()) else {
            return Behind::Gone;
        };
        let sequence = stream.first().max(after + 1);
        stream.message(sequence).map_or(Behind::Nothing, |message| Behind::Message(sequence, message.clone()))
    }

    /// Whatever is stored must be the log's, at its place.
    fn judge(&self, sequence: u64, id: Option<String>) {
        let is_the_logs = |id: String| self.0.postgres.holds(sequence, |event| event.event_id.to_string() == id);
        if !id.is_some_and(is_the_logs) {
            let how = format!("the message of sequence {sequence} is not the log's event of that position");
            self.0.world.broken(Promise::BusIsTheLog, how);
        }
    }

    fn stream(&self) -> MutexGuard<'_, Option<Stream>> {
        self.0.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
