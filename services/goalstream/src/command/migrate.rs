//! `goalstream migrate`: the schema, as its owner.

use super::say;
use crate::{config::Settings, instance::Servers, telemetry};

pub(crate) async fn run(settings: Settings) -> anyhow::Result<()> {
    let _traces = telemetry::log(&settings.logging, "warn")?;
    let servers = Servers::find(&settings)?;
    servers.migrate().await?;
    say("the schema is up to date");
    Ok(())
}
