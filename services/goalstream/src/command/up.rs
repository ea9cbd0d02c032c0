//! `goalstream up`: everything in one process, over the same servers and code paths as production.

use std::{future::Future, net::SocketAddr, time::Duration};

use anyhow::Context;
use clap::Args;
use local_stack::{
    Config, Stack,
    tools::{Places, Tools},
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use super::{demo, progress, say};
use crate::{
    config::Settings,
    instance::{
        Connected, RunFile, Servers,
        http::{self, Listeners},
        roles::{Role, Roles},
        whose,
    },
    telemetry,
};

/// How long the start waits for the read models to catch up. A log that takes longer is served meanwhile, with what there is.
const VIEWS_BOUND: Duration = Duration::from_secs(10);

/// Run everything here.
#[derive(Args, Default)]
pub(crate) struct Up {
    /// Fill the board with an example.
    #[arg(long)]
    demo: bool,
    /// Started by `goalstream mcp`: take any free port if ours is taken, and say nothing.
    #[arg(long, hide = true)]
    detached: bool,
}

impl Up {
    pub(crate) async fn run(self, settings: Settings) -> anyhow::Result<()> {
        let _traces = telemetry::log(&settings.logging, if self.detached { "info" } else { "warn" })?;
        let stopping = stop_signal()?;
        // Before anything is started: a port that is taken should not cost anybody a database.
        let listeners = Listeners::open(&settings, |wanted, flag| self.listen(wanted, flag))?;
        match Servers::configured(&settings)? {
            Some(servers) => {
                // As with servers of our own: one instance has a data directory, and whoever stops it sees when it has ended.
                let _held = local_stack::hold(&settings.data_dir)?;
                whose::remember(&settings.data_dir, true)?;
                self.work(&settings, servers, listeners, stopping).await
            }
            None => self.work_on_private_servers(&settings, listeners, stopping).await,
        }
    }

    fn listen(&self, wanted: SocketAddr, flag: &str) -> anyhow::Result<TcpListener> {
        match http::listen(wanted) {
            Err(_) if self.detached => Ok(http::listen((wanted.ip(), 0).into())?),
            listener => listener.with_context(|| {
                format!("listen on {wanted}; is Goalstream running already? {flag} takes another address, port 0 any that is free")
            }),
        }
    }

    async fn work_on_private_servers(
        &self,
        settings: &Settings,
        listeners: Listeners,
        stopping: impl Future<Output = ()>,
    ) -> anyhow::Result<()> {
        let tools = Tools::find_or_install(&Places::from_environment(), &progress).await?;
        let mut stack = Stack::start(&Config::new(settings.data_dir.clone()), &tools, &progress).await?;
        whose::remember(&settings.data_dir, false)?;
        let servers = Servers::private(stack.endpoints());
        // Whatever becomes of them, only a signal ends us: what is left goes on, and `/health` tells.
        let worked = tokio::select! {
            worked = self.work(settings, servers, listeners, stopping) => worked,
            never = stack.supervise() => match never {},
        };
        self.tell("stopping Postgres and NATS");
        stack.stop().await?;
        worked
    }

    async fn work(
        &self,
        settings: &Settings,
        servers: Servers,
        listeners: Listeners,
        stopping: impl Future<Output = ()>,
    ) -> anyhow::Result<()> {
        servers.migrate().await?;
        let metrics = telemetry::metrics(&settings.logging)?;
        let connected = Connected::to(&servers, settings).await?;
        let shutdown = CancellationToken::new();
        let roles = Roles::start(&Role::ALL, &connected, settings, listeners, metrics, &shutdown).await?;
        let (url, tls_url) = (roles.url(), roles.tls_url());
        // Whoever finds us must not read less than was there before we started.
        let head = connected.log.head().await.context("ask where the log ends")?.position;
        if connected.views.wait_for(head, VIEWS_BOUND).await.is_err() {
            self.tell("the read models are still catching up with the log");
        }
        let run_file = RunFile::of(&url, &servers).write(&settings.data_dir)?;
        if self.demo {
            self.tell("filling the board with an example");
            demo::fill(&connected.agent).await?;
        }
        if !self.detached {
            if let Some(url) = tls_url {
                self.tell(&format!("over TLS: {url}"));
            }
            say(next_steps(&url, &servers.nats_reader_url, &connected.bus.subjects().everything(), settings));
        }
        stopping.await;
        self.tell("stopping: no new work is taken");
        shutdown.cancel();
        drop(run_file);
        roles.stopped().await;
        connected.close().await;
        Ok(())
    }

    fn tell(&self, line: &str) {
        if !self.detached {
            progress(line);
        }
    }
}

/// Resolves with the first signal to stop. A second one ends the process at once.
pub(crate) fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let (asked, stop) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        // Whoever no longer waits is stopping already.
        let _ = asked.send(());
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        tracing::warn!("stopped without waiting; the next start recovers");
        std::process::exit(130);
    });
    Ok(async move {
        // The sender lives as long as the process.
        let _ = stop.await;
    })
}

fn next_steps(url: &str, nats_reader_url: &str, subjects: &str, settings: &Settings) -> String {
    let program = std::env::current_exe().map_or_else(|_| "goalstream".to_owned(), |path| path.display().to_string());
    format!(
        "
  Goalstream is running.

  Dashboard      {url}/{page}
  Claude Code    claude mcp add goalstream -- {program} mcp{data_dir}
  Other clients  {program} mcp install --client claude-desktop|vscode|cursor{data_dir}
  MCP (HTTP)     {url}{mcp}
  Watch          {program} watch{data_dir}
  NATS           nats sub -s '{nats_reader_url}' '{subjects}'
  REST and SSE   {url}/api/v1/goals   {url}/events

  Data is in {data}. Ctrl-C stops everything and keeps it.
",
        page = if dashboard::has_page() { "" } else { "   without its page: `cargo xtask web`, then build again" },
        mcp = mcp::PATH,
        data = settings.data_dir.display(),
        data_dir = settings.data_dir_flag(),
    )
}
