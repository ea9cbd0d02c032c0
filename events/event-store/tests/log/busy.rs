//! A full queue says so at once; what was taken is carried through.

use std::time::{Duration, Instant};

use event_store::{AppendError, Log, Outcome, StoreConfig};
use sqlx::{Connection, Executor};

use crate::setting::{assert_sound, command, database, owner, stack};

/// Generous for a shared machine, and far below the time the head row is held here.
const AT_ONCE: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_answers_busy_at_once_and_empties_by_itself() {
    let database = database().await;
    let config = StoreConfig { pool_min: 1, queue_commands_max: 10, ..StoreConfig::new(&database.app_url) };
    let log = Log::connect(config).await.unwrap();
    let mut owner = owner(&database).await;
    let mut holding = owner.begin().await.unwrap();
    holding.execute("SELECT FROM es_head FOR UPDATE").await.unwrap();

    let mut waiting = tokio::task::JoinSet::new();
    let mut busy = 0;
    for number in 1..=1_000 {
        // Polled once, so that it is either in the queue or answered.
        let log = log.clone();
        let mut append = Box::pin(async move { log.append(stack(number, 0, vec![command(1)])).await });
        let start = Instant::now();
        match futures::poll!(&mut append) {
            std::task::Poll::Pending => _ = waiting.spawn(append),
            std::task::Poll::Ready(answer) => {
                assert!(start.elapsed() < AT_ONCE);
                let Err(AppendError::Busy { retry_after_ms }) = answer else { panic!("{answer:?}") };
                assert!(retry_after_ms > 0);
                busy += 1;
            }
        }
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
async fn a_caller_that_goes_away_does_not_take_back_what_was_sent() {
    let database = database().await;
    let log = crate::setting::log(&database).await;
    // Connections are open and statements prepared, so that the next call is on its way within moments.
    crate::setting::append(&log, 9, 0, command(1)).await;
    let mut owner = owner(&database).await;
    let mut holding = owner.begin().await.unwrap();
    holding.execute("SELECT FROM es_head FOR UPDATE").await.unwrap();
    let gone = command(1);
    let id = gone.command_id;
    let caller = tokio::spawn({
        let log = log.clone();
        async move { log.append(stack(1, 0, vec![gone])).await }
    });
    let mut watching = crate::setting::owner(&database).await;
    loop {
        let waits: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'goalstream append' \
             AND datname = current_database() AND wait_event_type = 'Lock')",
        )
        .fetch_one(&mut watching)
        .await
        .unwrap();
        if waits {
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
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
