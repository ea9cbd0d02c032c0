//! A running Goalstream: its servers, its roles, and how others find it.

pub(crate) mod health;
pub(crate) mod http;
pub(crate) mod roles;
pub(crate) mod run_file;
mod sweeping;
pub(crate) mod whose;

use anyhow::Context;
use event_bus::Bus;
use event_store::{Log, StoreConfig};
use goal_agent::GoalAgent;
use local_stack::Endpoints;
use read_models::Views;

use crate::config::Settings;
pub(crate) use run_file::RunFile;

/// The servers that somebody's data is on.
#[derive(Clone)]
pub(crate) struct Servers {
    pub(crate) database_url: String,
    pub(crate) owner_url: String,
    pub(crate) nats_url: String,
    /// The same for outsiders, who should only read; with servers of the user's it is theirs to make such an account.
    pub(crate) nats_reader_url: String,
}

impl Servers {
    /// Those that the settings name; `None` when private ones are wanted.
    pub(crate) fn configured(settings: &Settings) -> anyhow::Result<Option<Self>> {
        match (&settings.database.url, &settings.bus.url) {
            (None, None) => Ok(None),
            (Some(database_url), Some(nats_url)) => {
                let owner_url = settings.database.owner_url.as_ref().unwrap_or(database_url);
                for (name, url) in [("DATABASE_URL", database_url), ("GOALSTREAM_OWNER_URL", owner_url)] {
                    anyhow::ensure!(
                        is_of_postgres(url),
                        "{name} is no address of a Postgres; give postgres://USER:PASSWORD@HOST:PORT/DATABASE"
                    );
                }
                Ok(Some(Self {
                    owner_url: owner_url.clone(),
                    database_url: database_url.clone(),
                    nats_url: nats_url.clone(),
                    nats_reader_url: nats_url.clone(),
                }))
            }
            (Some(_), None) => {
                anyhow::bail!("DATABASE_URL is given and NATS_URL is not; give both, or neither for private servers")
            }
            (None, Some(_)) => {
                anyhow::bail!("NATS_URL is given and DATABASE_URL is not; give both, or neither for private servers")
            }
        }
    }

    /// Private ones.
    pub(crate) fn private(endpoints: &Endpoints) -> Self {
        Self {
            database_url: endpoints.database_url.clone(),
            owner_url: endpoints.owner_url.clone(),
            nats_url: endpoints.nats_url.clone(),
            nats_reader_url: endpoints.nats_reader_url.clone(),
        }
    }

    /// Brings the schema up to date, as its owner.
    pub(crate) async fn migrate(&self) -> anyhow::Result<()> {
        let (owner_url, app_url) = (&self.owner_url, &self.database_url);
        // Else whatever the owner's address leads to would be changed.
        anyhow::ensure!(
            owner_url == app_url || event_store::is_one_database(owner_url, app_url).await?,
            "GOALSTREAM_OWNER_URL leads to another database than DATABASE_URL; give both the same host and database"
        );
        event_store::migrate(owner_url).await.context("bring the schema up to date")
    }

    /// Those that the settings name, else those of the instance that runs here.
    pub(crate) fn find(settings: &Settings) -> anyhow::Result<Self> {
        if let Some(configured) = Self::configured(settings)? {
            return Ok(configured);
        }
        let running = RunFile::read(&settings.data_dir)?.with_context(|| {
            let (dir, flag) = (settings.data_dir.display(), settings.data_dir_flag());
            format!("nothing runs in {dir}; start `goalstream up{flag}`, or give DATABASE_URL and NATS_URL")
        })?;
        Ok(running.servers())
    }
}

/// The way into the log, the bus and the views of some servers.
#[derive(Clone)]
pub(crate) struct Connected {
    pub(crate) log: Log,
    pub(crate) bus: Bus,
    pub(crate) views: Views,
    pub(crate) agent: GoalAgent,
}

impl Connected {
    /// Connects; the schema must be there.
    pub(crate) async fn to(servers: &Servers, settings: &Settings) -> anyhow::Result<Self> {
        let (min, max) = (settings.database.pool_min, settings.database.pool_max);
        let log = connect_log(servers, min, max).await?;
        let bus = Bus::connect(settings.bus.at(&servers.nats_url)).await.context("use the NATS address")?;
        let views = Views::open(log.pool().clone(), log.epoch()).await.context("open the read models")?;
        Ok(Self { agent: GoalAgent::new(log.clone(), views.clone()), log, bus, views })
    }

    /// Says goodbye to both servers.
    pub(crate) async fn close(self) {
        self.bus.close().await;
        self.log.close().await;
    }
}

/// The driver takes any scheme for its own.
fn is_of_postgres(url: &str) -> bool {
    let scheme = url.trim_start().split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    scheme.is_some_and(|scheme| scheme == "postgres" || scheme == "postgresql")
}

/// Connects to the log alone.
pub(crate) async fn connect_log(servers: &Servers, pool_min: u32, pool_max: u32) -> anyhow::Result<Log> {
    let config = StoreConfig { pool_min, pool_max, ..StoreConfig::new(&servers.database_url) };
    let at = config.server().map(|server| format!(" at {server}")).unwrap_or_default();
    Log::connect(config).await.map_err(|error| {
        let hint = if error.lacks_the_schema() { "; does the schema need `goalstream migrate`?" } else { "" };
        anyhow::Error::new(error).context(format!("connect to the event log{at}{hint}"))
    })
}
