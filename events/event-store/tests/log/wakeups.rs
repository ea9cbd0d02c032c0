//! Being told, and being told again after the connection was lost.

use std::time::Duration;

use sqlx::Executor;

use crate::setting::{append, command, database, log, owner};

/// Far longer than a wake-up takes, far shorter than any polling would be tolerable.
const SOON: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn one_node_hears_of_anothers_events() {
    let database = database().await;
    let (writer, follower) = (log(&database).await, log(&database).await);
    let mut wakeups = follower.wakeups();
    for expected in [0, 2, 4] {
        let receipt = append(&writer, 1, expected, command(2)).await;
        let heard = tokio::time::timeout(SOON, wakeups.wait_for(|head| *head >= receipt.last_position)).await;
        assert_eq!(*heard.unwrap().unwrap(), receipt.last_position);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn own_events_are_known_when_the_append_returns() {
    let database = database().await;
    let log = log(&database).await;
    let receipt = append(&log, 1, 0, command(3)).await;
    assert_eq!(*log.wakeups().borrow(), receipt.last_position);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_while_nobody_listened_is_heard_of_after() {
    let database = database().await;
    let (writer, follower) = (log(&database).await, log(&database).await);
    let mut wakeups = follower.wakeups();
    let mut owner = owner(&database).await;
    for round in 0..3 {
        owner
            .execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'goalstream listen' \
                      AND datname = current_database()",
            )
            .await
            .unwrap();
        let receipt = append(&writer, 1, round, command(1)).await;
        let heard = tokio::time::timeout(SOON, wakeups.wait_for(|head| *head >= receipt.last_position)).await;
        assert_eq!(*heard.unwrap().unwrap(), receipt.last_position);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_epoch_is_noticed() {
    let database = database().await;
    let log = log(&database).await;
    let before = log.epoch();
    let renewed = event_store::renew_epoch(&database.owner_url).await.unwrap();
    assert_ne!(before, renewed);
    // Restoring a database ends every connection.
    owner(&database)
        .await
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'goalstream %' \
                  AND datname = current_database()",
        )
        .await
        .unwrap();
    let noticed = async {
        while log.epoch() != renewed {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(SOON, noticed).await.unwrap();
    assert_eq!(log.head().await.unwrap().epoch, renewed);
}
