//! When all will be done.

use domain::{
    GoalCommand as C, GoalEvent, TaskId,
    goal::{
        PlannedTask, Priority,
        schedule::{Circumstances, Sample, plan},
    },
};

use super::*;

#[test]
fn so_many_workers_share_what_can_be_done_side_by_side() {
    let given = a_goal((1..=4).map(|number| estimated(number, None, &[], 60)).collect());
    let takes = |workers| plan(&given.state(), &with(workers)).forecast.seconds / HOUR;
    assert_eq!([takes(1), takes(2), takes(3), takes(4), takes(9)], [4, 2, 2, 1, 1]);
}

#[test]
fn a_worker_takes_the_more_important_first_and_then_what_more_others_wait_for() {
    let tasks = vec![estimated(1, None, &[], 60), estimated(2, None, &[], 60), estimated(3, None, &[2], 60)];
    assert_eq!(plan(&a_goal(tasks.clone()).state(), &with(2)).forecast.seconds, 2 * HOUR);
    let given = a_goal([vec![estimated(4, None, &[], 60)], tasks].concat());
    // 2 goes before 1 and 4, or the three hours would become four of two workers.
    assert_eq!(plan(&given.state(), &with(2)).forecast.seconds, 2 * HOUR);
    let urgent = given.and(C::Reprioritise { subject: task(1), priority: Priority::High });
    let urgent = urgent.and(C::Reprioritise { subject: task(4), priority: Priority::High });
    assert_eq!(plan(&urgent.state(), &with(2)).forecast.seconds, 3 * HOUR);
}

#[test]
fn no_date_is_told_before_enough_was_measured() {
    let few = plan(&a_task().state(), &measured(&[60; 4])).forecast;
    assert_eq!((few.samples, few.finish), (4, None));
    let enough = plan(&a_task().state(), &measured(&[60; 5])).forecast;
    assert_eq!((enough.samples, enough.finish.map(|finish| (finish.p50, finish.p80))), (5, Some((at(60), at(60)))));
}

#[test]
fn a_forecast_lies_between_the_shortest_and_the_longest_that_was_measured() {
    let given = a_goal(
        (1..=10)
            .map(|number| {
                planned(number, None, &[number - 1].map(|on| on).into_iter().filter(|on| *on > 0).collect::<Vec<_>>())
            })
            .collect(),
    );
    let finish = plan(&given.state(), &measured(&[60, 60, 60, 60, 600])).forecast.finish.unwrap();
    // Of ten draws two are long on average.
    assert!(at(600) < finish.p50 && finish.p50 < finish.p80 && finish.p80 < at(6_000), "{finish:?}");
    assert_eq!(
        plan(&given.state(), &measured(&[60, 60, 60, 60, 600])).forecast.finish,
        Some(finish),
        "it is the same again"
    );
}

#[test]
fn an_estimate_comes_out_as_wrong_as_others_did() {
    let sample = Sample { estimate_minutes: Some(10), seconds: 1_200 };
    let circumstances = Circumstances { samples: vec![sample; 5], ..alone(0) };
    let given = a_goal(vec![estimated(1, None, &[], 60)]);
    let told = plan(&given.state(), &circumstances);
    assert_eq!((told.critical_seconds(), told.forecast.finish.unwrap().p50), (HOUR, at(7_200)), "twice as long");
}

#[test]
fn an_estimate_counts_where_none_was_made_before() {
    let given = a_goal(vec![estimated(1, None, &[], 60)]);
    let told = plan(&given.state(), &measured(&[5, 5, 10, 15, 40]));
    let finish = told.forecast.finish.unwrap();
    assert_eq!(told.forecast.seconds, HOUR);
    assert_eq!(finish.p50, at(3_600), "not seconds");
    assert!(at(5_400) <= finish.p80, "and no surer than those were: {finish:?}");
}

#[test]
fn work_of_all_sizes_makes_no_estimate_absurd() {
    let told = plan(&a_goal(vec![estimated(1, None, &[], 60)]).state(), &measured(&[1, 5, 5, 5, 90_000, 90_000]));
    let finish = told.forecast.finish.unwrap();
    assert_eq!((finish.p50, finish.p80), (at(3_600), at(4 * 3_600)));
}

#[test]
fn estimates_of_nothing_tell_nothing_of_another() {
    let sample = Sample { estimate_minutes: Some(0), seconds: 1_200 };
    let circumstances = Circumstances { samples: vec![sample; 5], ..alone(0) };
    let told = plan(&a_goal(vec![estimated(1, None, &[], 60)]).state(), &circumstances);
    assert_eq!(told.forecast.finish.unwrap().p50, at(3_600), "all took the same, so it is as sure as they were");
}

#[test]
fn of_what_is_under_way_a_part_is_left() {
    let takes = |given: &Given, seconds| plan(&given.state(), &alone(seconds)).forecast.seconds;
    let given = a_goal(vec![estimated(1, None, &[], 60)]);
    let held = given.clone().and(claim(1, 7_200));
    assert_eq!([0, 1_200, 3_500, 3_600].map(|seconds| takes(&held, seconds)), [3_600, 2_400, 360, 360]);
    let reviewed = given.and(C::RequestReview { task: TaskId(1), fence: None });
    assert_eq!(takes(&reviewed, 0), 360);
}

#[test]
fn what_takes_no_time_needs_no_worker() {
    let last = PlannedTask { priority: Priority::Low, ..estimated(1, None, &[], 0) };
    let first = PlannedTask { priority: Priority::Critical, ..estimated(2, None, &[1], 120) };
    let given = a_goal(vec![last, first, estimated(3, None, &[], 60), estimated(4, None, &[], 60)]);
    assert_eq!(plan(&given.state(), &with(2)).forecast.seconds, 2 * HOUR);
}

#[test]
fn in_a_circle_that_no_decision_allows_somebody_comes_first() {
    let mut given = a_goal(vec![estimated(1, None, &[], 60), estimated(2, None, &[1], 60)]);
    given.events.push(GoalEvent::DependencyAdded { task: TaskId(1), on: TaskId(2) });
    assert_eq!(plan(&given.state(), &with(2)).forecast.seconds, 2 * HOUR);
}
