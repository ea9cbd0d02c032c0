use domain::{GoalCommand as C, Rejection, TaskId};

use crate::given::*;

fn with_criteria(accept: &[&str]) -> Given {
    let mut task = planned(1, None, &[]);
    task.accept = accept.iter().map(|text| (*text).into()).collect();
    a_goal(vec![task])
}

fn complete(met: &[u32]) -> C {
    C::CompleteTask { task: TaskId(1), result: None, evidence: vec![], met: met.to_vec(), fence: None }
}

#[test]
fn a_task_is_done_only_when_its_criteria_hold() {
    let rejection =
        with_criteria(&["It runs", "It is fast"]).when(complete(&[1])).refused("CRITERIA_OPEN", "It is fast");
    let Rejection::CriteriaOpen { open, .. } = rejection else { panic!("{rejection}") };
    assert_eq!(open.iter().map(|one| one.number).collect::<Vec<_>>(), [2]);
    with_criteria(&["It runs"]).when(complete(&[1])).then(&["criterion_met", "goal_started", "task_completed"]);
}

#[test]
fn a_criterion_is_met_and_unmet() {
    let met = with_criteria(&["It runs"]).and(C::MeetCriterion { task: TaskId(1), number: 1, fence: None });
    met.when(C::UnmeetCriterion { task: TaskId(1), number: 1, fence: None }).then(&["criterion_unmet"]);
    met.when(C::MeetCriterion { task: TaskId(1), number: 2, fence: None }).refused("NOT_FOUND", "criterion 2");
}

#[test]
fn a_number_is_never_used_again() {
    let given = with_criteria(&["It runs", "It is fast"]).and(C::RemoveCriterion { task: TaskId(1), number: 2 });
    let given = given.and(C::AddCriterion { task: TaskId(1), text: "It is small".into() });
    assert_eq!(given.state().task(TaskId(1)).unwrap().criteria.keys().copied().collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn the_same_criterion_twice_is_one() {
    let given = with_criteria(&["It runs", "It runs"]);
    assert_eq!(given.state().task(TaskId(1)).unwrap().criteria.len(), 1);
    given.when(C::AddCriterion { task: TaskId(1), text: "It runs".into() }).then_already_done();
}

#[test]
fn a_criterion_says_something_and_there_are_at_most_a_hundred() {
    a_task().when(C::AddCriterion { task: TaskId(1), text: " ".into() }).refused("VALIDATION", "accept");
    let hundred: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    let full = with_criteria(&hundred.iter().map(String::as_str).collect::<Vec<_>>());
    full.when(C::AddCriterion { task: TaskId(1), text: "one more".into() }).refused("TOO_BIG", "accept");
}
