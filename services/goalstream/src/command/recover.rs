//! `goalstream recover`: after an older Postgres was restored, begin a new epoch and a new stream. See nats/README.md.

use anyhow::Context;
use clap::Args;
use event_bus::Bus;

use super::say;
use crate::{
    config::Settings,
    instance::{Servers, connect_log},
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
        let servers = Servers::find(&settings)?;
        let epoch = event_store::renew_epoch(&servers.owner_url).await.context("begin a new epoch")?;
        let log = connect_log(&servers, 1, 2).await?;
        let bus = Bus::connect(settings.bus.at(&servers.nats_url)).await.context("use the NATS address")?;
        let last = bus.recreate_stream(&log, &self.confirm).await.context("recreate the stream")?;
        say(format!(
            "the log's epoch is {epoch}; the stream {} begins after position {last}; restart every role",
            self.confirm
        ));
        Ok(())
    }
}
