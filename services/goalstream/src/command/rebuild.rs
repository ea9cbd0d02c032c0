//! `goalstream rebuild`: read models anew from the log, beside the live ones.

use anyhow::Context;
use clap::Args;

use super::{progress, say};
use crate::{
    config::Settings,
    instance::{Connected, Servers},
    telemetry,
};

/// Remake a read model.
#[derive(Args)]
pub(crate) struct Rebuild {
    /// Its name, or `all`.
    name: String,
}

impl Rebuild {
    pub(crate) async fn run(self, settings: Settings) -> anyhow::Result<()> {
        let _traces = telemetry::log(&settings.logging, "warn")?;
        let servers = Servers::find(&settings)?;
        let Connected { log, views, .. } = Connected::to(&servers, &settings).await?;
        let before = views.states().await?;
        let told = |at: read_models::RebuildProgress| progress(&format!("position {} of {}", at.position, at.live));
        let rebuilt = projector::rebuild(&log, &views, &self.name, &told).await.context("rebuild")?;
        for view in &rebuilt.views {
            let old = before
                .iter()
                .find(|state| state.name == *view && state.state == "live")
                .map_or(0, |state| state.generation);
            let compared = views.compare(view, old, rebuilt.generation).await?;
            anyhow::ensure!(
                compared.is_equal(),
                "{view}: generation {old} and {} differ: {compared:?}",
                rebuilt.generation
            );
            say(format!(
                "{view}: generation {} is live at position {} and equal to the one before",
                rebuilt.generation, rebuilt.position
            ));
        }
        Ok(())
    }
}
