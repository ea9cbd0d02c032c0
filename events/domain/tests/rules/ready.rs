//! Which tasks somebody could take at a moment, and begin.

use domain::{
    GoalCommand as C, GoalEvent as E, TaskId,
    goal::{GoalStatus, Priority, TaskStatus, graph, graph::is_ready},
};

use crate::given::*;

const ONE: TaskId = TaskId(1);

fn ready(given: &Given, seconds: i64) -> Vec<u64> {
    let goal = given.state();
    goal.tasks.keys().filter(|id| is_ready(&goal, **id, at(seconds))).map(|id| id.0).collect()
}

fn claim() -> C {
    C::ClaimTask { task: ONE, holder: "ada".to_owned(), until: at(60) }
}

#[test]
fn a_task_that_nothing_stands_in_the_way_of_is_ready() {
    assert_eq!(ready(&a_task(), 0), [1]);
    assert!(!is_ready(&a_task().state(), TaskId(9), at(0)), "there is no such task");
}

#[test]
fn a_task_is_ready_again_when_its_lease_has_run_out() {
    let claimed = a_task().and(claim());
    assert!(ready(&claimed, 59).is_empty());
    assert_eq!(ready(&claimed, 60), [1]);
}

#[test]
fn a_task_in_another_state_is_not_ready() {
    for command in [
        C::CompleteTask { task: ONE, result: None, evidence: vec![], met: vec![], fence: None },
        C::BlockTask { task: ONE, reason: None, fence: None },
        C::Archive { subject: task(1) },
    ] {
        assert!(ready(&a_task().and(command.clone()), 0).is_empty(), "{command:?}");
    }
}

#[test]
fn nothing_is_ready_in_a_goal_that_is_closed_or_put_aside() {
    for command in [C::CancelGoal, C::Archive { subject: goal() }] {
        assert!(ready(&a_task().and(command.clone()), 0).is_empty(), "{command:?}");
    }
}

#[test]
fn parts_come_before_what_they_are_a_part_of() {
    let given = a_goal(vec![planned(1, None, &[]), planned(2, Some(1), &[])]);
    assert_eq!(ready(&given, 0), [2]);
    assert_eq!(ready(&given.and(C::CancelTask { task: TaskId(2) }), 0), [1]);
}

#[test]
fn parts_wait_for_what_the_whole_waits_for() {
    let given = a_goal(vec![planned(3, None, &[]), planned(1, None, &[3]), planned(2, Some(1), &[])]);
    assert_eq!(graph::blockers(&given.state(), TaskId(2)), [TaskId(3)]);
    assert_eq!(ready(&given, 0), [3]);
    assert_eq!(ready(&given.and(C::CancelTask { task: TaskId(3) }), 0), [2]);
}

#[test]
fn parts_of_parts_are_found_parents_first() {
    let given =
        a_goal(vec![planned(1, None, &[]), planned(2, Some(1), &[]), planned(3, Some(2), &[]), planned(4, None, &[])]);
    assert_eq!(graph::descendants(&given.state(), ONE), [TaskId(2), TaskId(3)]);
}

#[test]
fn the_most_important_comes_first_then_what_most_others_wait_for_then_the_oldest() {
    let open = |given: &Given| given.state().agenda.open().map(|id| id.0).collect::<Vec<_>>();
    let tasks = [planned(1, None, &[]), planned(2, None, &[]), planned(3, None, &[2]), planned(4, None, &[2, 5])];
    let given = a_goal([tasks.to_vec(), vec![planned(5, None, &[1])]].concat());
    assert_eq!(open(&given), [2, 1, 5, 3, 4]);
    // What is put aside or settled waits for nothing, what is taken up again does.
    let aside = given.and(C::Archive { subject: TaskId(3).into() }).and(C::CancelTask { task: TaskId(4) });
    assert_eq!(open(&aside), [1, 2, 5]);
    let back = aside.and(C::ReopenTask { task: TaskId(4) }).and(C::RemoveDependency { task: TaskId(5), on: ONE });
    assert_eq!(open(&back), [2, 5, 1, 4]);
    let waiting = back.and(C::AddDependency { task: TaskId(5), on: ONE }).and(C::Restore { subject: TaskId(3).into() });
    assert_eq!(open(&waiting), [2, 1, 5, 3, 4]);
    let important = waiting.and(C::Reprioritise { subject: TaskId(4).into(), priority: Priority::High });
    assert_eq!(open(&important), [4, 2, 1, 5, 3]);
}

