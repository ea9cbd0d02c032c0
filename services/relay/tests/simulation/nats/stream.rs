//! The stream: what JetStream does with a message, and what it still has after a crash.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use async_nats::{
    HeaderMap, Message,
    header::{NATS_EXPECTED_LAST_SEQUENCE, NATS_MESSAGE_ID},
    jetstream::{
        context::{PublishError, PublishErrorKind},
        publish::PublishAck,
        stream::{Config, Info},
    },
};
use bytes::Bytes;

pub(super) struct Stream {
    info: Info,
    messages: VecDeque<Message>,
    /// Message ids that are still remembered, with their numbers and times.
    ids: HashMap<String, (u64, Duration)>,
    /// Up to here everything is on the disk.
    synced: u64,
}

impl Stream {
    /// Empty, as its configuration wants it.
    pub(super) fn new(config: Config) -> Self {
        let moment = "2026-11-20T10:11:12Z";
        let state = serde_json::json!({
            "messages": 0, "bytes": 0, "first_seq": 0, "first_ts": moment, "last_seq": 0, "last_ts": moment, "consumer_count": 0,
        });
        let info = serde_json::json!({ "config": config, "created": moment, "state": state });
        let mut info: Info = serde_json::from_value(info).expect("this is what a server answers");
        let before_first = config.first_sequence.unwrap_or(1) - 1;
        info.state.last_sequence = before_first;
        info.config = config;
        Self { info, messages: VecDeque::new(), ids: HashMap::new(), synced: before_first }
    }

    pub(super) fn info(&self) -> &Info {
        &self.info
    }

    pub(super) fn last(&self) -> u64 {
        self.info.state.last_sequence
    }

    /// The number of the first message that is still there, or of the next one.
    pub(super) fn first(&self) -> u64 {
        self.last() + 1 - self.messages.len() as u64
    }

    pub(super) fn message(&self, sequence: u64) -> Option<&Message> {
        self.messages.get(sequence.checked_sub(self.first())? as usize)
    }

    /// Stores a message on top of the one it names, or says why not. Until 2.12 a server asked first whether it has the message
    /// already, since then it asks first for the last sequence.
    pub(super) fn publish(
        &mut self,
        subject: String,
        headers: HeaderMap,
        payload: Bytes,
        now: Duration,
        asks_for_ids_first: bool,
    ) -> Result<PublishAck, PublishError> {
        let window = self.info.config.duplicate_window;
        let id = headers.get(NATS_MESSAGE_ID).map(ToString::to_string).unwrap_or_default();
        let known = self.ids.get(&id).filter(|(_, stored_at)| now - *stored_at < window).map(|(sequence, _)| *sequence);
        let expected = headers.get(NATS_EXPECTED_LAST_SEQUENCE).and_then(|value| value.as_str().parse::<u64>().ok());
        let is_out_of_step = expected.is_some_and(|expected| expected != self.last());
        match known {
            Some(sequence) if asks_for_ids_first || !is_out_of_step => return Ok(acknowledged(sequence, true)),
            _ if is_out_of_step => return Err(PublishError::new(PublishErrorKind::WrongLastSequence)),
            _ => {}
        }
        let (subject, reply, length) = (subject.into(), None, payload.len());
        let (status, description) = (None, None);
        let message = Message { subject, reply, payload, headers: Some(headers), status, description, length };
        self.info.state.last_sequence += 1;
        self.ids.insert(id, (self.last(), now));
        self.messages.push_back(message);
        self.keep_limits();
        Ok(acknowledged(self.last(), false))
    }

    pub(super) fn sync(&mut self) {
        self.synced = self.last();
    }

    /// Crashes: loses at most so many of the messages that are not synced, and says how many.
    pub(super) fn lose_tail(&mut self, messages_max: u64) -> u64 {
        let kept = self.last().saturating_sub(messages_max).max(self.synced);
        let lost = (self.last() - kept).min(self.messages.len() as u64);
        self.messages.truncate(self.messages.len() - lost as usize);
        self.info.state.last_sequence -= lost;
        self.info.state.messages = self.messages.len() as u64;
        let last = self.last();
        // The ids are read back from the messages.
        self.ids.retain(|_, (sequence, _)| *sequence <= last);
        lost
    }

    fn keep_limits(&mut self) {
        let limit = usize::try_from(self.info.config.max_messages).unwrap_or(usize::MAX);
        while self.messages.len() > limit {
            self.messages.pop_front();
        }
        self.info.state.messages = self.messages.len() as u64;
    }
}

fn acknowledged(sequence: u64, duplicate: bool) -> PublishAck {
    PublishAck { sequence, duplicate, ..PublishAck::default() }
}
