//! Postgres killed under load, or gone for long: true outcomes, no doubles, and it goes on by itself.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use event_store::{AppendError, Log, Outcome, StoreConfig, StoreError};
use local_stack::testing::OwnStack;
use sqlx::Executor;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    chaos::stored_commands,
    setting::{Dice, append, assert_sound, command, database, owner, stack},
};

const WRITERS: u64 = 16;

async fn own_log(own: &OwnStack) -> Log {
    event_store::migrate(&own.endpoints().owner_url).await.unwrap();
    Log::connect(StoreConfig { pool_min: 1, ..StoreConfig::new(&own.endpoints().database_url) }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_killed_under_load_loses_and_doubles_nothing() {
    let mut dice = Dice::new("outage");
    let mut own = OwnStack::start().await.unwrap();
    let log = own_log(&own).await;
    let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut writers = JoinSet::new();
    for number in 1..=WRITERS {
        writers.spawn(write(log.clone(), number, stop.clone(), count.clone()));
    }
    for _ in 0..3 {
        let before = count.load(Relaxed);
        while count.load(Relaxed) < before + 500 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(dice.below(100))).await;
        own.kill_postgres().await.unwrap();
        tokio::time::sleep(Duration::from_millis(dice.below(1_500))).await;
        own.restart_postgres().await.unwrap();
    }
    let before = count.load(Relaxed);
    while count.load(Relaxed) < before + 500 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.store(true, Relaxed);

    let (mut acknowledged, mut unknown) = (HashSet::new(), HashSet::new());
    for (acknowledged_here, unknown_here) in writers.join_all().await {
        acknowledged.extend(acknowledged_here);
        unknown.extend(unknown_here);
    }
    assert_sound(&log).await;
    let stored: HashSet<Uuid> = stored_commands(&log).await.into_keys().collect();
    println!("{} acknowledged, {} unknown", acknowledged.len(), unknown.len());
    assert!(acknowledged.is_subset(&stored), "an acknowledged command is missing");
    assert!(stored.is_subset(&acknowledged.union(&unknown).copied().collect()), "something else is stored");
}

/// Writes one stream; what its commands were told.
async fn write(log: Log, number: u64, stop: Arc<AtomicBool>, count: Arc<AtomicU64>) -> (Vec<Uuid>, Vec<Uuid>) {
    let (mut acknowledged, mut unknown, mut version) = (Vec::new(), Vec::new(), 0);
    while !stop.load(Relaxed) {
        let command = command(2);
        let id = command.command_id;
        match log.append(stack(number, version, vec![command])).await {
            Ok(outcomes) => match outcomes[..] {
                [Outcome::Appended(receipt)] => {
                    version = receipt.sequence;
                    acknowledged.push(id);
                    count.fetch_add(1, Relaxed);
                }
                // Only after an unknown outcome: this stream has no other writer.
                [Outcome::Conflict { current_sequence }] if !unknown.is_empty() => version = current_sequence,
                ref other => panic!("{other:?}"),
            },
            Err(AppendError::Unavailable { .. }) => unknown.push(id),
            Err(other) => panic!("{other}"),
        }
    }
    (acknowledged, unknown)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_outage_is_told_and_survived() {
    let mut own = OwnStack::start().await.unwrap();
    let log = own_log(&own).await;
    append(&log, 1, 0, command(1)).await;
    own.kill_postgres().await.unwrap();

    let command = command(1);
    let start = Instant::now();
    let unavailable = log.append(stack(1, 1, vec![command.clone()])).await;
    assert!(matches!(unavailable, Err(AppendError::Unavailable { .. })), "{unavailable:?}");
    assert!(
        (Duration::from_secs(7)..Duration::from_secs(12)).contains(&start.elapsed()),
        "tried for {:?}",
        start.elapsed()
    );
    // Known to be down: the next callers of that connection need not wait as long. Both connections learn it.
    _ = log.append(stack(1, 1, vec![command.clone()])).await;
    let start = Instant::now();
    assert!(matches!(log.append(stack(1, 1, vec![command.clone()])).await, Err(AppendError::Unavailable { .. })));
    assert!(start.elapsed() < Duration::from_secs(1), "took {:?}", start.elapsed());

    own.restart_postgres().await.unwrap();
    let outcomes = log.append(stack(1, 1, vec![command])).await.unwrap();
    assert!(matches!(outcomes[..], [Outcome::Appended(receipt)] if receipt.sequence == 2), "{outcomes:?}");
    assert_eq!(log.read_all(0, 10).await.unwrap().len(), 2);
    assert_eq!(assert_sound(&log).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_ids_shares_the_failure_of_who_asks_for_them() {
    let mut own = OwnStack::start().await.unwrap();
    let log = own_log(&own).await;
    own.kill_postgres().await.unwrap();
    let mint = async || {
        let start = Instant::now();
        let minted = log.mint_goal_ids(1).await;
        assert!(matches!(minted, Err(StoreError::Unavailable { .. })), "{minted:?}");
        start.elapsed()
    };
    let mut took: [Duration; 3] = tokio::join!(mint(), mint(), mint()).into();
    took.sort();
    assert!(took[2] < took[0] * 2, "one after the other: {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_and_appends_that_wait_through_a_restart_succeed() {
    let mut own = OwnStack::start().await.unwrap();
    let log = own_log(&own).await;
    append(&log, 1, 0, command(1)).await;
    own.kill_postgres().await.unwrap();
    let reading = tokio::spawn({
        let log = log.clone();
        async move { log.read_all(0, 10).await.unwrap().len() }
    });
    let appending = tokio::spawn({
        let log = log.clone();
        async move { append(&log, 1, 1, command(1)).await.sequence }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    own.restart_postgres().await.unwrap();
    assert_eq!(appending.await.unwrap(), 2);
    assert!([1, 2].contains(&reading.await.unwrap()));
    let mut wakeups = log.wakeups();
    let heard = tokio::time::timeout(Duration::from_secs(10), wakeups.wait_for(|head| *head >= 2)).await;
    heard.unwrap().unwrap();
}

#[tokio::test]
async fn a_commit_is_on_its_disk_whatever_the_database_was_told() {
    let database = database().await;
    let mut owner = owner(&database).await;
    let told = format!("ALTER DATABASE {} SET synchronous_commit = off", database.name);
    owner.execute(told.as_str()).await.unwrap();
    let log = crate::setting::log(&database).await;
    let setting: String = sqlx::query_scalar("SHOW synchronous_commit").fetch_one(log.pool()).await.unwrap();
    assert_eq!(setting, "on");
}
