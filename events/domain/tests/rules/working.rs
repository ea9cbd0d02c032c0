use domain::{
    GoalCommand as C, GoalEvent, TaskId,
    goal::{GoalStatus, TaskStatus},
};

use crate::given::*;

const ONE: TaskId = TaskId(1);

fn complete(task: u64) -> C {
    C::CompleteTask {
        task: TaskId(task),
        result: Some("Done".into()),
        evidence: vec!["log".into()],
        met: vec![],
        fence: None,
    }
}

fn fail() -> C {
    C::FailTask { task: ONE, result: None, evidence: vec![], fence: None }
}

#[test]
fn the_first_work_starts_the_goal() {
    a_task().when(C::StartTask { task: ONE, fence: None }).then(&["goal_started", "task_started"]);
    a_task().when(complete(1)).then(&["goal_started", "task_completed"]);
    a_task().when(fail()).then(&["goal_started", "task_failed"]);
    a_task().when(C::RequestReview { task: ONE, fence: None }).then(&["goal_started", "task_review_requested"]);
}

#[test]
fn a_task_does_not_start_or_finish_before_what_it_comes_after() {
    let given = a_goal(vec![planned(1, None, &[2]), planned(2, None, &[])]);
    given.when(C::StartTask { task: ONE, fence: None }).refused("BLOCKED", "TASK-0002");
    given.when(complete(1)).refused("BLOCKED", "TASK-0002");
    given.clone().and(complete(2)).when(complete(1)).then(&["task_completed"]);
    given.clone().and(C::CancelTask { task: TaskId(2) }).when(complete(1)).then(&["goal_started", "task_completed"]);
    given.and(C::Archive { subject: task(2) }).when(complete(1)).then(&["goal_started", "task_completed"]);
}

#[test]
fn a_failure_still_stands_in_the_way() {
    let given = a_goal(vec![planned(1, None, &[]), planned(2, None, &[1])]).and(fail());
    given.when(complete(2)).refused("BLOCKED", "TASK-0001");
}

#[test]
fn a_task_is_done_only_after_its_parts() {
    let given = a_goal(vec![planned(1, None, &[]), planned(2, Some(1), &[])]);
    given.when(complete(1)).refused("BLOCKED", "TASK-0001 has to wait for its parts TASK-0002");
    given.and(complete(2)).when(complete(1)).then(&["task_completed"]);
}

#[test]
fn a_blocked_task_goes_on_with_its_worker_or_waits_for_one() {
    let block = |fence| C::BlockTask { task: ONE, reason: Some("No key".into()), fence };
    let blocked = a_task().and(block(None));
    let events = blocked.when(C::UnblockTask { task: ONE, fence: None }).then(&["task_unblocked"]);
    assert!(matches!(events[0], GoalEvent::TaskUnblocked { to: TaskStatus::Pending, .. }), "{events:?}");
    blocked.when(C::StartTask { task: ONE, fence: None }).then(&["goal_started", "task_unblocked"]);
    let held = a_task().and(C::ClaimTask { task: ONE, holder: "ada".into(), until: at(900) }).and(block(Some(1)));
    let events = held.when(C::UnblockTask { task: ONE, fence: Some(1) }).then(&["task_unblocked"]);
    assert!(matches!(events[0], GoalEvent::TaskUnblocked { to: TaskStatus::InProgress, .. }), "{events:?}");
}

#[test]
fn what_is_blocked_may_be_so_for_another_reason() {
    let block = |reason: Option<&str>, fence| C::BlockTask { task: ONE, reason: reason.map(Into::into), fence };
    let blocked = a_task().and(block(Some("No key"), None));
    for same in [block(Some("No key"), None), block(None, None)] {
        blocked.when(same).then(&[]);
    }
    let events = blocked.when(block(Some("No lock"), None)).then(&["task_blocked"]);
    assert_eq!(
        events[0],
        GoalEvent::TaskBlocked {
            task: ONE,
            from: TaskStatus::Blocked,
            to: TaskStatus::Blocked,
            reason: Some("No lock".into())
        }
    );
    blocked
        .clone()
        .and(C::UnblockTask { task: ONE, fence: None })
        .and(block(None, None))
        .when(block(Some("No key"), None))
        .then(&["task_blocked"]);
    let aside = blocked.and(C::Archive { subject: ONE.into() });
    aside.when(block(Some("No lock"), None)).refused("CONFLICT", "restore it first");
}

