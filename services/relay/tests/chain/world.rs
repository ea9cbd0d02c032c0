//! A log and a bus for one test, and the proof at its end.

use std::{future::Future, time::Duration};

use anyhow::{Context, anyhow, bail};
use domain::Recorded;
use event_bus::{Bus, BusConfig, ConnectionState, headers};
use event_store::{Log, LogReader, StoreConfig};
use local_stack::testing::{OwnStack, TestDatabase, stack};
use relay::{Relay, RelayState};
use tokio::{sync::watch, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long anything that is waited for may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Small, so that many streams fit beside each other.
const RETENTION_BYTES: u64 = 64 * 1024 * 1024;

/// Waits for something that must happen.
pub(crate) async fn eventually<T>(what: &str, wait: impl Future<Output = T>) -> anyhow::Result<T> {
    timeout(PATIENCE, wait).await.with_context(|| format!("waited {PATIENCE:?} until {what}"))
}

pub(crate) struct World {
    pub(crate) log: Log,
    pub(crate) config: BusConfig,
    pub(crate) owner_url: String,
    pub(crate) app_url: String,
    _database: Option<TestDatabase>,
}

impl World {
    /// A database and a stream of its own on the servers that tests share.
    pub(crate) async fn shared() -> anyhow::Result<Self> {
        let endpoints = stack().await.map_err(|error| anyhow!(error))?;
        let migrate = |url: String| async move { event_store::migrate(&url).await };
        let database = TestDatabase::create(&template(), migrate).await.map_err(|error| anyhow!(error))?;
        let log = Log::connect(StoreConfig::new(&database.app_url)).await?;
        let name = Uuid::new_v4().simple().to_string();
        let config = BusConfig {
            stream_name: format!("T{name}"),
            subject_prefix: format!("t{name}"),
            ..at(&endpoints.nats_url)
        };
        Ok(Self {
            log,
            config,
            owner_url: database.owner_url.clone(),
            app_url: database.app_url.clone(),
            _database: Some(database),
        })
    }

    /// Servers that this test may break.
    pub(crate) async fn own() -> anyhow::Result<(Self, OwnStack)> {
        let own = OwnStack::start().await.map_err(|error| anyhow!(error))?;
        event_store::migrate(&own.endpoints().owner_url).await?;
        let log = Log::connect(StoreConfig::new(&own.endpoints().database_url)).await?;
        Ok((
            Self {
                log,
                config: at(&own.endpoints().nats_url),
                owner_url: own.endpoints().owner_url.clone(),
                app_url: own.endpoints().database_url.clone(),
                _database: None,
            },
            own,
        ))
    }

    /// A connection of its own to the bus, connected.
    pub(crate) async fn bus(&self) -> anyhow::Result<Bus> {
        let bus = Bus::connect(self.config.clone()).await?;
        let mut connection = bus.connection();
        eventually("NATS is there", connection.wait_for(|state| *state == ConnectionState::Connected)).await??;
        Ok(bus)
    }

    pub(crate) async fn relay(&self) -> anyhow::Result<RunningRelay> {
        Ok(RunningRelay::start(self.log.clone(), self.bus().await?))
    }
}

fn at(nats_url: &str) -> BusConfig {
    BusConfig { retention_bytes: Some(RETENTION_BYTES), ..BusConfig::new(nats_url) }
}

/// The template changes with the migrations.
fn template() -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

/// A relay in a task, without election. Dropped, it is killed.
pub(crate) struct RunningRelay {
    state: watch::Receiver<RelayState>,
    task: JoinHandle<()>,
}

impl RunningRelay {
    pub(crate) fn start(log: impl LogReader, bus: Bus) -> Self {
        let relay = Relay::new(log, bus);
        let state = relay.state();
        let task = tokio::spawn(async move { relay.run_regardless(CancellationToken::new()).await });
        Self { state, task }
    }

    /// Whether it comes to publish within this time.
    pub(crate) async fn publishes_within(&mut self, bound: Duration) -> anyhow::Result<bool> {
        let publishing = timeout(bound, self.state.wait_for(|state| *state == RelayState::Publishing)).await;
        publishing.map_or(Ok(false), |published| Ok(published.map(|_| true)?))
    }

    /// The alarm it raises.
    pub(crate) async fn alarm(&mut self) -> anyhow::Result<String> {
        let raised = self.state.wait_for(|state| matches!(state, RelayState::Alarm { .. }));
        match eventually("the relay raises an alarm", raised).await??.clone() {
            RelayState::Alarm { message } => Ok(message),
            other => bail!("{other:?}"),
        }
    }
}

impl Drop for RunningRelay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Waits until the stream has everything up to a position.
pub(crate) async fn stream_reaches(bus: &Bus, position: u64) -> anyhow::Result<()> {
    let reached = async {
        // The stream may be gone or NATS down just now; only the end counts.
        while bus.last_sequence().await.unwrap_or(0) < position {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    eventually(&format!("the stream reaches {position}"), reached).await
}

/// Everything in the log, as subscribers see it.
pub(crate) async fn all_events(log: &Log) -> anyhow::Result<Vec<Recorded>> {
    let mut all: Vec<Recorded> = Vec::new();
    loop {
        let page = log.read_all(all.len() as u64, 5_000).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(
            page.into_iter().map(|event| Recorded { metadata: event.metadata.clone().without_free_text(), ..event }),
        );
    }
}

/// Every message from `first` on stands at its event's position, with the log's bytes and nothing else; there is nothing after.
pub(crate) async fn assert_stream_is_log(bus: &Bus, log: &Log, first: u64) -> anyhow::Result<()> {
    let events = all_events(log).await?;
    assert_eq!(bus.last_sequence().await?, events.len() as u64, "the stream ends where the log does");
    assert!(first == 1 || bus.message_at(first - 1).await?.is_none(), "the stream starts at {first}");
    for event in events.iter().skip(first as usize - 1) {
        let position = event.position;
        let message = bus.message_at(position).await?.with_context(|| format!("message {position} is missing"))?;
        assert_eq!(&*message.payload, event.payload.as_bytes(), "payload of {position}");
        let decoded = headers::decode(bus.subjects(), &message.subject, &message.headers, &message.payload)?;
        assert_eq!(decoded, *event, "the event of message {position}");
        assert!(!format!("{:?}", message.headers).contains("nobody"), "free text in a header of {position}");
    }
    Ok(())
}
