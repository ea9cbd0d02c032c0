//! `goalstream recover`: after an older Postgres was restored, begin a new epoch and a new stream. See nats/README.md.

use anyhow::Context;
use clap::Args;
use event_bus::Bus;
use local_stack::{
    Config, Stack,
    tools::{Places, Tools},
};

use super::{progress, say};
use crate::{
    config::Settings,
    instance::{RunFile, Servers, connect_log},
    telemetry,
};

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
