//! That the checks can fail: each is shown what it is there to find.

use uuid::Uuid;

use super::{
    history::{History, Stored},
    receipts::{Acknowledged, Told},
    seen::Seen,
};
use crate::chaos::violation::Violation;

/// An event of a command of its own.
fn event(position: u64, request: &str) -> Stored {
    Stored {
        position,
        event_id: Uuid::from_u128(position.into()),
        event_type: "goal_tagged".to_owned(),
        stream: "GOAL-0001".to_owned(),
        sequence: position,
        command_id: Uuid::new_v5(&Uuid::NAMESPACE_OID, request.as_bytes()),
        command_pos: 0,
        command_len: 1,
        request: Some(request.to_owned()),
        recorded_at: 1,
        payload: r#"{"type":"goal_tagged","data":{"tag":"x"}}"#.to_owned(),
    }
}

fn about_a_task(event: Stored, event_type: &str, fence: u64) -> Stored {
    let payload = format!(r#"{{"type":"{event_type}","data":{{"task":"TASK-0001","fence":{fence},"holder":"w"}}}}"#);
    Stored { event_type: event_type.to_owned(), payload, ..event }
}

/// The history of these events, and what it says of the last; before that all must be well.
fn last_of(events: &[Stored]) -> (History, Vec<Violation>) {
    let mut history = History::default();
    let mut last = Vec::new();
    for event in events {
        assert_eq!(last, [], "only the last event may be wrong");
        last = history.take(event);
    }
    (history, last)
}

#[test]
fn a_sound_history_is_found_sound() {
    let torn = |position, place| Stored { command_pos: place, command_len: 2, ..event(position, "b") };
    let (history, wrong) = last_of(&[
        about_a_task(event(1, "a"), "task_claimed", 1),
        torn(2, 0),
        torn(3, 1),
        about_a_task(event(4, "c"), "claim_released", 1),
        about_a_task(event(5, "d"), "task_claimed", 2),
    ]);
    assert_eq!(wrong, []);
    let write = |request: &str, position, claim| Acknowledged { request: request.to_owned(), position, claim };
    let claim = Some(("TASK-0001".to_owned(), 2));
    let acknowledged = vec![write("b", 3, None), write("d", 5, claim)];
    let told = Told { acknowledged, refused: vec!["e".to_owned()], repeats: 0 };
    assert_eq!(told.compare(&history), []);
}

#[test]
fn a_hole_is_found() {
    let (_, wrong) = last_of(&[event(1, "a"), Stored { sequence: 2, ..event(3, "b") }]);
    assert_eq!(wrong, [Violation::Hole { expected: 2, found: 3 }]);
}

#[test]
fn a_doubled_command_is_found() {
    let (_, wrong) = last_of(&[event(1, "a"), event(2, "a")]);
    assert_eq!(wrong, [Violation::CommandTwice { position: 2, request: Some("a".to_owned()) }]);
    // Also when a node gave it another command id.
    let (_, wrong) = last_of(&[event(1, "a"), Stored { command_id: Uuid::from_u128(9), ..event(2, "a") }]);
    assert_eq!(wrong, [Violation::CommandTwice { position: 2, request: Some("a".to_owned()) }]);
}

#[test]
fn half_a_command_is_found() {
    let (_, wrong) = last_of(&[Stored { command_len: 2, ..event(1, "a") }, event(2, "b")]);
    assert_eq!(wrong, [Violation::CommandTorn { position: 2 }]);
}

#[test]
fn a_swapped_order_is_found() {
    let (_, wrong) = last_of(&[event(1, "a"), Stored { sequence: 3, ..event(2, "b") }]);
    assert_eq!(wrong, [Violation::StreamBroken { position: 2, stream: "GOAL-0001".to_owned() }]);
}

#[test]
fn a_clock_that_went_back_is_found() {
    let (_, wrong) = last_of(&[event(1, "a"), Stored { recorded_at: 0, ..event(2, "b") }]);
    assert_eq!(wrong, [Violation::TimeWentBack { position: 2 }]);
}

#[test]
fn two_holders_of_a_task_are_found() {
    let claimed = |position, request, fence| about_a_task(event(position, request), "task_claimed", fence);
    let (_, wrong) = last_of(&[claimed(1, "a", 1), claimed(2, "b", 2)]);
    assert_eq!(wrong, [Violation::TwoHolders { position: 2, task: "TASK-0001".to_owned() }]);
    let released = about_a_task(event(2, "b"), "claim_released", 1);
    let (_, wrong) = last_of(&[claimed(1, "a", 1), released, claimed(3, "c", 1)]);
    assert_eq!(wrong, [Violation::FenceReused { position: 3, task: "TASK-0001".to_owned(), fence: 1 }]);
}

#[test]
fn a_receipt_that_the_log_does_not_bear_out_is_found() {
    let (history, _) = last_of(&[event(1, "a"), about_a_task(event(2, "b"), "task_claimed", 1)]);
    let compare = |request: &str, position, claim| {
        let write = Acknowledged { request: request.to_owned(), position, claim };
        Told { acknowledged: vec![write], ..Told::default() }.compare(&history)
    };
    assert_eq!(compare("lost", 3, None), [Violation::AcknowledgementLost { request: "lost".to_owned(), position: 3 }]);
    assert_eq!(compare("a", 2, None), [Violation::OtherPosition { request: "a".to_owned(), told: 2, stored: 1 }]);
    let other = Some(("TASK-0001".to_owned(), 2));
    assert_eq!(compare("b", 2, other), [Violation::OtherClaim { request: "b".to_owned() }]);
    let told = Told { refused: vec!["a".to_owned()], ..Told::default() };
    assert_eq!(told.compare(&history), [Violation::RefusedAndStored { request: "a".to_owned(), position: 1 }]);
}

#[test]
fn a_reader_that_skips_repeats_or_sees_something_else_is_found() {
    let reader = || "r".to_owned();
    let seen = Seen::new(reader());
    assert_eq!(seen.take(1, "goal_tagged".to_owned()), None);
    assert_eq!(seen.take(1, "goal_tagged".to_owned()), Some(Violation::Repeated { reader: reader(), position: 1 }));
    assert_eq!(
        seen.take(3, "goal_retitled".to_owned()),
        Some(Violation::Skipped { reader: reader(), expected: 2, found: 3 })
    );
    let (history, _) = last_of(&[event(1, "a"), event(2, "b"), event(3, "c")]);
    assert_eq!(
        seen.compare(&history, |mark| mark.event_type.clone()),
        [Violation::SawAnother { reader: reader(), position: 3, saw: "goal_retitled".to_owned() }]
    );
}
