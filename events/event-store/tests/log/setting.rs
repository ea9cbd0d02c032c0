//! What the tests stand on: a database each, logs on it, and stacks to append.

use domain::{GoalId, Metadata, StreamId, Workspace};
use event_store::{Log, NewCommand, NewEvent, Outcome, Receipt, Stack, StoreConfig};
use local_stack::testing::TestDatabase;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

pub(crate) async fn database() -> TestDatabase {
    let migrate = |owner_url: String| async move { event_store::migrate(&owner_url).await };
    TestDatabase::create(&event_store::schema_key(), migrate).await.unwrap()
}

pub(crate) async fn log(database: &TestDatabase) -> Log {
    connect(&database.app_url).await
}

/// A log with a small pool: many of them share one server in these tests.
pub(crate) async fn connect(url: &str) -> Log {
    Log::connect(StoreConfig { pool_min: 1, ..StoreConfig::new(url) }).await.unwrap()
}

pub(crate) async fn owner(database: &TestDatabase) -> PgConnection {
    PgConnection::connect(&database.owner_url).await.unwrap()
}

/// As if a backup from after the first event had come up under a running node: what followed is gone, and so are its connections.
pub(crate) async fn restore_to_first_event(database: &TestDatabase) {
    const RESTORE: &str = "ALTER TABLE events DISABLE TRIGGER events_are_immutable;
        DELETE FROM events WHERE position > 1;
        UPDATE es_head SET position = 1;
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name LIKE 'goalstream %' AND datname = current_database();";
    sqlx::Executor::execute(&mut owner(database).await, RESTORE).await.unwrap();
}

pub(crate) fn stream(number: u64) -> StreamId {
    GoalId(number).into()
}

pub(crate) fn event(payload: impl Into<String>) -> NewEvent {
    NewEvent {
        event_id: Uuid::now_v7(),
        event_type: "goal_retitled".into(),
        event_version: "1".into(),
        payload: payload.into(),
        compensates: None,
    }
}

/// A command with a new id.
pub(crate) fn command(events: usize) -> NewCommand {
    command_with(Uuid::new_v4(), events)
}

pub(crate) fn command_with(command_id: Uuid, events: usize) -> NewCommand {
    let payload = |number| event(format!(r#"{{"type":"goal_retitled","data":{{"from":"a","to":"{number}"}}}}"#));
    NewCommand {
        command_id,
        workspace: Workspace::DEFAULT,
        metadata: Metadata([("actor_id".into(), "tester".into())].into()),
        events: (0..events).map(payload).collect(),
    }
}

pub(crate) fn stack(number: u64, expected_sequence: u64, commands: Vec<NewCommand>) -> Stack {
    Stack { stream: stream(number), expected_sequence, commands }
}

/// Appends one command and expects it to be stored.
pub(crate) async fn append(log: &Log, number: u64, expected_sequence: u64, command: NewCommand) -> Receipt {
    let outcomes = log.append(stack(number, expected_sequence, vec![command])).await.unwrap();
    match outcomes[..] {
        [Outcome::Appended(receipt)] => receipt,
        _ => panic!("not appended: {outcomes:?}"),
    }
}

/// The whole log is sound, by its own verification.
pub(crate) async fn assert_sound(log: &Log) -> u64 {
    let report = log.verify(|_, _| ()).await.unwrap();
    assert_eq!(report.findings, [], "of {} findings", report.findings_total);
    assert_eq!(report.events, report.head);
    report.head
}

/// A small generator of random numbers whose seed is printed, so that a failure can be repeated.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// From `SEED` in the environment, else a new one.
    pub(crate) fn new(test: &str) -> Self {
        let given = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0);
        println!("{test}: repeat with SEED={seed}");
        Self(seed)
    }

    /// Another one for another writer.
    pub(crate) fn fork(&mut self) -> Self {
        Self(self.next())
    }

    /// Below a bound.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
