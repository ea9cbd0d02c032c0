//! A publisher that does nothing but publish.

use std::time::{Duration, Instant};

use async_nats::{
    HeaderMap,
    header::{NATS_EXPECTED_LAST_SEQUENCE, NATS_EXPECTED_STREAM, NATS_MESSAGE_ID},
    jetstream,
};
use bytes::Bytes;
use event_bus::{Bus, headers, publisher::WINDOW_EVENTS};
use event_store::Log;
use futures::{StreamExt, stream::FuturesOrdered};
use local_stack::Endpoints;

/// Events read at once while the messages are made.
const PAGE_EVENTS: usize = 5_000;
/// The client's own bound must not be the window.
const INFLIGHT_MAX: usize = 4 * WINDOW_EVENTS;

struct Message {
    subject: String,
    headers: HeaderMap,
    payload: Bytes,
}

/// How long the whole log takes to a new stream when its messages are ready.
pub(crate) async fn published(log: &Log, bus: &Bus, endpoints: &Endpoints) -> anyhow::Result<Duration> {
    let messages = messages(log, bus).await?;
    let context = context(endpoints).await?;
    let begun = Instant::now();
    bus.ensure_stream(log).await?;
    let mut on_their_way = FuturesOrdered::new();
    for message in messages {
        if on_their_way.len() >= WINDOW_EVENTS {
            on_their_way.next().await.transpose()?;
        }
        let sent = context.publish_with_headers(message.subject, message.headers, message.payload).await?;
        on_their_way.push_back(sent.into_future());
    }
    while let Some(stored) = on_their_way.next().await {
        stored?;
    }
    Ok(begun.elapsed())
}

pub(crate) async fn delete_stream(endpoints: &Endpoints, stream: &str) -> anyhow::Result<()> {
    context(endpoints).await?.delete_stream(stream).await?;
    Ok(())
}

/// A connection of its own, set up as the bus sets up its own.
async fn context(endpoints: &Endpoints) -> anyhow::Result<jetstream::Context> {
    let server: async_nats::ServerAddr = endpoints.nats_url.parse()?;
    let (user, password) = (server.username().unwrap_or_default(), server.password().unwrap_or_default());
    let options = async_nats::ConnectOptions::with_user_and_password(user.to_owned(), password.to_owned());
    let client = options.connect(server).await?;
    Ok(jetstream::context::ContextBuilder::new().max_ack_inflight(INFLIGHT_MAX).build(client))
}

/// What the relay would send.
async fn messages(log: &Log, bus: &Bus) -> anyhow::Result<Vec<Message>> {
    let mut messages = Vec::new();
    loop {
        let page = log.read_all(messages.len() as u64, PAGE_EVENTS).await?;
        if page.is_empty() {
            return Ok(messages);
        }
        for event in page {
            let mut headers = headers::encode(&event);
            headers.insert(NATS_MESSAGE_ID, event.event_id.to_string());
            headers.insert(NATS_EXPECTED_STREAM, bus.stream_name());
            headers.insert(NATS_EXPECTED_LAST_SEQUENCE, (event.position - 1).to_string());
            let payload = Bytes::copy_from_slice(event.payload.as_bytes());
            messages.push(Message { subject: bus.subjects().of(&event)?, headers, payload });
        }
    }
}
