//! What takes longest one after the other.

use domain::{
    GoalCommand as C, TaskId,
    goal::schedule::{Basis, Step, plan},
};

use super::*;

#[test]
fn the_critical_path_is_what_takes_longest_one_after_the_other() {
    let tasks = vec![
        estimated(1, None, &[], 10),
        estimated(2, None, &[1], 50),
        estimated(3, None, &[1], 20),
        estimated(4, None, &[3], 20),
    ];
    let plan = plan(&a_goal(tasks).state(), &alone(0));
    assert_eq!((path(&plan), plan.critical_seconds()), (vec![1, 2], HOUR));
}

#[test]
fn of_ways_that_take_as_long_the_critical_path_is_the_one_with_more_tasks() {
    let tasks = vec![estimated(1, None, &[], 60), estimated(2, None, &[], 30), estimated(3, None, &[2], 30)];
    assert_eq!(path(&plan(&a_goal(tasks).state(), &alone(0))), [2, 3]);
}

#[test]
fn while_no_task_waits_for_another_there_is_no_critical_path_unless_one_alone_is_left() {
    let apart = |minutes| estimated(minutes, None, &[], minutes as u32);
    let of = |tasks| path(&plan(&a_goal(tasks).state(), &alone(0)));
    let none: [u64; 0] = [];
    assert_eq!(of((1..=3).map(|number| planned(number, None, &[])).collect()), none);
    assert_eq!(of(vec![apart(10), apart(90)]), none, "the longest is none either");
    assert_eq!(of(vec![apart(10)]), [10]);
    assert_eq!(of(vec![apart(10), apart(90), estimated(20, None, &[10], 20)]), [90], "longer than the others together");
}

#[test]
fn a_task_with_parts_takes_no_time_of_its_own() {
    let tasks = vec![estimated(1, None, &[], 600), estimated(2, Some(1), &[], 30)];
    let whole = plan(&a_goal(tasks).state(), &alone(0)).critical_path;
    assert_eq!(whole, [step(2, 1_800, Basis::Estimate), step(1, 0, Basis::Parts)]);
    let tasks = vec![estimated(1, None, &[], 600), estimated(2, Some(1), &[], 30)];
    let given_up = a_goal(tasks).and(C::CancelTask { task: TaskId(2) });
    assert_eq!(plan(&given_up.state(), &alone(0)).critical_path, [step(1, 10 * HOUR, Basis::Estimate)]);
    let tasks = vec![estimated(1, None, &[], 600), planned(2, None, &[]), estimated(3, Some(1), &[], 30)];
    let another = a_goal(tasks).and(C::CancelTask { task: TaskId(2) });
    assert_eq!(
        plan(&another.state(), &alone(0)).critical_seconds(),
        1_800,
        "one that was given up beside it is none of its parts"
    );
}

fn step(number: u64, seconds: u64, basis: Basis) -> Step {
    Step { task: TaskId(number), seconds, basis }
}

#[test]
fn without_an_estimate_a_task_takes_what_half_of_them_took_and_an_hour_when_that_is_not_known() {
    let takes = |circumstances| plan(&a_task().state(), &circumstances).critical_path;
    assert_eq!(takes(measured(&[900, 10, 20, 30, 40])), [step(1, 30, Basis::Measured)]);
    assert_eq!(takes(measured(&[900, 10, 20, 30])), [step(1, HOUR, Basis::Assumed)]);
}

#[test]
fn what_was_spent_under_a_lease_is_no_longer_to_come_but_some_of_it_always_is() {
    let given = a_goal(vec![estimated(1, None, &[], 60)]).and(claim(1, 100_000));
    let left = |seconds| plan(&given.state(), &alone(seconds)).critical_seconds();
    assert_eq!([left(0), left(600), left(3_599), left(90_000), left(100_000)], [3_600, 3_000, 360, 360, 3_600]);
    let reviewed = a_goal(vec![estimated(1, None, &[], 60)]).and(C::RequestReview { task: TaskId(1), fence: None });
    assert_eq!(plan(&reviewed.state(), &alone(0)).critical_seconds(), 360);
}
