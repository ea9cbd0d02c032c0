//! A log, its views and a projector, for one test.

use domain::ActorKind;
use event_store::{Log, StoreConfig, migrate, schema_key};
use goal_agent::{
    Caller, GoalAgent, Refusal,
    reply::{Claimed, Planned},
    request::{Claim, CreateGoal, TaskPlan},
};
use local_stack::testing::TestDatabase;
use projector::Projector;
use read_models::Views;
use tokio_util::sync::{CancellationToken, DropGuard};

/// What a test works with; everything stops when it is dropped.
pub(crate) struct Board {
    pub(crate) agent: GoalAgent,
    pub(crate) log: Log,
    pub(crate) database: TestDatabase,
    _stopping: DropGuard,
}

impl Board {
    pub(crate) async fn new() -> Self {
        let database = database().await;
        let (agent, log, stopping) = node(&database).await;
        Self { agent, log, database, _stopping: stopping }
    }

    /// Nobody projects: its views stay empty.
    pub(crate) async fn unprojected() -> Self {
        let database = database().await;
        let (log, views) = views_of(&database).await;
        let agent = GoalAgent::new(log.clone(), views);
        Self { agent, log, database, _stopping: CancellationToken::new().drop_guard() }
    }

    /// Another process on the same log: its own caches, connections and projector.
    pub(crate) async fn another_node(&self) -> (GoalAgent, DropGuard) {
        let (agent, _, stopping) = node(&self.database).await;
        (agent, stopping)
    }

    /// A goal of three tasks: `build` after `design`, `rest` free.
    pub(crate) async fn small_plan(&self, caller: &Caller) -> Planned {
        let after = |title: &str, key: &str, after: &[&str]| TaskPlan {
            title: title.into(),
            key: Some(key.into()),
            after: after.iter().map(ToString::to_string).collect(),
            ..TaskPlan::default()
        };
        let request = CreateGoal {
            title: "A small plan".into(),
            tasks: vec![
                after("Design", "design", &[]),
                after("Build", "build", &["design"]),
                after("Rest", "rest", &[]),
            ],
            ..CreateGoal::default()
        };
        self.agent.create_goal(caller, request).await.unwrap()
    }
}

async fn database() -> TestDatabase {
    TestDatabase::create(&schema_key(), |owner_url| async move { migrate(&owner_url).await }).await.unwrap()
}

async fn views_of(database: &TestDatabase) -> (Log, Views) {
    let config = StoreConfig { pool_min: 1, pool_max: 5, ..StoreConfig::new(&database.app_url) };
    let log = Log::connect(config).await.unwrap();
    let views = Views::open(log.pool().clone(), log.epoch()).await.unwrap();
    (log, views)
}

async fn node(database: &TestDatabase) -> (GoalAgent, Log, DropGuard) {
    let (log, views) = views_of(database).await;
    let (projector, stopping) = (Projector::new(log.clone(), None, views.clone()), CancellationToken::new());
    let cancelled = stopping.clone();
    tokio::spawn(async move { projector.run(cancelled).await });
    (GoalAgent::new(log.clone(), views), log, stopping.drop_guard())
}

pub(crate) fn somebody(name: &str) -> Caller {
    Caller::new(name, ActorKind::Agent)
}

pub(crate) fn claim_of(id: impl ToString) -> Claim {
    Claim { id: Some(id.to_string()), ..Claim::default() }
}

/// The code of a refusal, and its JSON.
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, Refusal>) -> (&'static str, serde_json::Value) {
    let refusal = result.unwrap_err();
    (refusal.code(), serde_json::to_value(refusal.describe()).unwrap())
}

pub(crate) fn fence(claimed: &Claimed) -> Option<u64> {
    claimed.fence
}
