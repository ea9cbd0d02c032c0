//! All roles in this process, as the executable starts them.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use dashboard::{Dashboard, health::Health};
use event_bus::{Bus, BusConfig, Subscription};
use event_store::{Log, StoreConfig};
use goal_agent::GoalAgent;
use local_stack::Endpoints;
use projector::Projector;
use read_models::Views;
use relay::Relay;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

/// How long the views may take to catch up with the largest log that a benchmark makes.
const SETTLE_BOUND: Duration = Duration::from_secs(3 * 60 * 60);

pub(crate) struct Instance {
    pub(crate) log: Log,
    pub(crate) views: Views,
    pub(crate) agent: GoalAgent,
    pub(crate) url: String,
    shutdown: CancellationToken,
    roles: JoinSet<()>,
}

impl Instance {
    pub(crate) async fn start(endpoints: &Endpoints) -> anyhow::Result<Self> {
        event_store::migrate(&endpoints.owner_url).await?;
        let log = Log::connect(StoreConfig::new(&endpoints.database_url)).await?;
        let bus = BusConfig { retention_bytes: Some(1 << 30), ..BusConfig::new(&endpoints.nats_url) };
        let bus = Bus::connect(bus).await?;
        let views = Views::open(log.pool().clone(), log.epoch()).await?;
        let agent = GoalAgent::new(log.clone(), views.clone());
        let shutdown = CancellationToken::new();
        let mut roles = JoinSet::new();

        let relay = Relay::new(log.clone(), bus.clone());
        let end = shutdown.clone();
        roles.spawn(async move { relay.run(end).await });

        let projector = Projector::new(log.clone(), Some(bus.clone()), views.clone());
        let end = shutdown.clone();
        roles.spawn(async move {
            // Were it to stop, no frame would come, and the benchmark would say so.
            let _ = projector.run(end).await;
        });

        let subscribed = log.clone();
        let subscribe = Arc::new(move |after| Subscription::from(subscribed.clone(), Some(bus.clone()), after));
        let config = dashboard::Config::default();
        let health = Health::new(Vec::new());
        let dashboard = Dashboard::new(agent.clone(), subscribe, health, None, config, shutdown.clone());
        let pushing = dashboard.clone();
        roles.spawn(async move { pushing.run().await });

        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let listener = axum::serve::ListenerExt::tap_io(listener, |connection| {
            let _ = connection.set_nodelay(true);
        });
        let service = dashboard::router(dashboard).into_make_service_with_connect_info::<SocketAddr>();
        let end = shutdown.clone();
        roles.spawn(async move {
            // Were it to end early, the client would say so.
            let _ = axum::serve(listener, service).with_graceful_shutdown(end.cancelled_owned()).await;
        });
        Ok(Self { log, views, agent, url, shutdown, roles })
    }

    /// Waits until the views hold everything that the log holds now.
    pub(crate) async fn settle(&self) -> anyhow::Result<()> {
        let head = self.log.head().await?.position;
        self.views.wait_for(head, SETTLE_BOUND).await?;
        Ok(())
    }

    pub(crate) async fn stop(mut self) {
        self.shutdown.cancel();
        self.roles.shutdown().await;
    }
}
