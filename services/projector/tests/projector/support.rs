//! A log, views on it, and events for them.

use std::path::Path;

use domain::{GoalEvent, GoalId, Metadata, StreamId, Workspace, goal::Priority};
use event_bus::Log;
use event_store::{NewCommand, NewEvent, Outcome, Stack, StoreConfig};
use local_stack::testing::TestDatabase;
use read_models::Views;
use sqlx::{Connection, migrate::Migrator, postgres::PgPoolOptions};
use uuid::Uuid;

/// Each try lasts as long as the log itself tries.
const ATTEMPTS_MAX: usize = 20;

pub(crate) struct Town {
    pub(crate) log: Log,
    pub(crate) views: Views,
    _database: Option<TestDatabase>,
}

impl Town {
    pub(crate) async fn shared() -> Self {
        let migrator = Migrator::new(Path::new("../../migrations")).await.unwrap();
        let key: Vec<String> = migrator.iter().map(|migration| format!("{:?}", migration.checksum)).collect();
        let migrate = |owner_url: String| async move { event_store::migrate(&owner_url).await };
        let database = TestDatabase::create(&key.concat(), migrate).await.unwrap();
        let url = database.app_url.clone();
        Self { _database: Some(database), ..Self::at(&url).await }
    }

    pub(crate) async fn on(owner_url: &str, app_url: &str) -> Self {
        event_store::migrate(owner_url).await.unwrap();
        Self::at(app_url).await
    }

    async fn at(app_url: &str) -> Self {
        let log = Log::connect(StoreConfig::new(app_url)).await.unwrap();
        let pool = PgPoolOptions::new().max_connections(6).connect(app_url).await.unwrap();
        let views = Views::open(pool, log.epoch()).await.unwrap();
        Self { log, views, _database: None }
    }
}

pub(crate) struct Event {
    pub(crate) event: GoalEvent,
    pub(crate) version: String,
}

pub(crate) fn creation(goal: u64) -> Event {
    let event = GoalEvent::GoalCreated {
        goal: GoalId(goal),
        title: "Title 0".into(),
        description: None,
        priority: Priority::Medium,
        tags: Default::default(),
        due: None,
        metadata: Default::default(),
    };
    Event { event, version: "1".to_owned() }
}

pub(crate) fn retitling(number: u64) -> Event {
    let event = GoalEvent::GoalRetitled { from: "before".into(), to: format!("Title {number}").into() };
    Event { event, version: "1".to_owned() }
}

/// Appends one command, again when the answer was lost: its id makes that harmless.
pub(crate) async fn append(log: &Log, goal: GoalId, expected_sequence: u64, events: &[Event]) {
    let new = |event: &Event| NewEvent {
        event_version: event.version.clone(),
        ..NewEvent::of_goal(Uuid::now_v7(), &event.event).unwrap()
    };
    let command = NewCommand {
        command_id: Uuid::new_v4(),
        workspace: Workspace::DEFAULT,
        metadata: Metadata::default(),
        events: events.iter().map(new).collect(),
    };
    let stack = Stack { stream: StreamId::from(goal), expected_sequence, commands: vec![command] };
    let mut refused = None;
    for _attempt in 0..ATTEMPTS_MAX {
        match log.append(stack.clone()).await {
            Ok(outcomes) => {
                let stored = |outcome: &Outcome| matches!(outcome, Outcome::Appended(_) | Outcome::Duplicate(_));
                return assert!(outcomes.iter().all(stored), "{outcomes:?}");
            }
            Err(error) => refused = Some(error),
        }
    }
    panic!("the log never took the command: {refused:?}");
}

/// Leaves the views where they were at `position`.
pub(crate) async fn set_back(owner_url: &str, position: u64) {
    let mut connection = sqlx::PgConnection::connect(owner_url).await.unwrap();
    let sql = "UPDATE read.views SET checkpoint = $1";
    sqlx::query(sql).bind(position as i64).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
