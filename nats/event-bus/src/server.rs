//! What is asked of NATS, request by request.
//!
//! It is a trait because there is a second one: the model in `services/relay/tests/simulation`, which fails in more ways and in a
//! repeatable order (`docs/adr/0008`). Everything that judges an answer stands above it, in [`Bus`](crate::Bus),
//! [`Publisher`](crate::Publisher) and [`Subscription`](crate::Subscription), and so is simulated.

use std::{future::IntoFuture, pin::Pin, time::Duration};

use async_nats::{
    HeaderMap, Message,
    jetstream::{
        self,
        consumer::{AckPolicy, DeliverPolicy, pull},
        context::{CreateStreamErrorKind, GetStreamErrorKind, PublishError},
        message::{PublishMessage, StreamMessage},
        publish::PublishAck,
        stream::{Config, Info, RawMessageErrorKind},
    },
};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream::Map};
use tokio::sync::watch;

use crate::{
    BusError, ConnectionState,
    feed::{WINDOW_BYTES, WINDOW_EVENTS},
};

/// The server says this often that it is alive; after two silences the consumer is made anew.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How long the server keeps a consumer that nobody asks.
const INACTIVE_THRESHOLD: Duration = Duration::from_secs(60);

/// One connection to NATS; clones share it.
pub trait Server: Clone + Send + Sync + 'static {
    /// Ends with what became of a message.
    type Acknowledgement: Future<Output = Result<PublishAck, PublishError>> + Send + 'static;
    /// What a consumer brings: the number of each message in the stream, and the message.
    type Messages: Stream<Item = Result<(u64, Message), async_nats::Error>> + Send + Unpin + 'static;

    /// Whether it stands, now and whenever that changes.
    fn connection(&self) -> watch::Receiver<ConnectionState>;

    /// What the stream of this name is and holds, or [`BusError::NoStream`].
    fn stream(&self, name: &str) -> impl Future<Output = Result<Info, BusError>> + Send;

    /// Creates a stream; one that is there already must be the same.
    fn create_stream(&self, config: Config) -> impl Future<Output = Result<Info, BusError>> + Send;

    /// The message with a number, if the stream (still) has it.
    fn message(
        &self,
        stream: &str,
        sequence: u64,
    ) -> impl Future<Output = Result<Option<StreamMessage>, BusError>> + Send;

    /// Sends a message. Messages of one connection arrive in the order in which they were sent, or not at all.
    fn publish(
        &self,
        subject: String,
        headers: HeaderMap,
        payload: Bytes,
    ) -> impl Future<Output = Result<Self::Acknowledgement, PublishError>> + Send;

    /// A consumer of everything behind a number, in order.
    fn follow(&self, stream: &str, after: u64) -> impl Future<Output = Result<Self::Messages, BusError>> + Send;
}

/// The real one.
#[derive(Clone)]
pub struct Nats {
    pub(crate) context: jetstream::Context,
    pub(crate) connection: watch::Receiver<ConnectionState>,
}

type Pulled = Result<jetstream::Message, pull::MessagesError>;

impl Server for Nats {
    type Acknowledgement = Pin<Box<dyn Future<Output = Result<PublishAck, PublishError>> + Send>>;
    type Messages = Map<pull::Stream, fn(Pulled) -> Result<(u64, Message), async_nats::Error>>;

    fn connection(&self) -> watch::Receiver<ConnectionState> {
        self.connection.clone()
    }

    async fn stream(&self, name: &str) -> Result<Info, BusError> {
        let stream = self.context.get_stream(name).await.map_err(|error| match error.kind() {
            GetStreamErrorKind::JetStream(ref answer) if answer.code() == 404 => BusError::NoStream(name.to_owned()),
            _ => BusError::nats("ask for the stream")(error.into()),
        })?;
        Ok(stream.cached_info().clone())
    }

    async fn create_stream(&self, config: Config) -> Result<Info, BusError> {
        let stream = self.context.create_stream(config).await.map_err(|error| match error.kind() {
            // Its description says what to change, for example the server's limits.
            CreateStreamErrorKind::JetStream(answer) => BusError::nats("create the stream")(answer.into()),
            _ => BusError::nats("create the stream")(error.into()),
        })?;
        Ok(stream.cached_info().clone())
    }

    async fn message(&self, stream: &str, sequence: u64) -> Result<Option<StreamMessage>, BusError> {
        let doing = "read a message of the stream by its sequence";
        let stream = self.context.get_stream_no_info(stream).await;
        let stream = stream.map_err(|error| BusError::nats(doing)(error.into()))?;
        match stream.get_raw_message(sequence).await {
            Ok(message) => Ok(Some(message)),
            Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(BusError::nats(doing)(error.into())),
        }
    }

    async fn publish(
        &self,
        subject: String,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Result<Self::Acknowledgement, PublishError> {
        let message = PublishMessage::build().headers(headers).payload(payload);
        Ok(self.context.send_publish(subject, message).await?.into_future())
    }

    async fn follow(&self, stream: &str, after: u64) -> Result<Self::Messages, BusError> {
        let doing = "follow the stream";
        let consumer = self.context.create_consumer_on_stream(consumer_behind(after), stream).await;
        let consumer = consumer.map_err(|error| BusError::nats(doing)(error.into()))?;
        let messages = consumer.stream().max_messages_per_batch(WINDOW_EVENTS).max_bytes_per_batch(WINDOW_BYTES);
        let messages = messages.heartbeat(HEARTBEAT).messages().await;
        Ok(messages.map_err(|error| BusError::nats(doing)(error.into()))?.map(numbered))
    }
}

/// Ephemeral, unacknowledged and in memory, since the subscription alone knows where it is.
fn consumer_behind(after: u64) -> pull::Config {
    pull::Config {
        description: Some("goalstream subscription".to_owned()),
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: after + 1 },
        ack_policy: AckPolicy::None,
        inactive_threshold: INACTIVE_THRESHOLD,
        memory_storage: true,
        num_replicas: 1,
        ..pull::Config::default()
    }
}

fn numbered(pulled: Pulled) -> Result<(u64, Message), async_nats::Error> {
    let message = pulled?;
    let sequence = message.info()?.stream_sequence;
    Ok((sequence, message.message))
}
