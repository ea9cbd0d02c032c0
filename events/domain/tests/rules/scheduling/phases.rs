//! What can be done side by side.

use domain::{GoalCommand as C, TaskId, goal::schedule::plan};

use super::*;

#[test]
fn a_phase_is_what_can_be_done_side_by_side() {
    let given =
        a_goal(vec![planned(1, None, &[]), planned(2, None, &[1]), planned(3, None, &[1]), planned(4, None, &[2, 3])]);
    assert_eq!(phases(&plan(&given.state(), &alone(0))), [vec![1], vec![2, 3], vec![4]]);
}

#[test]
fn parts_come_before_what_they_are_a_part_of_and_after_what_the_whole_waits_for() {
    let tasks = vec![planned(1, None, &[]), planned(2, None, &[1]), planned(3, Some(2), &[]), planned(4, None, &[2])];
    assert_eq!(phases(&plan(&a_goal(tasks).state(), &alone(0))), [[1], [3], [2], [4]]);
}

#[test]
fn in_a_phase_what_should_be_done_first_comes_first() {
    let important = PlannedTask { priority: domain::goal::Priority::High, ..planned(2, None, &[]) };
    let given = a_goal(vec![planned(1, None, &[]), important, planned(3, None, &[]), planned(4, None, &[3])]);
    assert_eq!(phases(&plan(&given.state(), &alone(0))), [vec![2, 3, 1], vec![4]]);
}

#[test]
fn what_is_done_given_up_failed_or_put_aside_is_no_work() {
    let given = a_goal((1..=5).map(|number| planned(number, None, &[])).collect());
    let given = given.and(complete(1)).and(C::CancelTask { task: TaskId(2) }).and(C::Archive { subject: task(3) });
    assert_eq!(phases(&plan(&given.and(fail(4)).state(), &alone(0))), [[5]]);
}

#[test]
fn where_nothing_is_left_there_is_no_plan() {
    let done = plan(&a_task().and(complete(1)).state(), &measured(&[5; 5]));
    assert_eq!((done.phases.len(), done.critical_path.len(), done.risks.len()), (0, 0, 0));
    assert_eq!((done.forecast.seconds, done.forecast.finish.map(|finish| finish.p80)), (0, Some(at(0))));
}

#[test]
fn what_waits_for_a_failure_comes_after_what_the_failure_waits_for() {
    let given = a_goal(vec![planned(1, None, &[]), planned(2, None, &[1]), planned(3, None, &[2])]);
    let given = given.and(fail(2));
    assert_eq!(phases(&plan(&given.state(), &alone(0))), [[1], [3]]);
}

#[test]
fn a_chain_of_ten_thousand_tasks_in_sixteen_levels_is_planned() {
    // Sixteen levels below each other, and all the others one after the other.
    let parent = |number: u64| (2..=16).contains(&number).then(|| number - 1);
    let after = |number: u64| (number > 17).then(|| number - 1);
    let tasks = (1..=10_000).map(|number| planned(number, parent(number), after(number).as_slice()));
    let told = plan(&a_goal(tasks.collect()).state(), &measured(&[60; 5]));
    assert_eq!((told.phases.len(), told.phases[0].len(), told.critical_path.len()), (9_984, 2, 9_984));
    assert_eq!(told.forecast.finish.unwrap().p80, at(9_984 * 60 + 60));
}
