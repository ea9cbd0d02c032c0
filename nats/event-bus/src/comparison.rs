//! Proving the stream: every message is read once and compared with the log's event at its position.
//!
//! The relay and the readers compare as much as is quick. This does not take their word, and finds what stands between messages that
//! agree. It reads through an ordered consumer of its own and changes nothing.

use std::time::Duration;

use async_nats::jetstream::{
    Message,
    consumer::{DeliverPolicy, pull},
};
use domain::Recorded;
use event_store::Log;
use futures::StreamExt;
use tokio::time::timeout;

use crate::{Bus, BusError, headers};

/// Differences that are kept; more than these are only counted.
const DIFFERENCES_MAX: usize = 100;
/// Events of the log that are read at once.
const PAGE_EVENTS: usize = 1_000;
/// How long the next message may take to come.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// What was found between stream and log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The first position that was compared: the stream keeps nothing before it.
    pub first: u64,
    /// The last one.
    pub last: u64,
    /// What differs, the first hundred.
    pub differences: Vec<Difference>,
    /// How much differs altogether; 0 is a true copy.
    pub differences_total: u64,
}

/// A message that is not the log's event at its position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("position {position}: {problem}")]
pub struct Difference {
    /// Where.
    pub position: u64,
    /// What is wrong there.
    pub problem: String,
}

impl Bus {
    /// Compares every message that the stream has now with the log. `progress` is told the position and the last one at each
    /// page.
    ///
    /// # Errors
    /// When NATS or the log does not answer. What differs is in the result.
    pub async fn compare_all(&self, log: &Log, mut progress: impl FnMut(u64, u64)) -> Result<Comparison, BusError> {
        let state = self.stream().await?.state;
        let mut comparison =
            Comparison { first: state.first_sequence, last: state.last_sequence, ..Comparison::default() };
        if state.messages == 0 {
            return Ok(comparison);
        }
        let mut messages = self.messages_from(state.first_sequence).await?;
        let (mut expected, mut page) = (state.first_sequence, Vec::new());
        while expected <= state.last_sequence {
            let (sequence, message) = next(&mut messages).await?;
            // Retention may pass us; anything else that is missing is a hole.
            if sequence > expected && self.stream().await?.state.first_sequence <= expected {
                let problem = format!("the stream has no message here; {sequence} comes next");
                comparison.found(Difference { position: expected, problem });
            }
            if page.last().is_none_or(|event: &Recorded| event.position < sequence) {
                page = log.read_all(sequence - 1, PAGE_EVENTS).await?;
                progress(sequence, state.last_sequence);
            }
            if let Some(problem) = self.problem_with(sequence, &message, at(sequence, &page)) {
                comparison.found(Difference { position: sequence, problem });
            }
            expected = sequence + 1;
        }
        Ok(comparison)
    }

    async fn messages_from(&self, start_sequence: u64) -> Result<pull::Ordered, BusError> {
        let doing = "read the stream from its beginning";
        let ordered = pull::OrderedConfig {
            description: Some("goalstream verify".to_owned()),
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence },
            ..pull::OrderedConfig::default()
        };
        let consumer = self.server().context.create_consumer_on_stream(ordered, self.stream_name()).await;
        let consumer = consumer.map_err(|error| BusError::nats(doing)(error.into()))?;
        consumer.messages().await.map_err(|error| BusError::nats(doing)(error.into()))
    }

    /// What keeps a message from being the log's event at a position.
    fn problem_with(&self, position: u64, message: &Message, event: Option<&Recorded>) -> Option<String> {
        let none = async_nats::HeaderMap::new();
        let headers = message.headers.as_ref().unwrap_or(&none);
        let read = headers::decode(self.subjects(), &message.subject, headers, &message.payload)
            .and_then(|read| headers::check_id(headers, &read).map(|()| read));
        let (read, event) = match (read, event) {
            (Err(error), _) => return Some(format!("the stream has a message that no relay published: {error}")),
            (Ok(read), None) => return Some(format!("the stream has event {}, the log has none", read.event_id)),
            (Ok(read), Some(event)) => (read, event),
        };
        if (read.position, read.event_id) != (position, event.event_id) {
            let Recorded { event_id, position, .. } = read;
            return Some(format!(
                "the stream has event {event_id} of position {position}, the log has {}",
                event.event_id
            ));
        }
        (read != as_on_the_bus(event))
            .then(|| format!("the stream and the log tell event {} differently", event.event_id))
    }
}

fn at(position: u64, page: &[Recorded]) -> Option<&Recorded> {
    let first = page.first()?.position;
    page.get(usize::try_from(position.checked_sub(first)?).ok()?)
}

/// Free text stays in the log.
fn as_on_the_bus(event: &Recorded) -> Recorded {
    Recorded { metadata: event.metadata.clone().without_free_text(), ..event.clone() }
}

/// The next message and its sequence.
async fn next(messages: &mut pull::Ordered) -> Result<(u64, Message), BusError> {
    let failed = BusError::nats("read the stream's next message");
    let message = match timeout(SILENCE_MAX, messages.next()).await {
        Ok(Some(Ok(message))) => message,
        Ok(Some(Err(error))) => return Err(failed(error.into())),
        Ok(None) => return Err(failed("it ended".into())),
        Err(_) => return Err(failed("none came in time".into())),
    };
    match message.info().map(|info| info.stream_sequence) {
        Ok(sequence) => Ok((sequence, message)),
        Err(error) => Err(failed(error)),
    }
}

impl Comparison {
    fn found(&mut self, difference: Difference) {
        self.differences_total += 1;
        if self.differences.len() < DIFFERENCES_MAX {
            self.differences.push(difference);
        }
    }
}
