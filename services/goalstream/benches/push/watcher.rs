//! A client that watches one address, in whichever era and over whichever transport, and notes when it is told.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use rmcp::{
    ClientHandler, RoleClient,
    model::{
        ClientCapabilities, ClientConfig, Implementation, ProtocolVersion, ResourceUpdatedNotificationParam,
        ServerNotification, SubscribeRequestParams, SubscriptionFilter,
    },
    service::{ClientLifecycleMode, ClientServiceExt, NotificationContext, RunningService},
    transport::StreamableHttpClientTransport,
};
use tokio::{
    process::{Child, Command},
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    time::timeout,
};

/// How long it may take to be told before we give up.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a watcher is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Straight to the instance.
    Http,
    /// To a `goalstream mcp` of its own, in front of the instance.
    Stdio,
}

/// Which era of the protocol it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    /// `subscriptions/listen`.
    Modern,
    /// `resources/subscribe`.
    Legacy,
}

/// A connected watcher; all of it ends with this value.
pub(crate) struct Watcher {
    told: UnboundedReceiver<Instant>,
    _client: RunningService<RoleClient, Ears>,
    _bridge: Option<Child>,
}

/// Notes when it is told without having asked in this moment.
struct Ears(UnboundedSender<Instant>);

impl ClientHandler for Ears {
    fn get_info(&self) -> ClientConfig {
        ClientConfig::new(ClientCapabilities::default(), Implementation::new("benchmark", "1"))
    }

    async fn on_resource_updated(&self, _: ResourceUpdatedNotificationParam, _: NotificationContext<RoleClient>) {
        let _ = self.0.send(Instant::now());
    }
}

impl Watcher {
    /// Connects and begins to watch.
    pub(crate) async fn begin(url: &str, way: Way, era: Era, address: &str) -> anyhow::Result<Self> {
        let (sender, told) = mpsc::unbounded_channel();
        let lifecycle = match era {
            Era::Modern => ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] },
            Era::Legacy => ClientLifecycleMode::Initialize,
        };
        let (client, bridge) = connect(url, way, Ears(sender.clone()), lifecycle).await?;
        match era {
            Era::Modern => listen(&client, address, sender).await?,
            Era::Legacy => subscribe(&client, address).await?,
        }
        Ok(Self { told, _client: client, _bridge: bridge })
    }

    /// When it was told next.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Instant> {
        timeout(PATIENCE, self.told.recv()).await.context("never told")?.context("the client ended")
    }

    /// Forgets what it was told until nothing has come for so long.
    pub(crate) async fn settle(&mut self, quiet: Duration) {
        while timeout(quiet, self.told.recv()).await.is_ok_and(|told| told.is_some()) {}
    }
}

async fn connect(
    url: &str,
    way: Way,
    ears: Ears,
    lifecycle: ClientLifecycleMode,
) -> anyhow::Result<(RunningService<RoleClient, Ears>, Option<Child>)> {
    let url = format!("{url}{}", mcp::PATH);
    if way == Way::Http {
        let transport = StreamableHttpClientTransport::from_uri(url);
        return Ok((ears.serve_with_lifecycle(transport, lifecycle).await.context("connect over HTTP")?, None));
    }
    let mut bridge = Command::new(env!("CARGO_BIN_EXE_goalstream"));
    bridge.args(["mcp", "--url", &url]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut bridge = bridge.kill_on_drop(true).spawn().context("start the stdio door")?;
    let input = bridge.stdin.take().context("it has a standard input")?;
    let output = bridge.stdout.take().context("it has a standard output")?;
    let client = ears.serve_with_lifecycle((output, input), lifecycle).await.context("connect over stdio")?;
    Ok((client, Some(bridge)))
}

async fn listen(
    client: &RunningService<RoleClient, Ears>,
    address: &str,
    told: UnboundedSender<Instant>,
) -> anyhow::Result<()> {
    let filter = SubscriptionFilter::builder().resource_subscriptions([address]).build();
    let mut subscription = client.listen(filter).await?;
    tokio::spawn(async move {
        while let Ok(Some(ServerNotification::ResourceUpdatedNotification(_))) = subscription.next().await {
            if told.send(Instant::now()).is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// A stdio door says that it is busy until it has found its instance.
#[expect(deprecated, reason = "the older era has no other way")]
async fn subscribe(client: &RunningService<RoleClient, Ears>, address: &str) -> anyhow::Result<()> {
    for _ in 0..100 {
        match client.subscribe(SubscribeRequestParams::new(address)).await {
            Ok(()) => return Ok(()),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    bail!("could not subscribe to {address}")
}
