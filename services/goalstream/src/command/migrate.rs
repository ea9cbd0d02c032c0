//! `goalstream migrate`: the schema, as its owner.

use anyhow::Context;

use super::say;
use crate::{config::Settings, instance::Servers, telemetry};

pub(crate) async fn run(settings: Settings) -> anyhow::Result<()> {
    let _traces = telemetry::log(&settings.logging, "warn")?;
    let servers = Servers::find(&settings)?;
    event_store::migrate(&servers.owner_url).await.context("bring the schema up to date")?;
    say("the schema is up to date");
    Ok(())
}