#[test]
fn who_waits_is_counted_once_whatever_an_old_log_says() {
    let begun = a_goal(vec![planned(1, None, &[]), planned(2, None, &[1]), planned(3, None, &[1])]);
    let waiting = |events: &[E]| {
        let mut goal = begun.state();
        events.iter().for_each(|event| goal.evolve(event));
        goal.agenda.holds_up(ONE)
    };
    let added = |event: &&E| matches!(event, E::TaskAdded { task: TaskId(2), .. });
    let again = begun.events.iter().find(added).cloned().unwrap();
    assert_eq!(waiting(&[again]), 2, "a task that is added twice waits once");
    assert_eq!(waiting(&[E::DependencyAdded { task: TaskId(2), on: ONE }]), 2, "and so does one that waits already");
    let cancelled = E::TaskCancelled { task: TaskId(2), from: TaskStatus::Pending, to: TaskStatus::Cancelled };
    let removed = E::DependencyRemoved { task: TaskId(2), on: ONE };
    assert_eq!(waiting(&[cancelled, removed]), 1, "who no longer waits does not stop waiting twice");
}

#[test]
fn tasks_are_counted_by_where_they_stand_and_those_put_aside_are_not() {
    let begun = || a_goal(vec![planned(1, None, &[]), planned(2, None, &[]), planned(3, None, &[])]);
    let counts =
        |given: &Given| [TaskStatus::Pending, TaskStatus::Cancelled].map(|status| given.state().agenda.count(status));
    assert_eq!(counts(&begun()), [3, 0]);
    let cancelled = begun().and(C::CancelTask { task: ONE }).and(C::CancelTask { task: TaskId(2) });
    assert_eq!(counts(&cancelled), [1, 2]);
    let aside = cancelled.and(C::Archive { subject: TaskId(2).into() }).and(C::Archive { subject: TaskId(3).into() });
    assert_eq!(counts(&aside), [0, 1]);
    let back = aside
        .and(C::Restore { subject: TaskId(2).into() })
        .and(C::Restore { subject: TaskId(3).into() })
        .and(C::ReopenTask { task: ONE })
        .and(C::ReopenTask { task: TaskId(2) });
    assert_eq!(counts(&back), [3, 0]);
    assert_eq!(back.state().agenda, begun().state().agenda, "how they came there leaves no trace");
}

#[test]
fn what_cannot_make_another_task_ready_reaches_none() {
    let reaches = |event: E| event.reaches_other_tasks();
    let goal = |from, to| E::GoalStarted { from, to };
    assert!(!reaches(goal(GoalStatus::Pending, GoalStatus::InProgress)), "it was open before");
    assert!(reaches(goal(GoalStatus::Completed, GoalStatus::InProgress)), "its tasks were not to be had");
    let task = |from, to| E::TaskStarted { task: ONE, from, to };
    assert!(!reaches(task(TaskStatus::Failed, TaskStatus::InProgress)), "a failure settles nothing");
    assert!(reaches(task(TaskStatus::Completed, TaskStatus::InProgress)), "what comes after it has to wait again");
    assert!(!reaches(E::GoalRetitled { from: "one".into(), to: "other".into() }));
    assert!(reaches(E::DependencyRemoved { task: ONE, on: TaskId(2) }));
}
