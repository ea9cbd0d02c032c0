//! A door with a log, views and an agent of its own behind it, and clients in front of it.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context, Result, anyhow};
use event_bus::{Subscribe, Subscription};
use event_store::{Log, StoreConfig};
use goal_agent::GoalAgent;
use local_stack::testing::TestDatabase;
use mcp::{Behind, Door, DoorConfig};
use read_models::Views;
use rmcp::{
    ClientHandler, ClientLifecycleMode, ClientServiceExt, RoleClient,
    model::{CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, Implementation},
    service::RunningService,
};
use serde_json::Value;
use tokio::{sync::watch, task::JoinHandle};

use crate::shapes;

pub(crate) type Client = RunningService<RoleClient, ClientConfig>;

/// Events that the views take in at once.
const PAGE_EVENTS: usize = 500;

pub(crate) struct World {
    _database: TestDatabase,
    projecting: JoinHandle<()>,
    log: Log,
    pub(crate) agent: GoalAgent,
}

impl Drop for World {
    fn drop(&mut self) {
        self.projecting.abort();
    }
}

impl World {
    pub(crate) async fn start() -> Result<Self> {
        let database = TestDatabase::create(&event_store::schema_key(), |owner_url| async move {
            event_store::migrate(&owner_url).await
        })
        .await
        .map_err(|error| anyhow!(error))?;
        let log = Log::connect(StoreConfig::new(&database.app_url)).await?;
        let pool = sqlx::postgres::PgPoolOptions::new().max_connections(6).connect(&database.app_url).await?;
        let views = Views::open(pool, log.epoch()).await?;
        let projecting = tokio::spawn(project(log.clone(), views.clone()));
        Ok(Self { agent: GoalAgent::new(log.clone(), views), log, _database: database, projecting })
    }

    pub(crate) fn door(&self) -> Door {
        self.door_that(DoorConfig::default())
    }

    /// One that behaves so.
    pub(crate) fn door_that(&self, config: DoorConfig) -> Door {
        // The door keeps the last value when the sender is gone.
        Door::new(watch::channel(Behind::Agent(self.agent.clone())).1, config)
    }

    /// One that tells its clients of changes.
    pub(crate) fn telling_door(&self) -> Door {
        let (door, agent, log) = (self.door(), self.agent.clone(), self.log.clone());
        let telling = door.clone();
        tokio::spawn(async move {
            let subscribe: Subscribe = Arc::new(move |after| Subscription::from(log.clone(), None, after));
            telling.tell_changes(&agent, &subscribe).await;
        });
        door
    }
}

/// Stands in for the projector, without the bus.
async fn project(log: Log, views: Views) {
    let mut position = 0;
    let mut wakeups = log.wakeups();
    loop {
        let page = log.read_all(position, PAGE_EVENTS).await.expect("read the log");
        let Some(last) = page.last() else {
            wakeups.wait_for(|head| *head > position).await.expect("the log is open");
            continue;
        };
        position = last.position;
        views.apply(&page.into_iter().map(Arc::new).collect::<Vec<_>>()).await.expect("project a page");
    }
}

/// A door behind which nothing is ready yet, and never will be while the sender lives.
pub(crate) fn starting_door() -> (watch::Sender<Behind>, Door) {
    starting_door_that(DoorConfig::default())
}

/// The same that behaves so.
pub(crate) fn starting_door_that(config: DoorConfig) -> (watch::Sender<Behind>, Door) {
    let (sender, behind) = watch::channel(Behind::Starting);
    (sender, Door::new(behind, config))
}

/// Serves a door over HTTP on a port of its own.
pub(crate) async fn serve(door: &Door) -> Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let service = door.http_service().into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    Ok(address)
}

pub(crate) fn describe() -> ClientConfig {
    ClientConfig::new(ClientCapabilities::default(), Implementation::new("door-test", "1.0"))
}

/// A client of either era, over a pair of pipes to the stdio door.
pub(crate) async fn over_stdio(door: &Door, era: ClientLifecycleMode) -> Result<Client> {
    over_stdio_as(describe(), door, era).await
}

/// The same for a client of the test's own.
pub(crate) async fn over_stdio_as<C: ClientHandler>(
    client: C,
    door: &Door,
    era: ClientLifecycleMode,
) -> Result<RunningService<RoleClient, C>> {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let (input, output) = tokio::io::split(theirs);
    let door = door.clone();
    tokio::spawn(async move { mcp::stdio::serve_on(&door, input, output).await });
    client.serve_with_lifecycle(ours, era).await.context("connect over stdio")
}

/// A client of either era, over HTTP.
pub(crate) async fn over_http(address: SocketAddr, era: ClientLifecycleMode) -> Result<Client> {
    over_http_as(describe(), address, era).await
}

/// The same for a client of the test's own.
pub(crate) async fn over_http_as<C: ClientHandler>(
    client: C,
    address: SocketAddr,
    era: ClientLifecycleMode,
) -> Result<RunningService<RoleClient, C>> {
    over_http_at(client, &format!("http://{address}{}", mcp::PATH), era).await
}

/// The same at an address of the test's own.
pub(crate) async fn over_http_at<C: ClientHandler>(
    client: C,
    url: &str,
    era: ClientLifecycleMode,
) -> Result<RunningService<RoleClient, C>> {
    let transport = rmcp::transport::StreamableHttpClientTransport::from_uri(url.to_owned());
    client.serve_with_lifecycle(transport, era).await.context("connect over HTTP")
}

pub(crate) async fn call(client: &Client, tool: &'static str, arguments: Value) -> Result<CallToolResult> {
    let arguments = arguments.as_object().cloned().context("arguments are an object")?;
    let result = client.call_tool(CallToolRequestParams::new(tool).with_arguments(arguments)).await?;
    shapes::check(tool, &result).await?;
    Ok(result)
}

/// The structure of an answer, which must not be an error.
pub(crate) fn answer(result: CallToolResult) -> Value {
    assert_eq!(result.is_error, Some(false), "{result:?}");
    structure(result)
}

/// The structure of an answer, which must be an error.
pub(crate) fn refusal(result: CallToolResult) -> Value {
    assert_eq!(result.is_error, Some(true), "{result:?}");
    structure(result)
}

fn structure(result: CallToolResult) -> Value {
    let text = result.content[0].as_text().expect("an answer is one text");
    let read: Value = serde_json::from_str(&text.text).expect("the text is JSON");
    let structure = result.structured_content.expect("an answer has structure");
    assert_eq!(read, structure, "text and structure agree");
    structure
}

/// The protocol's newer era, without sessions.
pub(crate) fn modern() -> ClientLifecycleMode {
    ClientLifecycleMode::Discover { preferred_versions: vec![rmcp::model::ProtocolVersion::V_2026_07_28] }
}

/// The era of `initialize`.
pub(crate) fn legacy() -> ClientLifecycleMode {
    ClientLifecycleMode::Initialize
}
