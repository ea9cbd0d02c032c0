use domain::{
    GoalCommand as C, GoalEvent, Instruction, Rejection, TaskId,
    goal::{Expectation, Link, Priority},
};

use crate::given::*;

const ONE: TaskId = TaskId(1);

fn claim(holder: &str, until: i64) -> C {
    C::ClaimTask { task: ONE, holder: holder.into(), until: at(until) }
}

/// Every step of work that a live lease guards.
fn work(fence: Option<u64>) -> Vec<C> {
    vec![
        C::StartTask { task: ONE, fence },
        C::BlockTask { task: ONE, reason: None, fence },
        C::UnblockTask { task: ONE, fence },
        C::RequestReview { task: ONE, fence },
        C::MeetCriterion { task: ONE, number: 1, fence },
        C::UnmeetCriterion { task: ONE, number: 1, fence },
        C::CompleteTask { task: ONE, result: None, evidence: vec![], met: vec![1], fence },
        C::FailTask { task: ONE, result: None, evidence: vec![], fence },
    ]
}

fn claimed() -> Given {
    a_task().and(C::AddCriterion { task: ONE, text: "It runs".into() }).and(claim("ada", 900))
}

/// Everything that needs no claim.
fn other_than_work() -> Vec<C> {
    let subject = task(1);
    let link = Link { rel: "document".into(), to: "a page".into() };
    vec![
        C::Retitle { subject, title: "Other words".into() },
        C::Describe { subject, description: Some("More".into()) },
        C::Reprioritise { subject, priority: Priority::High },
        C::Tag { subject, tag: "x".into() },
        C::Untag { subject, tag: "x".into() },
        C::SetDue { subject, due: None },
        C::Assign { subject, assignee: Some("ada".into()) },
        C::SetMetadata { subject, key: "k".into(), value: Some(1.into()) },
        C::AddLink { subject, link: link.clone() },
        C::RemoveLink { subject, link },
        C::AddComment { subject, kind: Default::default(), body: "Well".into() },
        C::Archive { subject },
        C::Restore { subject },
        C::Estimate { task: ONE, minutes: Some(5) },
        C::MoveTask { task: ONE, parent: None },
        C::AddCriterion { task: ONE, text: "It lasts".into() },
        C::RemoveCriterion { task: ONE, number: 1 },
        C::CancelTask { task: ONE },
    ]
}

/// Asked by somebody who says which claim is theirs.
fn with_fence(given: &Given, fence: u64, command: C) -> Outcome {
    let expect = vec![Expectation::Fence { task: ONE, fence }];
    given.when_told(Instruction { expect, ..instruction(given.now(), vec![command]) })
}

/// Ada's lease ran out, and Grace holds the task with fence 2.
fn taken_over() -> Given {
    claimed().after(901).and(claim("grace", 1_800))
}

#[test]
fn a_claim_starts_the_task_and_the_goal() {
    let events = a_task().when(claim("ada", 900)).then(&["goal_started", "task_claimed", "task_started"]);
    assert_eq!(
        events[1],
        GoalEvent::TaskClaimed { task: ONE, fence: 1, holder: "ada".into(), at: at(0), until: at(900) }
    );
}

#[test]
fn while_a_lease_is_live_nobody_else_claims() {
    let Rejection::Claimed { holder, until, retry_after_ms, .. } =
        claimed().after(300).when(claim("grace", 900)).refused("CLAIMED", "ada")
    else {
        panic!("another refusal")
    };
    assert_eq!((holder.as_str(), until, retry_after_ms), ("ada", at(900), 600_001));
}

#[test]
fn while_a_lease_is_live_work_needs_its_fence() {
    for step in work(None) {
        claimed().when(step).refused("CLAIMED", "pass the fence");
    }
    for step in work(Some(1)) {
        assert!(claimed().when(step.clone()).0.is_ok(), "{step:?}");
    }
}

