//! How long work took.

use domain::{
    Goal, GoalCommand as C, GoalEvent, TaskId,
    goal::{TaskStatus, decide, schedule::Past},
};

use super::*;

fn past(story: &[(i64, C)]) -> Past {
    let mut goal = Goal::default();
    let mut past = Past::default();
    for (seconds, command) in story {
        for event in decide(&goal, &instruction(at(*seconds), vec![command.clone()])).expect("the story is allowed") {
            goal.evolve(&event);
            past.add(&event, at(*seconds));
        }
    }
    past
}

fn took(past: &Past) -> Vec<(Option<u32>, u64)> {
    past.samples().map(|sample| (sample.estimate_minutes, sample.seconds)).collect()
}

fn fenced(number: u64, fence: u64) -> C {
    C::CompleteTask { task: TaskId(number), result: None, evidence: vec![], met: vec![], fence: Some(fence) }
}

#[test]
fn work_takes_from_when_its_last_worker_took_it_up_until_it_is_completed() {
    let tasks = || create(vec![estimated(1, None, &[], 7), planned(2, None, &[])]);
    let told = past(&[(0, tasks()), (10, claim(1, 60)), (100, claim(1, 900)), (130, fenced(1, 2))]);
    assert_eq!(took(&told), [(Some(7), 30)]);
    let started = C::StartTask { task: TaskId(2), fence: None };
    assert_eq!(took(&past(&[(0, tasks()), (10, started), (50, complete(2))])), [(None, 40)]);
    assert_eq!(took(&past(&[(0, tasks()), (50, complete(2))])), [], "nobody said when it was begun");
}

#[test]
fn what_was_given_back_or_failed_or_only_closed_is_not_measured() {
    let tasks = || create(vec![planned(1, None, &[]), planned(2, Some(1), &[])]);
    let given_back = C::ReleaseClaim { task: TaskId(2), fence: 1 };
    assert_eq!(took(&past(&[(0, tasks()), (1, claim(2, 60)), (5, given_back), (9, complete(2))])), []);
    let failed = C::FailTask { task: TaskId(2), result: None, evidence: vec![], fence: Some(1) };
    assert_eq!(took(&past(&[(0, tasks()), (1, claim(2, 60)), (5, failed)])), []);
    let closed = [(0, tasks()), (1, complete(2)), (2, claim(1, 60)), (9, fenced(1, 1))];
    assert_eq!(took(&past(&closed)), []);
}

#[test]
fn who_claimed_lately_is_known() {
    let told = past(&[(0, create(vec![planned(1, None, &[])])), (10, claim(1, 60))]);
    assert_eq!(told.claimed_since(at(10)).collect::<Vec<_>>(), ["ada"]);
    assert_eq!(told.claimed_since(at(11)).count(), 0);
}

#[test]
fn parts_and_estimates_are_those_of_when_it_was_done() {
    let tasks = || create(vec![estimated(1, None, &[], 7), planned(2, None, &[])]);
    let estimate = |minutes| C::Estimate { task: TaskId(1), minutes };
    let estimated = past(&[(0, tasks()), (1, estimate(Some(9))), (10, claim(1, 60)), (40, fenced(1, 1))]);
    assert_eq!(took(&estimated), [(Some(9), 30)]);
    let moved = C::MoveTask { task: TaskId(2), parent: Some(TaskId(1)) };
    let whole = [(0, tasks()), (1, moved), (2, complete(2)), (10, claim(1, 60)), (40, fenced(1, 1))];
    assert_eq!(took(&past(&whole)), [], "its part took the time");
}

#[test]
fn the_newest_thousand_are_remembered() {
    let mut told = Past::default();
    for number in 1..=1_001 {
        let task = TaskId(number);
        told.add(&GoalEvent::TaskStarted { task, from: TaskStatus::Pending, to: TaskStatus::InProgress }, at(0));
        let (from, to) = (TaskStatus::InProgress, TaskStatus::Completed);
        told.add(&GoalEvent::TaskCompleted { task, from, to, result: None, evidence: vec![] }, at(number as i64));
    }
    let seconds: Vec<u64> = told.samples().map(|sample| sample.seconds).collect();
    assert_eq!(seconds, (2..=1_001).collect::<Vec<u64>>());
}

#[test]
fn every_event_that_the_past_looks_at_is_one_that_there_is() {
    assert!(Past::EVENTS.iter().all(|name| GoalEvent::NAMES.contains(name)));
}
