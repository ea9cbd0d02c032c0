//! Everything from the log to a listening socket, for one test.

use std::{
    future::Future,
    net::SocketAddr,
    sync::{Arc, LazyLock},
    time::Duration,
};

use anyhow::{Context, anyhow};
use dashboard::{
    Config, Dashboard,
    health::{Check, Health},
    router,
};
use domain::{ActorKind, TaskId};
use event_bus::{Bus, BusConfig, Subscribe, Subscription};
use event_store::{Log, StoreConfig};
use goal_agent::{
    Caller, GoalAgent,
    request::{AddComment, CreateGoal, TaskPlan},
};
use local_stack::testing::{OwnStack, TestDatabase, stack};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use projector::Projector;
use read_models::Views;
use relay::Relay;
use sqlx::postgres::PgPoolOptions;
use tokio::{net::TcpListener, time::timeout};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use uuid::Uuid;

/// How long anything that is waited for may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Small, so that many streams fit beside each other.
const RETENTION_BYTES: u64 = 64 * 1024 * 1024;

/// One recorder for all tests of the process.
static METRICS: LazyLock<PrometheusHandle> =
    LazyLock::new(|| PrometheusBuilder::new().install_recorder().expect("nobody else records"));

/// Waits for something that must happen.
pub(crate) async fn eventually<T>(what: &str, wait: impl Future<Output = T>) -> anyhow::Result<T> {
    timeout(PATIENCE, wait).await.with_context(|| format!("waited {PATIENCE:?} until {what}"))
}

pub(crate) struct World {
    pub(crate) agent: GoalAgent,
    pub(crate) dashboard: Dashboard,
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: CancellationToken,
    caller: Caller,
    _tasks: Vec<AbortOnDropHandle<()>>,
    _database: Option<TestDatabase>,
}

impl World {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        Self::with(Config::default(), Vec::new()).await
    }

    pub(crate) async fn with(config: Config, checks: Vec<Check>) -> anyhow::Result<Self> {
        LazyLock::force(&METRICS);
        let endpoints = stack().await.map_err(|error| anyhow!(error))?;
        let migrate = |url: String| async move { event_store::migrate(&url).await };
        let created = TestDatabase::create(&event_store::schema_key(), migrate).await;
        let database = created.map_err(|error| anyhow!(error))?;
        let mut world = Self::over(&database.app_url, &endpoints.nats_url, config, checks).await?;
        world._database = Some(database);
        Ok(world)
    }

    /// Servers that this test may break.
    pub(crate) async fn own(config: Config) -> anyhow::Result<(Self, OwnStack)> {
        let own = OwnStack::start().await.map_err(|error| anyhow!(error))?;
        let endpoints = own.endpoints();
        event_store::migrate(&endpoints.owner_url).await?;
        Ok((Self::over(&endpoints.database_url, &endpoints.nats_url, config, Vec::new()).await?, own))
    }

    async fn over(database_url: &str, nats_url: &str, config: Config, checks: Vec<Check>) -> anyhow::Result<Self> {
        let log = Log::connect(StoreConfig::new(database_url)).await?;
        let pool = PgPoolOptions::new().max_connections(8).connect(database_url).await?;
        let views = Views::open(pool, log.epoch()).await?;
        let name = Uuid::new_v4().simple().to_string();
        let bus = Bus::connect(BusConfig {
            stream_name: format!("T{name}"),
            subject_prefix: format!("t{name}"),
            retention_bytes: Some(RETENTION_BYTES),
            ..BusConfig::new(nats_url)
        })
        .await?;

        let shutdown = CancellationToken::new();
        let agent = GoalAgent::new(log.clone(), views.clone());
        let (for_clients, bus_for_clients) = (log.clone(), bus.clone());
        let subscribe = move |after| Subscription::from(for_clients.clone(), Some(bus_for_clients.clone()), after);
        let subscribe: Subscribe = Arc::new(subscribe);
        let metrics: dashboard::RenderMetrics = Arc::new(|| METRICS.render());
        let health = Health::new(checks);
        let dashboard = Dashboard::new(agent.clone(), subscribe, health, Some(metrics), config, shutdown.clone());

        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (running, stopping, pages) = (dashboard.clone(), shutdown.clone(), router(dashboard.clone()));
        let relay = Relay::new(log.clone(), bus.clone());
        let projector = Projector::new(log, Some(bus), views);
        let tasks = vec![
            spawn(async move { relay.run_regardless(CancellationToken::new()).await }),
            spawn(async move { projector.run(CancellationToken::new()).await.expect("the log is whole") }),
            spawn(async move { running.run().await }),
            spawn(async move {
                let serving = axum::serve(listener, pages).with_graceful_shutdown(stopping.cancelled_owned());
                serving.await.expect("the listener works");
            }),
        ];
        let caller = Caller::new("claude-1", ActorKind::Agent);
        Ok(Self { agent, dashboard, address, shutdown, caller, _tasks: tasks, _database: None })
    }

    /// A goal with so many tasks; the position of its last event.
    pub(crate) async fn goal(&self, title: &str, tasks: usize) -> anyhow::Result<(String, Vec<TaskId>, u64)> {
        let plan = |number| TaskPlan { title: format!("step {number}"), ..TaskPlan::default() };
        let request =
            CreateGoal { title: title.to_owned(), tasks: (0..tasks).map(plan).collect(), ..CreateGoal::default() };
        let planned = self.agent.create_goal(&self.caller, request).await?;
        Ok((planned.goal.to_string(), planned.ids.into_values().collect(), planned.stored.position))
    }

    pub(crate) async fn comment(&self, id: &str, body: &str) -> anyhow::Result<u64> {
        let request = AddComment { id: id.to_owned(), body: body.to_owned(), ..AddComment::default() };
        Ok(self.agent.comment(&self.caller, request).await?.stored.position)
    }

    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Waits until the live stream has pushed a position.
    pub(crate) async fn pushed(&self, position: u64) -> anyhow::Result<()> {
        let reached = async {
            while self.dashboard.live().position() < position {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        eventually(&format!("position {position} is pushed"), reached).await
    }
}

fn spawn(task: impl Future<Output = ()> + Send + 'static) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(task))
}
