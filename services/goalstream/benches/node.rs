//! Another node of the same system, in this process: writes and reads beside the executable without going through a door.

use std::time::Duration;

use anyhow::Context;
use event_store::{Log, StoreConfig};
use goal_agent::GoalAgent;
use local_stack::Endpoints;
use read_models::Views;
use sqlx::{Connection, Executor, PgConnection};

/// How long the views may take to have everything that was written.
const VIEWS_BOUND: Duration = Duration::from_secs(120);

/// Its connections. The schema must be there.
pub(crate) struct Node {
    pub(crate) log: Log,
    pub(crate) views: Views,
    pub(crate) agent: GoalAgent,
}

impl Node {
    pub(crate) async fn connect(endpoints: &Endpoints) -> anyhow::Result<Self> {
        let log = Log::connect(StoreConfig::new(&endpoints.database_url)).await?;
        let views = Views::open(log.pool().clone(), log.epoch()).await?;
        let agent = GoalAgent::new(log.clone(), views.clone());
        Ok(Self { log, views, agent })
    }

    /// Waits until the views have everything that is in the log now.
    pub(crate) async fn views_caught_up(&self) -> anyhow::Result<()> {
        let head = self.log.head().await?.position;
        self.views.wait_for(head, VIEWS_BOUND).await.map(drop).context("wait for the views")
    }
}

/// As the database does by itself within some minutes. Until then it does not know how many rows there are, and plans for few, and looks
/// through what has not been sorted into the indexes of words.
pub(crate) async fn tidy_up(endpoints: &Endpoints) -> anyhow::Result<()> {
    PgConnection::connect(&endpoints.owner_url).await?.execute("VACUUM (ANALYZE)").await.context("tidy up")?;
    Ok(())
}
