//! The roles of a process: which there are, how they start, and how they stop.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use axum::{Router, response::Redirect, routing::get};
use clap::ValueEnum;
use dashboard::RenderMetrics;
use event_bus::{Subscribe, Subscription};
use mcp::{Behind, Door, DoorConfig};
use projector::Projector;
use relay::Relay;
use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{
    Connected, health,
    http::{self, Bounds, Listeners, descriptors},
    sweeping,
};
use crate::config::Settings;

/// How long the start waits for NATS to make the stream.
const STREAM_BOUND: Duration = Duration::from_secs(2);
/// How long roles may take to stop. Clients that keep their connections open for longer lose them.
const STOP_BOUND: Duration = Duration::from_secs(10);
/// Of so many connections one is left for requests, however many follow the live stream.
const CONNECTIONS_A_REQUEST: usize = 6;

/// What a process can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// The MCP door over HTTP.
    Mcp,
    /// Carries the log to the bus.
    Relay,
    /// Feeds the read models.
    Projector,
    /// The page, REST and the live stream.
    Dashboard,
}

impl Role {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Mcp, Self::Relay, Self::Projector, Self::Dashboard];
}

/// Roles at work.
pub(crate) struct Roles {
    tasks: JoinSet<()>,
    /// Where HTTP is served.
    address: SocketAddr,
    tls_address: Option<SocketAddr>,
}

impl Roles {
    /// Starts roles; they work until the shutdown.
    pub(crate) async fn start(
        roles: &[Role],
        connected: &Connected,
        settings: &Settings,
        listeners: Listeners,
        metrics: Option<RenderMetrics>,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let mut tasks = JoinSet::new();
        let (address, tls_address) = listeners.addresses().context("ask where HTTP is served")?;
        let relay = Relay::new(connected.log.clone(), connected.bus.clone());
        let projector = Projector::new(connected.log.clone(), Some(connected.bus.clone()), connected.views.clone());
        let relays = roles.contains(&Role::Relay).then_some(&relay);
        let checks = health::checks(connected, settings, relays, projector.state());
        if roles.contains(&Role::Relay) {
            // So that nobody here looks for a stream that is about to be made. When NATS is away, the relay goes on trying and says so.
            let _ = tokio::time::timeout(STREAM_BOUND, connected.bus.ensure_stream(&connected.log)).await;
            let shutdown = shutdown.clone();
            tasks.spawn(async move { relay.run(shutdown).await });
        }
        if roles.contains(&Role::Projector) {
            let shutdown = shutdown.clone();
            tasks.spawn(async move {
                // Why it stopped has been logged. Readers go on with what there is, and `/health` says that it is getting old.
                let _ = projector.run(shutdown).await;
            });
        }
        let bounds = Bounds::of(descriptors::connections(settings.door.connections_max));
        let mut router = Router::new();
        if roles.contains(&Role::Mcp) {
            let door = mcp_door(connected, settings, shutdown);
            router = router.merge(door.http_service());
            let (agent, subscribe) = (connected.agent.clone(), subscribe(connected));
            tasks.spawn(async move { door.tell_changes(&agent, &subscribe).await });
            // Whoever hands out leases says when they are over.
            if let Some(interval) = settings.leases.sweep_interval {
                tasks.spawn(sweeping::sweep(connected.agent.clone(), interval, shutdown.clone()));
            }
        }
        let clients_max = bounds.connections_max - bounds.connections_max.div_ceil(CONNECTIONS_A_REQUEST);
        let mut config = dashboard_config(settings, clients_max);
        config.roles = roles.iter().map(|role| format!("{role:?}").to_lowercase()).collect();
        let dashboard = dashboard(connected, config, checks, metrics, shutdown);
        if roles.contains(&Role::Dashboard) {
            let pushing = dashboard.clone();
            tasks.spawn(async move { pushing.run().await });
            router = router.merge(dashboard::router(dashboard));
        } else {
            router = router.merge(dashboard::vitals(dashboard));
            if roles.contains(&Role::Mcp) {
                router = router.route("/", get(|| async { Redirect::temporary(mcp::PATH) }));
            }
        }
        tasks.spawn(http::serve(listeners, router, bounds, shutdown.clone()));
        Ok(Self { tasks, address, tls_address })
    }

    /// The address as a client on this machine writes it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", reachable(self.address))
    }

    /// The same over TLS; a client elsewhere writes the name in the certificate.
    pub(crate) fn tls_url(&self) -> Option<String> {
        self.tls_address.map(|address| format!("https://{}", reachable(address)))
    }

    /// Waits for all roles to stop; those that do not within [`STOP_BOUND`] are ended.
    pub(crate) async fn stopped(mut self) {
        let all = async {
            while let Some(ended) = self.tasks.join_next().await {
                if let Err(error) = ended {
                    tracing::error!(error = &error as &dyn std::error::Error, "a role ended badly");
                }
            }
        };
        if tokio::time::timeout(STOP_BOUND, all).await.is_err() {
            tracing::warn!(?STOP_BOUND, "roles did not stop in time");
        }
    }
}

/// Where that is reached from this machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        ip if ip.is_unspecified() => (Ipv4Addr::LOCALHOST, address.port()).into(),
        _ => address,
    }
}

fn mcp_door(connected: &Connected, settings: &Settings, shutdown: &CancellationToken) -> Door {
    let config = DoorConfig {
        allowed_hosts: settings.door.allowed_hosts.clone(),
        allowed_origins: settings.door.allowed_origins.clone(),
        identity: settings.door.identity.clone(),
        board: dashboard::board_app(),
        shutdown: shutdown.clone(),
        ..DoorConfig::default()
    };
    let (_, behind) = watch::channel(Behind::Agent(connected.agent.clone()));
    Door::new(behind, config)
}

/// Opens subscriptions that follow the bus, and the log while the bus is away.
fn subscribe(connected: &Connected) -> Subscribe {
    let (log, bus) = (connected.log.clone(), connected.bus.clone());
    Arc::new(move |after| Subscription::from(log.clone(), Some(bus.clone()), after))
}

fn dashboard(
    connected: &Connected,
    config: dashboard::Config,
    checks: dashboard::health::Health,
    metrics: Option<RenderMetrics>,
    shutdown: &CancellationToken,
) -> dashboard::Dashboard {
    let agent = connected.agent.clone();
    dashboard::Dashboard::new(agent, subscribe(connected), checks, metrics, config, shutdown.clone())
}

fn dashboard_config(settings: &Settings, clients_max: usize) -> dashboard::Config {
    dashboard::Config {
        allowed_hosts: Some(settings.door.allowed_hosts.clone()),
        live: dashboard::live::Limits { clients_max, ..dashboard::live::Limits::default() },
        settings: settings.told(),
        ..dashboard::Config::default()
    }
}