#[test]
fn while_a_lease_is_live_cancelling_needs_no_fence_but_reopening_waits_for_release() {
    claimed().when(C::CancelTask { task: ONE }).then(&["task_cancelled"]);
    let refusal =
        claimed().when(C::ReopenTask { task: ONE }).refused("CLAIMED", "or give it back if the claim is yours");
    assert!(matches!(refusal, Rejection::Claimed { release_first: true, .. }), "{refusal:?}");
    with_fence(&claimed(), 1, C::ReopenTask { task: ONE }).refused("CLAIMED", "give it back");
}

#[test]
fn a_stale_fence_never_works() {
    let renewals = [C::RenewClaim { task: ONE, fence: 1, until: at(1_800) }, C::ReleaseClaim { task: ONE, fence: 1 }];
    for step in work(Some(1)).into_iter().chain(renewals) {
        let Rejection::Fenced { fence: 1, holder_since, .. } = taken_over().when(step).refused("FENCED", "out of date")
        else {
            panic!("another fence")
        };
        assert_eq!(holder_since, Some(at(901)));
    }
}

#[test]
fn what_needs_no_fence_is_refused_all_the_same_to_a_stale_one() {
    for command in other_than_work().into_iter().chain(work(None)).chain([C::ReopenTask { task: ONE }]) {
        let refusal = with_fence(&taken_over(), 1, command).refused("FENCED", "out of date");
        assert!(matches!(refusal, Rejection::Fenced { fence: 1, .. }), "{refusal:?}");
    }
    for command in other_than_work() {
        assert!(taken_over().when(command.clone()).0.is_ok(), "{command:?}");
        assert!(with_fence(&taken_over(), 2, command.clone()).0.is_ok(), "{command:?}");
        with_fence(&taken_over(), 3, command).refused("FENCED", "was never given out");
    }
}

#[test]
fn a_fence_of_no_task_is_not_found() {
    let expect = vec![Expectation::Fence { task: TaskId(9), fence: 1 }];
    a_task().when_told(Instruction { expect, ..instruction(at(0), vec![]) }).refused("NOT_FOUND", "TASK-0009");
}

#[test]
fn a_fence_from_the_future_is_no_better() {
    let never_given =
        a_task().when(C::StartTask { task: ONE, fence: Some(7) }).refused("FENCED", "was never given out");
    assert!(
        matches!(never_given, Rejection::Fenced { fence: 7, never_given: true, holder: None, .. }),
        "{never_given:?}"
    );
    let renewal = C::RenewClaim { task: ONE, fence: 77, until: at(1_800) };
    a_task().when(renewal.clone()).refused("FENCED", "the fence 77 for TASK-0001 was never given out");
    claimed().when(renewal).refused("FENCED", "was never given out");
}

#[test]
fn a_wrong_fence_is_told_who_holds_the_task_while_somebody_does() {
    let stale = |given: Given| match given.when(work(Some(1)).remove(0)).refused("FENCED", "claimed again since") {
        Rejection::Fenced { holder, never_given: false, .. } => holder,
        other => panic!("{other:?}"),
    };
    assert_eq!(stale(taken_over()).as_deref(), Some("grace"));
    assert_eq!(stale(taken_over().after(1_800)), None);
}

#[test]
fn a_lease_ends_by_itself_and_the_next_claim_writes_it_down() {
    claimed().after(899).when(claim("grace", 1_800)).refused("CLAIMED", "ada");
    let events = claimed().after(900).when(claim("grace", 1_800)).then(&["claim_expired", "task_claimed"]);
    let GoalEvent::TaskClaimed { fence: 2, .. } = events[1] else { panic!("{events:?}") };
}

#[test]
fn whoever_was_only_slow_goes_on_with_the_current_fence() {
    let late = claimed().after(5_000);
    late.when(C::CompleteTask { task: ONE, result: None, evidence: vec![], met: vec![1], fence: Some(1) })
        .then(&["criterion_met", "task_completed"]);
    late.when(C::RenewClaim { task: ONE, fence: 1, until: at(5_900) }).then(&["claim_renewed"]);
}

#[test]
fn a_lease_that_ran_out_guards_nothing() {
    claimed()
        .after(900)
        .when(C::RequestReview { task: ONE, fence: None })
        .then(&["claim_expired", "task_review_requested"]);
}

