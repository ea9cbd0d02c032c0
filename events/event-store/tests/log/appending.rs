//! Receipts, conflicts, duplicates and refusals, stack by stack.

use domain::{Metadata, limits::EVENT_BYTES_MAX};
use event_store::{
    AppendError, Outcome, Receipt,
    stack::{EVENT_OVERHEAD_BYTES, STACK_BYTES_MAX},
};
use uuid::Uuid;

use crate::setting::{append, assert_sound, command, command_with, database, event, log, stack, stream};

#[tokio::test(flavor = "multi_thread")]
async fn positions_follow_the_order_of_commit() {
    let database = database().await;
    let log = log(&database).await;
    let first = append(&log, 1, 0, command(2)).await;
    let second = append(&log, 2, 0, command(1)).await;
    let third = append(&log, 1, 2, command(3)).await;
    let places =
        |receipt: Receipt| (receipt.first_position, receipt.last_position, receipt.sequence, receipt.duplicate);
    assert_eq!(places(first), (1, 2, 2, false));
    assert_eq!(places(second), (3, 3, 1, false));
    assert_eq!(places(third), (4, 6, 5, false));
    assert!(first.recorded_at <= second.recorded_at && second.recorded_at <= third.recorded_at);
    assert_eq!(assert_sound(&log).await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_gets_the_first_receipt() {
    let database = database().await;
    let log = log(&database).await;
    let id = Uuid::new_v4();
    let first = append(&log, 1, 0, command_with(id, 2)).await;
    append(&log, 1, 2, command(1)).await;
    // On another node, decided on another version, on another stream: the id alone counts.
    let other = crate::setting::log(&database).await;
    for (number, expected) in [(1, 3), (1, 0), (7, 0)] {
        let repeated = other.append(stack(number, expected, vec![command_with(id, 1)])).await.unwrap();
        assert_eq!(repeated, [Outcome::Duplicate(Receipt { duplicate: true, ..first })]);
    }
    assert_eq!(assert_sound(&log).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_very_same_stack_sent_again_is_told_what_it_was_told_first() {
    let database = database().await;
    let log = log(&database).await;
    // The same event ids: not somebody's repeat, but the call whose answer was lost.
    let sent = stack(1, 0, vec![command(2), command(1)]);
    let first = log.append(sent.clone()).await.unwrap();
    assert!(first.iter().all(|outcome| matches!(outcome, Outcome::Appended(_))));
    append(&log, 1, 3, command(1)).await;
    assert_eq!(log.append(sent).await.unwrap(), first);
    assert_eq!(assert_sound(&log).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_command_id_with_another_body_stores_nothing_and_shows_the_first_body() {
    let database = database().await;
    let log = log(&database).await;
    let id = Uuid::new_v4();
    let with_hash = |hash: &str| {
        let metadata = Metadata([(Metadata::REQUEST_HASH.to_owned(), hash.to_owned())].into());
        event_store::NewCommand { metadata, ..command_with(id, 1) }
    };
    append(&log, 1, 0, with_hash("first")).await;
    let second = log.append(stack(1, 1, vec![with_hash("second")])).await.unwrap();
    assert!(matches!(second[..], [Outcome::Duplicate(_)]), "{second:?}");
    let found = log.find_command(id).await.unwrap().unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].metadata.get(Metadata::REQUEST_HASH), Some("first"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_names_the_one_that_it_undoes_beside_what_its_command_says() {
    let database = database().await;
    let log = log(&database).await;
    let undone = Uuid::now_v7();
    let mut undoing = command(3);
    undoing.events[1].compensates = Some(undone);
    let ids = [undoing.command_id, Uuid::new_v4()];
    log.append(stack(1, 0, vec![command(1), undoing, command_with(ids[1], 1)])).await.unwrap();
    let stored = log.read_all(0, 10).await.unwrap();
    let named: Vec<Option<&str>> = stored.iter().map(|event| event.metadata.get(Metadata::COMPENSATES)).collect();
    assert_eq!(named, [None, None, Some(undone.to_string().as_str()), None, None]);
    assert!(stored.iter().all(|event| event.metadata.get(Metadata::ACTOR_ID) == Some("tester")));
    assert_eq!(log.find_commands(&[ids[1], Uuid::new_v4(), ids[0]], 10).await.unwrap(), stored[1..]);
    assert_eq!(log.find_commands(&ids, 2).await.unwrap(), stored[1..3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_is_stored_whole() {
    let database = database().await;
    let log = log(&database).await;
    let outcomes = log.append(stack(1, 0, vec![command(2), command(1), command(3)])).await.unwrap();
    let receipts: Vec<_> = outcomes.iter().map(|outcome| *outcome.receipt().unwrap()).collect();
    let places: Vec<_> = receipts.iter().map(|r| (r.first_position, r.last_position, r.sequence)).collect();
    assert_eq!(places, [(1, 2, 2), (3, 3, 3), (4, 6, 6)]);
    assert_sound(&log).await;
}

/// One thread, so that all three are in one batch: what is ahead of its stream is looked for when a neighbour conflicts, or when an older
/// database may have been restored.
#[tokio::test]
async fn a_stale_stack_conflicts_whole_and_its_neighbours_are_stored() {
    let database = database().await;
    let log = log(&database).await;
    append(&log, 1, 0, command(2)).await;
    let stale = log.append(stack(1, 1, vec![command(1), command(1)]));
    let ahead = log.append(stack(2, 5, vec![command(1)]));
    let good = log.append(stack(3, 0, vec![command(1)]));
    let (stale, ahead, good) = tokio::join!(stale, ahead, good);
    assert_eq!(stale.unwrap(), [Outcome::Conflict { current_sequence: 2 }; 2]);
    assert_eq!(ahead.unwrap(), [Outcome::Conflict { current_sequence: 0 }]);
    assert!(matches!(good.unwrap()[..], [Outcome::Appended(_)]));
    assert_eq!(assert_sound(&log).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_in_the_middle_of_a_stack_leaves_the_rest_to_be_decided_again() {
    let database = database().await;
    let log = log(&database).await;
    let id = Uuid::new_v4();
    let first = append(&log, 1, 0, command_with(id, 1)).await;
    let outcomes = log.append(stack(1, 1, vec![command(1), command_with(id, 1), command(1)])).await.unwrap();
    let conflict = Outcome::Conflict { current_sequence: 1 };
    assert_eq!(outcomes, [conflict, Outcome::Duplicate(Receipt { duplicate: true, ..first }), conflict]);
    assert_eq!(assert_sound(&log).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_together_is_judged_one_by_one() {
    let database = database().await;
    let log = log(&database).await;
    // Twenty callers for one stream and one version: one wins, whoever it is.
    let callers = (0..20).map(|_| {
        let log = log.clone();
        tokio::spawn(async move { log.append(stack(1, 0, vec![command(1)])).await.unwrap() })
    });
    let outcomes = futures::future::join_all(callers).await;
    let won = outcomes.iter().filter(|outcome| matches!(outcome.as_ref().unwrap()[..], [Outcome::Appended(_)]));
    assert_eq!(won.count(), 1);
    // Twenty callers with one command: all get the same receipt, one of them as the first.
    let id = Uuid::new_v4();
    let callers = (0..20).map(|_| {
        let log = log.clone();
        tokio::spawn(async move { log.append(stack(2, 0, vec![command_with(id, 1)])).await.unwrap() })
    });
    let outcomes = futures::future::join_all(callers).await;
    let receipts: Vec<Receipt> =
        outcomes.iter().map(|outcome| *outcome.as_ref().unwrap()[0].receipt().unwrap()).collect();
    assert_eq!(receipts.iter().filter(|receipt| !receipt.duplicate).count(), 1);
    assert!(receipts.iter().all(|receipt| receipt.first_position == receipts[0].first_position));
    assert_eq!(assert_sound(&log).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_bytes_stay_the_bytes() {
    let database = database().await;
    let log = log(&database).await;
    // Key order, doubled keys, spaces, escapes and numbers that no parser keeps as they are.
    let payload =
        "{ \"z\":1.00,\"a\" : \"\\u00e9\\/ é\u{1F600}\",\n\"z\":12345678901234567890.5e-3, \"back\\\\u0000\":[ ] }";
    let mut command = command(1);
    command.events = vec![event(payload)];
    append(&log, 1, 0, command).await;
    let stored = log.event_at(1).await.unwrap().unwrap();
    assert_eq!(&*stored.payload, payload);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_stored_fails_alone() {
    let database = database().await;
    let log = log(&database).await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let invalid = [
        deep.as_str(),
        r#"{"text":"nul \u0000"}"#,
        r#"{"text":"nul \\\u0000"}"#,
        "{\"text\":\"nul \0\"}",
        "{\"text\":",
        "",
    ];
    // All in flight together with good ones, so that they share batches.
    let mut callers = Vec::new();
    for (payload, number) in invalid.map(str::to_owned).into_iter().zip(1..) {
        let (log, good) = (log.clone(), log.clone());
        callers.push(tokio::spawn(async move {
            let mut poison = command(2);
            poison.events[1] = event(payload.as_str());
            let poisoned = log.append(stack(number, 0, vec![poison])).await;
            assert!(matches!(poisoned, Err(AppendError::Invalid { .. })), "{payload:.40}: {poisoned:?}");
        }));
        callers.push(tokio::spawn(async move {
            append(&good, 100 + number, 0, command(1)).await;
        }));
    }
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(assert_sound(&log).await, invalid.len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_may_have_256_kib_with_its_headers_and_no_byte_more() {
    let database = database().await;
    let log = log(&database).await;
    let frame = r#"{"text":""}"#.len() + r#"{"actor_id":"tester"}"#.len() + EVENT_OVERHEAD_BYTES;
    for (bytes, number) in [(EVENT_BYTES_MAX, 1), (EVENT_BYTES_MAX + 1, 2)] {
        let mut command = command(1);
        command.events = vec![event(format!(r#"{{"text":"{}"}}"#, "x".repeat(bytes - frame)))];
        let result = log.append(stack(number, 0, vec![command])).await;
        match number {
            1 => assert!(matches!(result.unwrap()[..], [Outcome::Appended(_)])),
            _ => assert!(matches!(result, Err(AppendError::TooBig { limit: EVENT_BYTES_MAX, .. })), "{result:?}"),
        }
    }
    assert_sound(&log).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_that_contradicts_itself_is_refused() {
    let database = database().await;
    let log = log(&database).await;
    let id = Uuid::new_v4();
    for commands in [vec![], vec![command(0)], vec![command_with(id, 1), command_with(id, 1)]] {
        let refused = log.append(stack(1, 0, commands)).await;
        assert!(matches!(refused, Err(AppendError::Invalid { .. })), "{refused:?}");
    }
    let refused = log.append(stack(1, 0, (0..1025).map(|_| command(1)).collect())).await;
    assert!(matches!(refused, Err(AppendError::TooBig { found: 1025, .. })), "{refused:?}");
    let mut big = command(1);
    big.events = vec![event(format!(r#"{{"text":"{}"}}"#, "x".repeat(250_000))); 140];
    let refused = log.append(stack(1, 0, vec![big])).await;
    assert!(matches!(refused, Err(AppendError::TooBig { limit: STACK_BYTES_MAX, .. })), "{refused:?}");
    assert_eq!(log.head().await.unwrap().position, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_events_are_one_command() {
    let database = database().await;
    let log = log(&database).await;
    let receipt = append(&log, 1, 0, command(10_000)).await;
    assert_eq!((receipt.first_position, receipt.last_position), (1, 10_000));
    assert_eq!(log.read_stream(&stream(1), 9_990, 100).await.unwrap().len(), 10);
    assert_sound(&log).await;
}
