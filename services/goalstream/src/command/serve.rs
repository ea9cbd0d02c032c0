//! `goalstream serve ROLE...`: some roles, on servers that somebody else keeps.

use anyhow::Context;
use clap::Args;
use tokio_util::sync::CancellationToken;

use super::{progress, up::stop_signal};
use crate::{
    config::Settings,
    instance::{
        Connected, Servers,
        http::{self, Listeners},
        roles::{Role, Roles},
    },
    telemetry,
};

/// Run some roles only.
#[derive(Args)]
pub(crate) struct Serve {
    /// What this process does.
    #[arg(required = true, value_name = "ROLE")]
    roles: Vec<Role>,
}

impl Serve {
    pub(crate) async fn run(self, settings: Settings) -> anyhow::Result<()> {
        let _traces = telemetry::log(&settings.logging, "info")?;
        let stopping = stop_signal()?;
        let servers = Servers::configured(&settings)?
            .context("DATABASE_URL and NATS_URL are missing; `goalstream up` starts private servers instead")?;
        let listeners = Listeners::open(&settings, |wanted, flag| {
            http::listen(wanted).with_context(|| format!("listen on {wanted}; {flag} takes another address"))
        })?;
        let metrics = telemetry::metrics(&settings.logging)?;
        let connected = Connected::to(&servers, &settings).await?;
        let shutdown = CancellationToken::new();
        let roles = Roles::start(&self.roles, &connected, &settings, listeners, metrics, &shutdown).await?;
        let tls = roles.tls_url().map(|url| format!(" and {url}")).unwrap_or_default();
        progress(&format!("serving on {}{tls}", roles.url()));
        stopping.await;
        shutdown.cancel();
        roles.stopped().await;
        connected.close().await;
        Ok(())
    }
}
