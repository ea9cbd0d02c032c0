//! A full queue says so at once; what was taken is carried through.

use std::{
    task::Poll,
    time::{Duration, Instant},
};

use event_store::{AppendError, Log, Outcome, Stack, StoreConfig};
use local_stack::testing::TestDatabase;
use sqlx::{Connection, Executor, PgConnection, Postgres, Transaction};
use tokio::task::JoinSet;

use crate::setting::{assert_sound, command, database, event, owner, stack};

/// Generous for a shared machine, and far below the time the head row is held here.
const AT_ONCE: Duration = Duration::from_millis(500);

type Answer = Result<Vec<Outcome>, AppendError>;

/// Polled once, so that it either waits, in a task from then on, or is answered. Whether it was told BUSY.
async fn is_busy(log: &Log, stack: Stack, waiting: &mut JoinSet<Answer>) -> bool {
    let log = log.clone();
    let mut append = Box::pin(async move { log.append(stack).await });
    let start = Instant::now();
    let Poll::Ready(answer) = futures::poll!(&mut append) else {
        waiting.spawn(append);
        return false;
    };
    assert!(start.elapsed() < AT_ONCE);
    let Err(AppendError::Busy { retry_after_ms }) = answer else { panic!("{answer:?}") };
    assert!(retry_after_ms > 0);
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_answers_busy_at_once_and_empties_by_itself() {
    let database = database().await;
    let config = StoreConfig { pool_min: 1, queue_commands_max: 10, ..StoreConfig::new(&database.app_url) };
    let log = Log::connect(config).await.unwrap();
    let mut owner = owner(&database).await;
    let holding = hold_the_head(&mut owner).await;

    let mut waiting = JoinSet::new();
    let mut busy = 0;
    for number in 1..=1_000 {
        busy += u32::from(is_busy(&log, stack(number, 0, vec![command(1)]), &mut waiting).await);
        if number % 100 == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    // Two batches are on their way and ten commands wait; the batches took what was there when they left.
    assert!(busy > 900, "{busy} were answered with BUSY");
    assert!(waiting.len() >= 10);

    holding.rollback().await.unwrap();
    let taken = waiting.len() as u64;
    for outcomes in waiting.join_all().await {
        assert!(matches!(outcomes.unwrap()[..], [Outcome::Appended(_)]));
    }
    assert_eq!(assert_sound(&log).await, taken);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_is_full_of_bytes_as_well() {
    let database = database().await;
    let config = StoreConfig { pool_min: 1, queue_bytes_max: 300_000, ..StoreConfig::new(&database.app_url) };
    let log = Log::connect(config).await.unwrap();
    let mut owner = owner(&database).await;
    let holding = hold_the_head(&mut owner).await;
    let mut waiting = JoinSet::new();
    for number in 1..=20 {
        let mut big = command(1);
        big.events = vec![event(format!(r#"{{"text":"{}"}}"#, "x".repeat(140_000)))];
        is_busy(&log, stack(number, 0, vec![big]), &mut waiting).await;
    }
    // One batch is on its way, with what came until it left, seven at most for a megabyte, and two wait.
    assert!((2..=9).contains(&waiting.len()), "{} were taken", waiting.len());
    holding.rollback().await.unwrap();
    let taken = waiting.len() as u64;
    assert!(waiting.join_all().await.iter().all(Result::is_ok));
    assert_eq!(assert_sound(&log).await, taken);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_does_not_take_back_what_was_sent() {
    let database = database().await;
    let log = crate::setting::log(&database).await;
    // Connections are open and statements prepared, so that the next call is on its way within moments.
    crate::setting::append(&log, 9, 0, command(1)).await;
    let mut owner = owner(&database).await;
    let holding = hold_the_head(&mut owner).await;
    let gone = command(1);
    let id = gone.command_id;
    let caller = tokio::spawn({
        let log = log.clone();
        async move { log.append(stack(1, 0, vec![gone])).await }
    });
    until_a_batch_waits(&database).await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    holding.rollback().await.unwrap();
    log.close().await;
    let log = crate::setting::log(&database).await;
    assert_eq!(log.find_command(id).await.unwrap().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_drains_the_queue_and_refuses_the_rest() {
    let database = database().await;
    let log = crate::setting::log(&database).await;
    let mut callers = tokio::task::JoinSet::new();
    for number in 1..=300 {
        let log = log.clone();
        let mut append = Box::pin(async move { log.append(stack(number, 0, vec![command(1)])).await });
        assert!(futures::poll!(&mut append).is_pending());
        callers.spawn(append);
    }
    log.close().await;
    for outcomes in callers.join_all().await {
        assert!(matches!(outcomes.unwrap()[..], [Outcome::Appended(_)]));
    }
    assert!(matches!(log.append(stack(999, 0, vec![command(1)])).await, Err(AppendError::Closed)));
    assert_eq!(assert_sound(&crate::setting::log(&database).await).await, 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_before_its_turn_takes_it_back() {
    let database = database().await;
    let log = crate::setting::log(&database).await;
    let mut owner = owner(&database).await;
    let holding = hold_the_head(&mut owner).await;
    let mut first = JoinSet::new();
    assert!(!is_busy(&log, stack(1, 0, vec![command(1)]), &mut first).await);
    until_a_batch_waits(&database).await;
    let mut gone = JoinSet::new();
    assert!(!is_busy(&log, stack(2, 0, vec![command(1)]), &mut gone).await);
    gone.shutdown().await;
    holding.rollback().await.unwrap();
    assert!(first.join_all().await.iter().all(Result::is_ok));
    crate::setting::append(&log, 2, 0, command(1)).await;
    assert_eq!(assert_sound(&log).await, 2);
}

/// Nothing is stored until it is let go.
async fn hold_the_head(owner: &mut PgConnection) -> Transaction<'_, Postgres> {
    let mut holding = owner.begin().await.unwrap();
    holding.execute("SELECT FROM es_head FOR UPDATE").await.unwrap();
    holding
}

/// Until the batcher has sent one that cannot go on.
async fn until_a_batch_waits(database: &TestDatabase) {
    let mut watching = owner(database).await;
    let sql = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'goalstream append' \
               AND datname = current_database() AND wait_event_type = 'Lock')";
    while !sqlx::query_scalar::<_, bool>(sql).fetch_one(&mut watching).await.unwrap() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
