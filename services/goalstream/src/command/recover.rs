//! `goalstream recover`: after an older Postgres was restored, begin a new epoch and a new stream. See nats/README.md.

use std::time::Duration;

use anyhow::Context;
use clap::Args;
use event_bus::Bus;
use local_stack::{
    Config, Stack,
    tools::{Places, Tools},
};

use tokio::time::{Instant, sleep};

use super::{progress, say};
use crate::{
    config::Settings,
    instance::{RunFile, Servers, connect_log},
    telemetry,
};

/// How long connections of roles that were stopped may take to go, and how often we look.
const GONE_BOUND: Duration = Duration::from_secs(5);
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// Begin a new epoch and recreate the stream.
#[derive(Args)]
pub(crate) struct Recover {
    /// The stream's name, to confirm that it is deleted with the consumers that others made on it.
    #[arg(long, value_name = "STREAM")]
    confirm: String,
}

impl Recover {
    pub(crate) async fn run(self, settings: Settings) -> anyhow::Result<()> {
        let _traces = telemetry::log(&settings.logging, "warn")?;
        anyhow::ensure!(
            self.confirm == settings.bus.stream_name,
            "--confirm is `{}`; the stream is `{}`",
            self.confirm,
            settings.bus.stream_name
        );
        match Servers::configured(&settings)? {
            Some(servers) => self.recover_on(&settings, &servers).await,
            None => self.recover_private(&settings).await,
        }
    }

    /// Starts the private servers for it, without any role.
    async fn recover_private(&self, settings: &Settings) -> anyhow::Result<()> {
        if let Some(running) = RunFile::read(&settings.data_dir)? {
            let (pid, flag) = (running.pid, settings.data_dir_flag());
            anyhow::bail!(
                "process {pid} runs here and holds positions of the lost history; `goalstream stop{flag}` ends it"
            );
        }
        let tools = Tools::find_or_install(&Places::from_environment(), &progress).await?;
        let stack = Stack::start(&Config::new(settings.data_dir.clone()), &tools, &progress).await?;
        let recovered = self.recover_on(settings, &Servers::private(stack.endpoints())).await;
        stack.stop().await?;
        recovered
    }

    async fn recover_on(&self, settings: &Settings, servers: &Servers) -> anyhow::Result<()> {
        nobody_else(&servers.owner_url).await?;
        // The backup may be from before the newest of them.
        servers.migrate().await?;
        let epoch = event_store::renew_epoch(&servers.owner_url).await.context("begin a new epoch")?;
        let log = connect_log(servers, 1, 2).await?;
        let bus = Bus::connect(settings.bus.at(&servers.nats_url)).await.context("use the NATS address")?;
        let last = bus.recreate_stream(&log, &self.confirm).await.context("recreate the stream")?;
        say(format!(
            "the log's epoch is {epoch}; the stream {} begins after position {last}; start the roles again",
            self.confirm
        ));
        bus.close().await;
        log.close().await;
        Ok(())
    }
}

/// Roles that run hold positions of the lost history, wherever they are. Those that were just stopped may take a moment to go.
async fn nobody_else(owner_url: &str) -> anyhow::Result<()> {
    let deadline = Instant::now() + GONE_BOUND;
    loop {
        match event_store::connections_of_others(owner_url).await.context("look who is connected")? {
            0 => return Ok(()),
            others => anyhow::ensure!(
                Instant::now() < deadline,
                "{others} connections of Goalstream's roles to this database are open; stop every role on every node first"
            ),
        }
        sleep(LOOK_INTERVAL).await;
    }
}
