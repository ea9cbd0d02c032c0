//! The screen: REST, the live stream and the embedded page.
//!
//! Nothing here decides or stores anything, and nothing polls: [`goal_agent::GoalAgent`] answers what is asked and carries out what is to
//! be done, and [`Live`] pushes what happens. The database and the bus are unknown here; how they are is told by the [`health`] checks that the executable hands in.
//!
//! Read in this order: [`router`] (what there is), [`live`] (the stream: one reader of the log, each event rendered once, shared by all
//! clients), `rest`, [`audit`], [`watch`], `page` and `assets`, then `guard` and `observe` (what holds for every request).
//!
//! Order and limits: [`Dashboard::run`] is the only one that writes to the stream; clients read at their own pace from one bounded window.
//! [`live::Limits`] names every bound.

pub mod audit;
pub mod live;

mod rest;
pub mod watch;

mod assets;
mod first_rows;
mod page;

pub mod health;

mod guard;
mod observe;
mod problem;
mod query;

#[cfg(feature = "fuzzing")]
pub mod fuzzing;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::{Router, middleware, routing::post};
use event_bus::Subscribe;
use goal_agent::GoalAgent;
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::{CompressionLevel, catch_panic::CatchPanicLayer, compression::CompressionLayer};

use rest::route::Passage;

pub use assets::{board_app, has_page};
pub use live::Live;
pub use problem::Problem;

/// Paths that tell how the server is: asked also, and above all, when nothing else is answered any more.
pub const VITAL_PATHS: [&str; 4] = ["/livez", "/readyz", "/health", "/metrics"];

/// How hard answers are compressed: beyond it a page gets hardly smaller, and later.
const COMPRESSION: CompressionLevel = CompressionLevel::Precise(5);
/// How often the health is looked at for those who are told of changes.
const HEALTH_INTERVAL: Duration = Duration::from_secs(5);

/// Renders all metrics in the Prometheus text format.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// What can be set.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Host names, without ports, that requests may be made to besides the loopback ones; `None` takes any. It keeps web pages elsewhere
    /// from reading a dashboard on loopback under a name of theirs.
    pub allowed_hosts: Option<Vec<String>>,
    /// The bounds of the live stream.
    pub live: live::Limits,
    /// What the process that this is a part of does, for those who ask.
    pub roles: Vec<String>,
    /// The settings in force, for those who ask: nothing secret.
    pub settings: Map<String, Value>,
}

/// What is told of this process.
struct About {
    started_at: SystemTime,
    roles: Vec<String>,
    settings: Map<String, Value>,
}

/// Everything the routes need. Cheap to clone.
#[derive(Clone)]
pub struct Dashboard {
    agent: GoalAgent,
    subscribe: Subscribe,
    live: Arc<Live>,
    watchers: Arc<Semaphore>,
    health: Arc<health::Health>,
    metrics: Option<RenderMetrics>,
    allowed_hosts: Option<Arc<[String]>>,
    about: Arc<About>,
}

impl Dashboard {
    /// `subscribe` opens a subscription behind a position; without `metrics` there is no `/metrics`. When `shutdown` is cancelled, clients
    /// of the stream are told and let go.
    pub fn new(
        agent: GoalAgent,
        subscribe: Subscribe,
        health: health::Health,
        metrics: Option<RenderMetrics>,
        config: Config,
        shutdown: CancellationToken,
    ) -> Self {
        let log = (
            live::replay(agent.clone(), Arc::clone(&subscribe)),
            live::end_before(agent.clone(), Arc::clone(&subscribe)),
        );
        Self {
            live: Arc::new(Live::new(agent.epoch(), live::warm_start(&agent), log, config.live, shutdown)),
            agent,
            subscribe,
            watchers: watch::seats(),
            health: Arc::new(health),
            metrics,
            allowed_hosts: config.allowed_hosts.map(Into::into),
            about: Arc::new(About { started_at: SystemTime::now(), roles: config.roles, settings: config.settings }),
        }
    }

    /// The live stream, for those who want to know how it is.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// Feeds the live stream until the shutdown. The routes answer without it, but nothing is pushed.
    pub async fn run(&self) {
        tokio::select! {
            () = live::follow(&self.agent, &self.subscribe, &self.live) => {}
            () = self.tell_health() => {}
            () = self.live.shutdown().cancelled() => {}
        }
    }

    async fn tell_health(&self) {
        loop {
            self.live.tell_server_status(&self.health.report().await);
            tokio::time::sleep(HEALTH_INTERVAL).await;
        }
    }
}

/// Only how the process is, for one that serves nothing else: whoever watches over it asks each the same.
pub fn vitals(dashboard: Dashboard) -> Router {
    let hosts = dashboard.allowed_hosts.clone();
    rest::served(rest::vitals(), Passage::Answer)
        .layer(middleware::from_fn_with_state(hosts, guard::check_host))
        .merge(rest::served(rest::vitals(), Passage::Probe))
        .layer(middleware::map_response(guard::secure))
        .with_state(dashboard)
}

/// All routes of the dashboard.
pub fn router(dashboard: Dashboard) -> Router {
    let answers = rest::served(rest::routes(), Passage::Answer)
        .route("/api/v1/commands/{name}", post(rest::commands::no_such_command))
        .layer(middleware::from_fn(guard::check_write))
        .layer(CompressionLayer::new().quality(COMPRESSION))
        .layer(middleware::from_fn(observe::bounded));
    let hosts = dashboard.allowed_hosts.clone();
    answers
        .merge(rest::served(rest::routes(), Passage::Stream))
        .layer(middleware::from_fn_with_state(hosts, guard::check_host))
        .merge(rest::served(rest::routes(), Passage::Probe))
        .fallback(problem::no_such_page)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(middleware::map_response(guard::secure))
        .layer(middleware::from_fn(observe::observe))
        .with_state(dashboard)
}
