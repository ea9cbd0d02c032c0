//! An older database comes up under a program that runs.

use event_store::Outcome;

use crate::setting::{append, command, database, log, restore_to_first_event, stack};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_on_events_that_are_gone_leaves_no_hole() {
    let database = database().await;
    let log = log(&database).await;
    for sequence in 0..3 {
        append(&log, 1, sequence, command(1)).await;
    }
    restore_to_first_event(&database).await;
    // This one finds the connection gone, which makes the database look twice by itself; the next one is an ordinary append.
    append(&log, 2, 0, command(1)).await;
    let decided_before = log.append(stack(1, 3, vec![command(1)])).await.unwrap();
    assert_eq!(decided_before, [Outcome::Conflict { current_sequence: 1 }]);
}
