use domain::{GoalCommand as C, GoalEvent, TaskId, goal::Subject};

use crate::given::*;

fn tree() -> Given {
    a_goal(vec![planned(1, None, &[]), planned(2, Some(1), &[]), planned(3, Some(2), &[]), planned(4, Some(1), &[])])
}

fn archive(subject: Subject) -> C {
    C::Archive { subject }
}

fn restore(subject: Subject) -> C {
    C::Restore { subject }
}

#[test]
fn a_goal_is_put_aside_and_taken_back() {
    tree().when(archive(goal())).then(&["goal_archived"]);
    tree().and(archive(goal())).when(restore(goal())).then(&["goal_restored"]);
}

#[test]
fn with_a_task_its_parts_are_put_aside() {
    let events = tree().when(archive(task(2))).then(&["task_archived", "task_archived"]);
    assert_eq!(events.iter().filter_map(GoalEvent::task).collect::<Vec<_>>(), [TaskId(3), TaskId(2)]);
}

#[test]
fn with_a_task_the_tasks_it_is_a_part_of_are_taken_back_from_the_top() {
    let events = tree().and(archive(task(1))).when(restore(task(3)));
    let events = events.then(&["task_restored", "task_restored", "task_restored"]);
    assert_eq!(events.iter().filter_map(GoalEvent::task).collect::<Vec<_>>(), [TaskId(1), TaskId(2), TaskId(3)]);
}

#[test]
fn what_is_left_to_do_does_not_come_back_into_what_is_finished() {
    let complete =
        |task| C::CompleteTask { task: TaskId(task), result: None, evidence: vec![], met: vec![], fence: None };
    let given = tree().and(archive(task(2))).and(complete(4)).and(complete(1));
    given.when(restore(task(2))).refused("CONFLICT", "takes no open parts");
    given.clone().and(C::ReopenTask { task: TaskId(1) }).when(restore(task(2))).then(&["task_restored"]);
    let finished = tree().and(archive(task(1))).and(C::CompleteGoal { result: None });
    finished.when(restore(task(3))).refused("CONFLICT", "is completed");
    let settled = tree().and(complete(3)).and(archive(task(3))).and(complete(2)).and(complete(4)).and(complete(1));
    settled.and(C::CompleteGoal { result: None }).when(restore(task(3))).then(&["task_restored"]);
}

#[test]
fn what_is_put_aside_is_kept_but_not_worked_on() {
    let given = tree().and(archive(task(1)));
    assert_eq!(given.state().tasks.len(), 4);
    given.when(C::StartTask { task: TaskId(3), fence: None }).refused("CONFLICT", "is archived");
    given.when(C::CompleteGoal { result: None }).then(&["goal_completed"]);
}
