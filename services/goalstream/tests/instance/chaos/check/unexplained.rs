//! That the search for an order can fail: histories that have one, and the same ones a little wrong.

use std::time::Duration;

use tokio::time::Instant;

use super::linear::{Operation, Request, Told, is_explained};

/// A request with the milliseconds in which it was made and answered.
type Asked = (Request, u64, Option<(Told, u64)>);

fn explained(operations: &[Asked]) -> bool {
    let begun = Instant::now();
    let at = |millisecond: u64| begun + Duration::from_millis(millisecond);
    let operation = |(request, called, answer): &Asked| Operation {
        request: *request,
        called: at(*called),
        answer: answer.clone().map(|(told, answered)| (told, at(answered))),
    };
    is_explained(&operations.iter().map(operation).collect::<Vec<_>>())
}

fn refused(code: &str) -> Told {
    Told::Refused(code.to_owned())
}

#[test]
fn claims_at_the_same_time_have_one_winner() {
    let both =
        |first, second| explained(&[(Request::Claim, 0, Some((first, 10))), (Request::Claim, 1, Some((second, 9)))]);
    assert!(both(Told::Fence(1), refused("CLAIMED")));
    assert!(both(refused("CLAIMED"), Told::Fence(1)));
    assert!(!both(Told::Fence(1), Told::Fence(2)), "two holders");
    assert!(!both(Told::Fence(1), Told::Fence(1)), "one fence for two");
    assert!(!both(refused("CLAIMED"), refused("CLAIMED")), "nobody held it");
}

#[test]
fn what_was_answered_before_comes_before() {
    let claim_then =
        |request, told| explained(&[(Request::Claim, 0, Some((Told::Fence(1), 1))), (request, 2, Some((told, 3)))]);
    assert!(claim_then(Request::Release(1), Told::Done));
    assert!(!claim_then(Request::Claim, Told::Fence(1)), "the second answer is of a time before the first");
    assert!(!claim_then(Request::Complete(1), refused("FENCED")), "the fence was refused to its holder");
    assert!(!claim_then(Request::Complete(0), Told::Done), "an old fence was taken");
}

#[test]
fn a_lost_claim_may_have_happened_or_not_but_not_both() {
    let lost_then = |told: &[Told]| {
        let later = told.iter().zip(1..).map(|(told, at)| (Request::Claim, 10 * at, Some((told.clone(), 10 * at + 1))));
        explained(&[(Request::Claim, 0, None)].into_iter().chain(later).collect::<Vec<_>>())
    };
    assert!(lost_then(&[Told::Fence(1), refused("CLAIMED")]), "it never happened");
    assert!(lost_then(&[refused("CLAIMED"), refused("CLAIMED")]), "it happened");
    assert!(!lost_then(&[refused("CLAIMED"), Told::Fence(2)]), "it was undone");
    assert!(!lost_then(&[Told::Fence(2)]), "it was undone before anybody saw it");
}

#[test]
fn a_claim_that_nobody_knows_of_ends_with_its_lease_and_not_before() {
    let unknown = (Request::Claim, 0, None);
    let second = (Request::Claim, 10, Some((Told::Fence(2), 11)));
    assert!(explained(&[unknown.clone(), second.clone(), (Request::Lapse(1), 0, None)]));
    assert!(!explained(&[unknown, second.clone()]), "it was held");
    assert!(!explained(&[second, (Request::Lapse(1), 0, None)]), "nobody had claimed it");
}

#[test]
fn a_task_that_is_over_stays_over() {
    let after_completion = |request, told| {
        explained(&[
            (Request::Claim, 0, Some((Told::Fence(1), 1))),
            (Request::Complete(1), 2, Some((Told::Done, 3))),
            (request, 4, Some((told, 5))),
        ])
    };
    assert!(after_completion(Request::Complete(1), Told::Done), "a repeat is an answer and no error");
    assert!(after_completion(Request::Claim, refused("CONFLICT")));
    assert!(!after_completion(Request::Claim, Told::Fence(2)), "the completion was lost");
    assert!(!after_completion(Request::Claim, refused("CLAIMED")), "a closed task is held by nobody");
}