#[test]
fn what_is_closed_is_reopened_before_work_goes_on() {
    let done = a_task().and(complete(1));
    done.when(C::StartTask { task: ONE, fence: None }).refused("CONFLICT", "is completed; reopen it first");
    done.when(C::CancelTask { task: ONE }).refused("CONFLICT", "is completed");
    let reopened = done.and(C::ReopenTask { task: ONE });
    assert_eq!(reopened.state().task(ONE).unwrap().result, None);
    reopened.when(C::StartTask { task: ONE, fence: None }).then(&["task_started"]);
}

#[test]
fn reopening_makes_a_task_wait_wherever_it_stood() {
    let steps = [
        C::StartTask { task: ONE, fence: None },
        C::BlockTask { task: ONE, reason: None, fence: None },
        C::RequestReview { task: ONE, fence: None },
        complete(1),
        fail(),
        C::CancelTask { task: ONE },
    ];
    for step in steps {
        a_task().and(step).when(C::ReopenTask { task: ONE }).then(&["task_reopened"]);
    }
}

#[test]
fn with_a_task_its_parts_are_given_up_parts_first() {
    let given = a_goal(vec![
        planned(1, None, &[]),
        planned(2, Some(1), &[]),
        planned(3, Some(2), &[]),
        planned(4, Some(1), &[]),
    ]);
    let events = given.and(complete(4)).when(C::CancelTask { task: ONE });
    let events = events.then(&["task_cancelled", "task_cancelled", "task_cancelled"]);
    assert_eq!(events.iter().filter_map(GoalEvent::task).collect::<Vec<_>>(), [TaskId(3), TaskId(2), ONE]);
}

#[test]
fn a_part_is_reopened_after_the_whole() {
    let given = a_goal(vec![planned(1, None, &[]), planned(2, Some(1), &[])]).and(C::CancelTask { task: ONE });
    given.when(C::ReopenTask { task: TaskId(2) }).refused("CONFLICT", "TASK-0001 is cancelled");
    given
        .when_all(vec![C::ReopenTask { task: ONE }, C::ReopenTask { task: TaskId(2) }])
        .then(&["task_reopened", "task_reopened"]);
}

#[test]
fn a_goal_is_started_completed_cancelled_and_reopened() {
    a_task().when(C::StartGoal).then(&["goal_started"]);
    a_task().when(C::CompleteGoal { result: None }).refused("BLOCKED", "TASK-0001");
    let done = a_task().and(complete(1)).and(C::CompleteGoal { result: Some("Shipped".into()) });
    done.when(C::CancelGoal).refused("CONFLICT", "is completed");
    done.when(C::StartGoal).refused("CONFLICT", "is completed");
    done.when(C::ReopenTask { task: ONE }).refused("CONFLICT", "GOAL-0001 is completed");
    let events = done.when(C::ReopenGoal).then(&["goal_reopened"]);
    assert_eq!(events[0], GoalEvent::GoalReopened { from: GoalStatus::Completed, to: GoalStatus::InProgress });
    a_task().and(C::CancelGoal).when(C::CompleteGoal { result: None }).refused("CONFLICT", "is cancelled");
}

#[test]
fn a_goal_on_which_nobody_worked_waits_when_it_is_reopened() {
    for before in [C::CancelGoal, C::StartGoal] {
        let events = a_task().and(before).when(C::ReopenGoal).then(&["goal_reopened"]);
        assert!(matches!(events[0], GoalEvent::GoalReopened { to: GoalStatus::Pending, .. }), "{events:?}");
    }
}
