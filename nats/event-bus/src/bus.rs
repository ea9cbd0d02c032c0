//! The connection, and what is asked of the stream as a whole.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_nats::{
    ConnectOptions, Event, ServerAddr,
    jetstream::{context::ContextBuilder, message::StreamMessage, stream::Info},
};
use percent_encoding::percent_decode_str;
use tokio::sync::watch;

use crate::{BusConfig, BusError, Nats, Server, StreamDefinition, publisher, subject::Subjects};

/// How long NATS has to answer one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// The client notices a dead connection after two missed pings.
const PING_INTERVAL: Duration = Duration::from_secs(10);
/// First and longest wait between two attempts to reconnect.
const RECONNECT_DELAY_MIN: Duration = Duration::from_millis(10);
const RECONNECT_DELAY_MAX: Duration = Duration::from_secs(2);
/// What goes wrong is told so often, between two connections.
const TOLD_MAX: usize = 16;
/// How long closing waits for NATS to be told.
const CLOSE_BOUND: Duration = Duration::from_secs(1);

/// Whether NATS can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// Not yet, or no longer; the client keeps trying for ever.
    Disconnected,
    /// Connected.
    Connected,
}

/// The bus of one log. Clones share one connection.
#[derive(Clone)]
pub struct Bus<S: Server = Nats> {
    inner: Arc<Inner<S>>,
}

struct Inner<S> {
    config: BusConfig,
    subjects: Subjects,
    definition: StreamDefinition,
    server: S,
}

impl Bus {
    /// Starts to connect and returns at once: Goalstream works without NATS, so its absence is a state and not an error.
    ///
    /// # Errors
    /// When the address or the subject prefix cannot be used.
    pub async fn connect(config: BusConfig) -> Result<Self, BusError> {
        config.check_names()?;
        let (sender, connection) = watch::channel(ConnectionState::Disconnected);
        let servers = addresses(&config.nats_url)?;
        let observer = Observer::new(sender, &servers);
        let client = with_credentials(options(observer), &servers)
            .connect(servers)
            .await
            .map_err(|error| BusError::Address(error.to_string()))?;
        let context = ContextBuilder::new()
            .timeout(REQUEST_TIMEOUT)
            .ack_timeout(REQUEST_TIMEOUT)
            .max_ack_inflight(publisher::ABANDONED_ACKS_MAX)
            .build(client);
        Self::over(Nats { context, connection }, config)
    }

    /// Ends the connection of all clones. What was sent before is sent out.
    pub async fn close(&self) {
        // Fails only when the connection has ended already.
        if self.server().context.client().drain().await.is_ok() {
            let _ = tokio::time::timeout(CLOSE_BOUND, self.reaches(ConnectionState::Disconnected)).await;
        }
    }
}

impl<S: Server> Bus<S> {
    /// A bus over a connection that is there already, or on its way.
    ///
    /// # Errors
    /// When the subject prefix cannot be used.
    pub fn over(server: S, config: BusConfig) -> Result<Self, BusError> {
        let subjects = Subjects::new(&config.subject_prefix)?;
        let definition = StreamDefinition::of(&config, &subjects);
        Ok(Self { inner: Arc::new(Inner { config, subjects, definition, server }) })
    }

    /// Whether NATS can be reached, now and whenever that changes.
    pub fn connection(&self) -> watch::Receiver<ConnectionState> {
        let mut connection = self.server().connection();
        // A clone has seen what its original has seen, and ours has never looked: it would report a change at once.
        connection.mark_unchanged();
        connection
    }

    /// The subjects of this bus, for filters.
    pub fn subjects(&self) -> &Subjects {
        &self.inner.subjects
    }

    /// The stream's name.
    pub fn stream_name(&self) -> &str {
        &self.inner.config.stream_name
    }

    /// The sequence, and therefore position, of the stream's last message; 0 when it never had one.
    ///
    /// # Errors
    /// [`BusError::NoStream`], or NATS does not answer.
    pub async fn last_sequence(&self) -> Result<u64, BusError> {
        Ok(self.stream().await?.state.last_sequence)
    }

    /// The message at a position, if the stream (still) has it.
    ///
    /// # Errors
    /// When NATS does not answer.
    pub async fn message_at(&self, position: u64) -> Result<Option<StreamMessage>, BusError> {
        self.server().message(self.stream_name(), position).await
    }

    pub(crate) fn server(&self) -> &S {
        &self.inner.server
    }

    pub(crate) fn definition(&self) -> &StreamDefinition {
        &self.inner.definition
    }

    /// What the stream is and holds just now.
    pub(crate) async fn stream(&self) -> Result<Info, BusError> {
        self.server().stream(self.stream_name()).await
    }

