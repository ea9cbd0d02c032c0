//! An outsider on the bus: an ordinary ordered consumer, made anew behind the last message whenever it ends or falls silent.

use std::{collections::HashMap, sync::Arc};

use async_nats::jetstream::{
    Context, Message,
    consumer::{
        DeliverPolicy,
        pull::{Ordered, OrderedConfig},
    },
};
use futures::StreamExt;
use tokio::time::{sleep, timeout};

use crate::chaos::{
    check::{Mark, Seen},
    patience::{CONSUMER_IDLE_BOUND, QUESTION_BOUND, RETRY_DELAY},
    violation::{Violation, Violations},
};

/// What the bus calls the event that the log has there.
pub(crate) fn word(mark: &Mark) -> String {
    mark.event_id.to_string()
}

pub(crate) async fn follow(bus: Context, stream: &'static str, seen: Arc<Seen>, violations: Arc<Violations>) {
    let mut known = HashMap::new();
    loop {
        if let Ok(Ok(mut messages)) = timeout(QUESTION_BOUND, consumer(&bus, stream, seen.last() + 1)).await {
            while let Ok(Some(Ok(message))) = timeout(CONSUMER_IDLE_BOUND, messages.next()).await {
                violations.add_all(take(&message, &seen, &mut known));
            }
        }
        sleep(RETRY_DELAY).await;
    }
}

async fn consumer(bus: &Context, stream: &str, start_sequence: u64) -> Result<Ordered, async_nats::Error> {
    let config =
        OrderedConfig { deliver_policy: DeliverPolicy::ByStartSequence { start_sequence }, ..OrderedConfig::default() };
    Ok(bus.get_stream(stream).await?.create_consumer(config).await?.messages().await?)
}

/// A stream that was lost and filled again brings what was there before once more; it must be the same.
fn take(message: &Message, seen: &Seen, known: &mut HashMap<u64, String>) -> Option<Violation> {
    let position = message.info().unwrap().stream_sequence;
    let saw = what_it_is(message, position);
    match known.get(&position) {
        Some(known) if *known == saw => None,
        Some(_) => Some(Violation::SawAnother { reader: seen.reader().to_owned(), position, saw }),
        None => {
            known.insert(position, saw.clone());
            seen.take(position, saw)
        }
    }
}

/// The id of its event; more than that when it stands at another place than its event does.
fn what_it_is(message: &Message, sequence: u64) -> String {
    let header = |name| message.headers.as_ref()?.get(name).map(ToString::to_string);
    let event_id = header("Nats-Msg-Id").unwrap_or_default();
    match header("ce-sequence").and_then(|position| position.parse::<u64>().ok()) {
        Some(position) if position == sequence => event_id,
        position => format!("{event_id} of position {position:?}"),
    }
}
