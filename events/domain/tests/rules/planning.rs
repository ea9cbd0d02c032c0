use domain::{
    GoalCommand as C, GoalEvent, Rejection, TaskId,
    goal::{PlannedTask, TaskReference, graph},
    limits,
};

use crate::given::*;

fn add(tasks: Vec<PlannedTask>) -> C {
    C::AddTasks { tasks }
}

fn keyed(number: u64, key: &str, after: &[&str]) -> PlannedTask {
    PlannedTask {
        key: Some(key.into()),
        after: after.iter().map(|key| TaskReference::Key((*key).into())).collect(),
        ..planned(number, None, &[])
    }
}

fn wait(task: u64, on: u64) -> C {
    C::AddDependency { task: TaskId(task), on: TaskId(on) }
}

fn path(rejection: Rejection) -> Vec<String> {
    let Rejection::Cycle { path } = rejection else { panic!("{rejection}") };
    path
}

#[test]
fn tasks_of_one_call_name_each_other_by_key_whatever_their_order() {
    let events = a_goal(vec![]).when(add(vec![keyed(1, "test", &["build"]), keyed(2, "build", &[])]));
    let events = events.then(&["task_added", "task_added"]);
    let GoalEvent::TaskAdded { after, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!(after.iter().copied().collect::<Vec<_>>(), [TaskId(2)]);
    let given = a_goal(vec![]).and(add(vec![keyed(1, "test", &["build"]), keyed(2, "build", &[])]));
    assert!(given.state().task(TaskId(2)).unwrap().dependents.contains(&TaskId(1)));
}

#[test]
fn a_key_is_used_once_and_stands_for_something() {
    a_goal(vec![]).when(add(vec![keyed(1, "a", &[]), keyed(2, "a", &[])])).refused("VALIDATION", "tasks[2].key");
    a_goal(vec![]).when(add(vec![keyed(1, "a", &["b"])])).refused("VALIDATION", "tasks[1].after[0]");
}

#[test]
fn a_key_does_not_look_like_an_id() {
    for key in ["TASK-0669", "GOAL-1", "task-1", "Goal-00007", " TASK-0001 "] {
        a_goal(vec![]).when(add(vec![keyed(1, key, &[])])).refused("VALIDATION", "tasks[1].key: ");
        nothing().when(create(vec![keyed(1, key, &[])])).refused("VALIDATION", "give a name of your own");
    }
    for key in ["task", "task-", "task-one", "subtask-1", "TASK_0001", "1"] {
        a_goal(vec![]).when(add(vec![keyed(1, key, &[])])).then(&["task_added"]);
    }
}

#[test]
fn a_title_or_a_key_of_an_earlier_call_names_nothing_and_the_refusal_says_what_does() {
    let given = a_goal(vec![]).and(add(vec![keyed(1, "design", &[])]));
    given.when(add(vec![keyed(2, "build", &["Task 1"])])).refused("VALIDATION", "the task of this title is TASK-0001");
    given.when(add(vec![keyed(2, "build", &["design"])])).refused("VALIDATION", "keys hold for one call");
    let in_one_call = vec![keyed(2, "test", &[]), keyed(3, "build", &["Task 2"])];
    given.when(add(in_one_call)).refused("VALIDATION", "give that task a key here");
}

#[test]
fn a_dependency_on_a_missing_task_is_refused_by_its_field() {
    a_goal(vec![]).when(add(vec![planned(1, None, &[9])])).refused("VALIDATION", "tasks[1].after[0]: TASK-0009");
    a_task().when(wait(1, 9)).refused("NOT_FOUND", "TASK-0009");
}

#[test]
fn a_parent_is_a_task_of_the_goal_or_an_earlier_one_of_the_call() {
    a_goal(vec![]).when(add(vec![planned(1, Some(2), &[]), planned(2, None, &[])])).refused("NOT_FOUND", "TASK-0002");
}

#[test]
fn an_id_is_used_once() {
    a_task().when(add(vec![planned(1, None, &[])])).refused("VALIDATION", "exists already");
}

#[test]
fn a_task_cannot_wait_for_itself() {
    assert_eq!(path(a_task().when(wait(1, 1)).refused("CYCLE", "wait for one another")), ["TASK-0001", "TASK-0001"]);
}

#[test]
fn a_circle_among_new_tasks_is_refused_with_its_path_by_key() {
    let tasks = vec![keyed(1, "a", &["c"]), keyed(2, "b", &["a"]), keyed(3, "c", &["b"])];
    assert_eq!(path(a_goal(vec![]).when(add(tasks)).refused("CYCLE", "->")), ["a", "c", "b", "a"]);
}

#[test]
fn the_path_of_a_circle_is_the_circle_alone() {
    let tasks = vec![keyed(1, "to it", &["b"]), keyed(2, "b", &["c"]), keyed(3, "c", &["b"])];
    assert_eq!(path(a_goal(vec![]).when(add(tasks)).refused("CYCLE", "->")), ["b", "c", "b"]);
}

#[test]
fn a_circle_through_new_and_existing_tasks_is_refused() {
    // 2 is part of 1 and would wait for 3, which waits for 1.
    let given = a_goal(vec![planned(1, None, &[]), planned(3, None, &[1])]);
    given.when(add(vec![planned(2, Some(1), &[3])])).refused("CYCLE", "TASK-0003");
}

#[test]
fn a_part_cannot_wait_for_what_it_is_a_part_of_nor_the_other_way_round() {
    let given = a_goal(vec![planned(1, None, &[]), planned(2, Some(1), &[])]);
    given.when(wait(2, 1)).refused("CYCLE", "TASK-0001");
    given.when(wait(1, 2)).refused("CYCLE", "TASK-0002");
}

#[test]
fn a_circle_that_the_same_instruction_opens_again_is_none() {
    let given = a_goal(vec![planned(1, None, &[]), planned(2, None, &[1])]);
    let turn = vec![wait(1, 2), C::RemoveDependency { task: TaskId(2), on: TaskId(1) }];
    given.when_all(turn).then(&["dependency_added", "dependency_removed"]);
}

#[test]
fn a_task_moves_within_the_tree_but_never_below_itself() {
    let given = a_goal(vec![planned(1, None, &[]), planned(2, Some(1), &[]), planned(3, None, &[])]);
    let move_task = |task, parent: Option<u64>| C::MoveTask { task: TaskId(task), parent: parent.map(TaskId) };
    given.when(move_task(2, Some(3))).then(&["task_moved"]);
    given.when(move_task(2, None)).then(&["task_moved"]);
    given.when(move_task(1, Some(2))).refused("CYCLE", "TASK-0002");
    given.when(move_task(1, Some(1))).refused("CYCLE", "TASK-0001");
    given.when(move_task(1, Some(9))).refused("NOT_FOUND", "TASK-0009");
    // Unlike a dependency not even for a moment: between two commands there would be a part of itself.
    given.when_all(vec![move_task(1, Some(2)), move_task(1, None)]).refused("CYCLE", "TASK-0002");
    given.when_all(vec![move_task(1, Some(1)), move_task(1, None)]).refused("CYCLE", "TASK-0001");
}

#[test]
fn moving_a_task_can_close_a_circle_too() {
    let given = a_goal(vec![planned(1, None, &[]), planned(2, None, &[1])]);
    given.when(C::MoveTask { task: TaskId(2), parent: Some(TaskId(1)) }).refused("CYCLE", "TASK-0002");
}

#[test]
fn a_closed_task_takes_no_open_parts_and_an_archived_one_no_others() {
    let two = || a_goal(vec![planned(1, None, &[]), planned(2, None, &[])]);
    let below = C::MoveTask { task: TaskId(2), parent: Some(TaskId(1)) };
    let cancelled = two().and(C::CancelTask { task: TaskId(1) });
    cancelled.when(add(vec![planned(3, Some(1), &[])])).refused("CONFLICT", "is cancelled");
    cancelled.when(below.clone()).refused("CONFLICT", "is cancelled");
    cancelled.and(C::CancelTask { task: TaskId(2) }).when(below.clone()).then(&["task_moved"]);
    let archived = two().and(C::Archive { subject: task(1) });
    archived.when(add(vec![planned(3, Some(1), &[])])).refused("CONFLICT", "is archived");
    archived.when(below).refused("CONFLICT", "is archived");
}

#[test]
fn a_closed_or_archived_goal_keeps_its_plan() {
    for closing in [C::CancelGoal, C::Archive { subject: goal() }] {
        let given = a_goal(vec![planned(1, None, &[]), planned(2, None, &[]), planned(3, None, &[2])]).and(closing);
        given.when(add(vec![planned(4, None, &[])])).refused("CONFLICT", "GOAL-0001");
        given.when(wait(2, 1)).refused("CONFLICT", "GOAL-0001");
        given.when(C::RemoveDependency { task: TaskId(3), on: TaskId(2) }).refused("CONFLICT", "GOAL-0001");
        given.when(C::MoveTask { task: TaskId(2), parent: Some(TaskId(1)) }).refused("CONFLICT", "GOAL-0001");
    }
}

#[test]
fn ten_thousand_tasks_are_a_goal_and_one_more_is_too_big() {
    let most = limits::TASKS_PER_GOAL_MAX as u64;
    let all = |count| (1..=count).map(|number| planned(number, None, &[])).collect();
    assert_eq!(nothing().when(create(all(most))).0.unwrap().len(), 10_001);
    nothing().when(create(all(most + 1))).refused("TOO_BIG", "tasks: would make 10001");
}

#[test]
fn ten_thousand_tasks_may_wait_one_for_the_next_and_closing_the_circle_is_refused() {
    let chain = |number: u64| planned(number, None, if number == 1 { &[] } else { std::slice::from_ref(&0) });
    let tasks = (1..=10_000).map(|number| {
        let mut task = chain(number);
        task.after.iter_mut().for_each(|on| *on = TaskReference::Id(TaskId(number - 1)));
        task
    });
    let given = a_goal(tasks.collect());
    assert_eq!(graph::find_cycle(&given.state(), [TaskId(10_000)]), None);
    let circle = path(given.when(wait(1, 10_000)).refused("CYCLE", "9991 more").clone());
    assert_eq!(circle.len(), 10_001);
}

#[test]
fn a_tree_has_at_most_sixteen_levels() {
    let deep: Vec<_> = (1..=16).map(|number| planned(number, (number > 1).then(|| number - 1), &[])).collect();
    let given = a_goal(deep);
    given.when(add(vec![planned(17, Some(16), &[])])).refused("TOO_BIG", "17 levels");
    let pair = given.and(add(vec![planned(20, None, &[]), planned(21, Some(20), &[])]));
    pair.when(C::MoveTask { task: TaskId(20), parent: Some(TaskId(15)) }).refused("TOO_BIG", "17 levels");
}

#[test]
fn a_task_waits_for_at_most_a_thousand() {
    let given = a_goal((1..=1_002).map(|number| planned(number, None, &[])).collect());
    let first: Vec<u64> = (1..=1_000).collect();
    let full = given.and(add(vec![planned(2_000, None, &first)]));
    full.when(wait(2_000, 1_001)).refused("TOO_BIG", "after");
    let more: Vec<u64> = (1..=1_001).collect();
    full.when(add(vec![planned(2_001, None, &more)])).refused("TOO_BIG", "tasks[2001].after");
}