#[test]
fn a_claim_is_renewed_and_released_with_its_fence() {
    claimed().when(C::RenewClaim { task: ONE, fence: 1, until: at(1_000) }).then(&["claim_renewed"]);
    claimed().when(C::ReleaseClaim { task: ONE, fence: 1 }).then(&["claim_released", "task_reopened"]);
    let released = claimed().and(C::ReleaseClaim { task: ONE, fence: 1 });
    released.when(C::RenewClaim { task: ONE, fence: 1, until: at(1_000) }).refused("CONFLICT", "claim it anew");
    released.when(claim("grace", 900)).then(&["task_claimed", "task_started"]);
}

#[test]
fn a_sweeper_writes_down_what_ran_out_and_leaves_a_live_lease_alone() {
    claimed().after(900).when(C::ExpireClaim { task: ONE }).then(&["claim_expired"]);
    claimed().after(899).when(C::ExpireClaim { task: ONE }).then_already_done();
}

#[test]
fn a_claim_ends_with_the_work() {
    for last in [work(Some(1)).remove(6), work(Some(1)).remove(7), C::CancelTask { task: ONE }] {
        let state = claimed().and(last).state();
        assert!(state.task(ONE).unwrap().claim.is_none());
        assert_eq!(state.task(ONE).unwrap().fence, 1);
    }
}

#[test]
fn what_waits_is_blocked_or_closed_is_not_claimed() {
    let waiting = a_goal(vec![planned(1, None, &[2]), planned(2, None, &[])]);
    let Rejection::Blocked { by, .. } = waiting.when(claim("ada", 900)).refused("BLOCKED", "TASK-0002") else {
        panic!("another refusal")
    };
    assert_eq!(by, [TaskId(2)]);
    let blocked = a_task().and(C::BlockTask { task: ONE, reason: None, fence: None });
    blocked.when(claim("ada", 900)).refused("CONFLICT", "is blocked");
    a_task().and(C::CancelTask { task: ONE }).when(claim("ada", 900)).refused("CONFLICT", "is cancelled");
    a_task().and(C::Archive { subject: task(1) }).when(claim("ada", 900)).refused("CONFLICT", "is archived");
    a_task().and(C::CancelGoal).when(claim("ada", 900)).refused("CONFLICT", "GOAL-0001 is cancelled");
}

#[test]
fn a_part_waits_for_what_the_whole_waits_for() {
    let given = a_goal(vec![planned(2, None, &[]), planned(3, None, &[2]), planned(1, Some(3), &[])]);
    let Rejection::Blocked { by, inherited_from, .. } =
        given.when(claim("ada", 900)).refused("BLOCKED", "has to wait for TASK-0002, as a part of TASK-0003")
    else {
        panic!("another refusal")
    };
    assert_eq!((by, inherited_from), (vec![TaskId(2)], vec![TaskId(3)]));
}

#[test]
fn what_failed_is_named_first_and_no_more_than_ten_are_named() {
    let many: Vec<u64> = (2..=15).collect();
    let mut tasks: Vec<_> = many.iter().map(|number| planned(*number, None, &[])).collect();
    tasks.push(planned(1, None, &many));
    let given = a_goal(tasks).and(C::FailTask { task: TaskId(15), result: None, evidence: vec![], fence: None });
    let Rejection::Blocked { by, more, failed, parts: false, .. } =
        given.when(claim("ada", 900)).refused("BLOCKED", "TASK-0010, 4 more; TASK-0015 failed, so waiting is in vain")
    else {
        panic!("another refusal")
    };
    assert_eq!((by.len(), by[0], more, failed), (10, TaskId(15), 4, vec![TaskId(15)]));
}

#[test]
fn a_lease_lasts_from_a_second_to_a_week() {
    a_task().when(claim("ada", 0)).refused("VALIDATION", "ttl");
    a_task().when(claim("ada", 7 * 86_400 + 1)).refused("VALIDATION", "ttl");
    for until in [1, 7 * 86_400] {
        a_task().when(claim("ada", until)).then(&["goal_started", "task_claimed", "task_started"]);
    }
    claimed().when(C::RenewClaim { task: ONE, fence: 1, until: at(-1) }).refused("VALIDATION", "ttl");
}
