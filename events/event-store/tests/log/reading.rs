//! Pages prove that nothing is missing; postgres-es reads the same table.

use cqrs_es::persist::PersistedEventRepository;
use domain::{Goal, GoalId};
use event_store::StoreError;
use postgres_es::PostgresEventRepository;
use sqlx::Executor;
use uuid::Uuid;

use crate::setting::{append, command, command_with, database, log, owner, stream};

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_contiguous_and_bounded() {
    let database = database().await;
    let log = log(&database).await;
    append(&log, 1, 0, command(5)).await;
    append(&log, 2, 0, command(5)).await;
    let positions = |page: Vec<domain::Recorded>| page.iter().map(|event| event.position).collect::<Vec<_>>();
    assert_eq!(positions(log.read_all(0, 3).await.unwrap()), [1, 2, 3]);
    assert_eq!(positions(log.read_all(3, 100).await.unwrap()), [4, 5, 6, 7, 8, 9, 10]);
    assert_eq!(log.read_all(10, 100).await.unwrap(), []);
    assert_eq!(log.read_all(u64::MAX, 100).await.unwrap(), []);
    assert_eq!(positions(log.read_stream(&stream(2), 2, 2).await.unwrap()), [8, 9]);
    assert_eq!(log.event_at(7).await.unwrap().unwrap().sequence, 2);
    assert_eq!(log.event_at(11).await.unwrap(), None);
    assert_eq!(positions(log.events_at(&[7, 11, 2]).await.unwrap()), [7, 2], "as they were asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_big_events_ends_early_and_goes_on() {
    let database = database().await;
    let log = log(&database).await;
    let mut big = command(100);
    for event in &mut big.events {
        event.payload = format!(r#"{{"text":"{}"}}"#, "x".repeat(250_000));
    }
    append(&log, 1, 0, big).await;
    let page = log.read_all(0, 1_000).await.unwrap();
    assert!((60..100).contains(&page.len()), "{} events", page.len());
    let rest = log.read_all(page.len() as u64, 1_000).await.unwrap();
    assert_eq!(page.len() + rest.len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hole_is_an_alarm_and_never_a_skip() {
    let database = database().await;
    let log = log(&database).await;
    append(&log, 1, 0, command(5)).await;
    let mut owner = owner(&database).await;
    owner.execute("ALTER TABLE events DISABLE TRIGGER events_are_immutable").await.unwrap();
    owner.execute("DELETE FROM events WHERE position = 3").await.unwrap();
    for after in [0, 1, 2] {
        let read = log.read_all(after, 100).await;
        assert!(matches!(read, Err(StoreError::Hole { expected: 3, found: 4 })), "after {after}: {read:?}");
    }
    assert_eq!(log.read_all(3, 100).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_look_finds_the_command_and_what_is_newer() {
    let database = database().await;
    let log = log(&database).await;
    let id = Uuid::new_v4();
    append(&log, 1, 0, command(2)).await;
    append(&log, 2, 0, command_with(id, 3)).await;
    append(&log, 1, 2, command(2)).await;
    let positions = |events: &[domain::Recorded]| events.iter().map(|event| event.position).collect::<Vec<_>>();
    let found = log.look_up(id, &stream(1), 1).await.unwrap();
    assert_eq!(positions(&found.command.unwrap()), [3, 4, 5]);
    assert_eq!(positions(&found.newer), [2, 6, 7]);
    // The command's own stream: its events are both.
    let found = log.look_up(id, &stream(2), 0).await.unwrap();
    assert_eq!(positions(&found.command.unwrap()), [3, 4, 5]);
    assert_eq!(positions(&found.newer), [3, 4, 5]);
    let found = log.look_up(Uuid::new_v4(), &stream(1), 4).await.unwrap();
    assert_eq!((found.command, found.newer), (None, vec![]));
    assert_eq!(log.find_command(Uuid::new_v4()).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_postgres_es_reads_our_table() {
    let database = database().await;
    let log = log(&database).await;
    append(&log, 1, 0, command(2)).await;
    append(&log, 2, 0, command(1)).await;
    let repository = PostgresEventRepository::new(log.pool().clone());
    let events = repository.get_events::<Goal>(&GoalId(1).to_string()).await.unwrap();
    assert_eq!(events.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(events[1].aggregate_type, "goal");
    assert_eq!(events[1].payload["data"]["to"], "1");
    assert_eq!(events[1].metadata["actor_id"], "tester");
    assert_eq!(repository.get_last_events::<Goal>("GOAL-0001", 1).await.unwrap().len(), 1);
}