    /// Ends when the connection reaches `state`.
    pub(crate) async fn reaches(&self, state: ConnectionState) {
        // The sender lives in the client's callback, so it ends with the client only: then there is nothing to wait for.
        let mut connection = self.connection();
        if connection.wait_for(|now| *now == state).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    pub(crate) fn is_connected(&self) -> bool {
        *self.server().connection().borrow() == ConnectionState::Connected
    }
}

fn options(observer: Observer) -> ConnectOptions {
    let observer = Arc::new(observer);
    ConnectOptions::new()
        .name("goalstream")
        .retry_on_initial_connect()
        .max_reconnects(None)
        .reconnect_delay_callback(reconnect_delay)
        .ping_interval(PING_INTERVAL)
        .request_timeout(Some(REQUEST_TIMEOUT))
        .event_callback(move |event| {
            let observer = Arc::clone(&observer);
            async move { observer.observe(&event) }
        })
}

/// Follows the connection, and tells of it. The client tries again for ever, so what keeps it from connecting is told once.
struct Observer {
    state: watch::Sender<ConnectionState>,
    /// The addresses, without what is secret in them.
    servers: String,
    /// What was told since there was a connection last.
    told: Mutex<Vec<String>>,
}

impl Observer {
    fn new(state: watch::Sender<ConnectionState>, servers: &[ServerAddr]) -> Self {
        let servers: Vec<_> = servers.iter().map(|server| format!("{}:{}", server.host(), server.port())).collect();
        Self { state, servers: servers.join(","), told: Mutex::default() }
    }

    fn observe(&self, event: &Event) {
        match event {
            Event::Connected => {
                tracing::info!(servers = self.servers, "connected to NATS");
                self.told().clear();
                self.state.send_replace(ConnectionState::Connected);
            }
            Event::Disconnected => {
                tracing::warn!(servers = self.servers, "disconnected from NATS");
                self.state.send_replace(ConnectionState::Disconnected);
            }
            Event::Closed => {
                tracing::debug!("closed the connection to NATS");
                self.state.send_replace(ConnectionState::Disconnected);
            }
            Event::ClientError(reason) if self.is_news(reason) => {
                tracing::warn!(%reason, servers = self.servers, "NATS cannot be reached; trying again");
            }
            Event::ServerError(reason) if self.is_news(reason) => tracing::warn!(%reason, "NATS refused something"),
            Event::SlowConsumer(subscription) if self.is_news(&"slow") => {
                tracing::warn!(subscription, "messages of NATS were dropped, since they were not taken soon enough");
            }
            other => tracing::debug!(%other, "NATS client event"),
        }
    }

    /// Whether this has not been told since there was a connection last. Of very many different things the first are told.
    fn is_news(&self, what: &impl ToString) -> bool {
        let (what, mut told) = (what.to_string(), self.told());
        let is_news = told.len() < TOLD_MAX && !told.contains(&what);
        if is_news {
            told.push(what);
        }
        is_news
    }

    fn told(&self) -> MutexGuard<'_, Vec<String>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn reconnect_delay(attempts: usize) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
    RECONNECT_DELAY_MIN.saturating_mul(1 << doublings).min(RECONNECT_DELAY_MAX)
}

fn addresses(urls: &str) -> Result<Vec<ServerAddr>, BusError> {
    let parse = |url: &str| url.trim().parse().map_err(|error: std::io::Error| BusError::Address(error.to_string()));
    urls.split(',').map(parse).collect()
}

/// The client takes no credentials from an address, so we do: user and password, or a token.
fn with_credentials(options: ConnectOptions, servers: &[ServerAddr]) -> ConnectOptions {
    let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let Some((server, user)) = servers.iter().find_map(|server| Some((server, server.username()?))) else {
        return options;
    };
    match server.password() {
        Some(password) => options.user_and_password(plain(user), plain(password)),
        None => options.token(plain(user)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reconnecting_backs_off_and_is_bounded() {
        assert_eq!(reconnect_delay(1), RECONNECT_DELAY_MIN);
        assert_eq!(reconnect_delay(3), RECONNECT_DELAY_MIN * 4);
        assert_eq!(reconnect_delay(usize::MAX), RECONNECT_DELAY_MAX);
    }

    #[test]
    fn what_keeps_it_from_connecting_is_told_once_until_it_is_connected() {
        let servers = addresses("nats://user:secret@here:4222, there").unwrap();
        let observer = Observer::new(watch::channel(ConnectionState::Disconnected).0, &servers);
        assert_eq!(observer.servers, "here:4222,there:4222");
        // Of two servers one refuses and the other is not known.
        let news = ["refused", "unknown", "refused", "unknown"].map(|reason| observer.is_news(&reason));
        assert_eq!(news, [true, true, false, false]);
        observer.observe(&Event::Connected);
        assert_eq!(*observer.state.borrow(), ConnectionState::Connected);
        assert!(observer.is_news(&"unknown"));
        assert!((0..100).filter(|number| observer.is_news(number)).count() < 100);
        assert_eq!(observer.told().len(), TOLD_MAX);
    }

    #[test]
    fn an_unusable_address_is_refused_without_showing_it() {
        let error = addresses("nats://user:secret@host:port").unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
