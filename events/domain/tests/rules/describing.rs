use domain::{
    GoalCommand as C, TaskId,
    goal::{Link, Priority, Subject},
    time::Due,
};
use serde_json::json;

use crate::given::*;

fn changes(subject: Subject) -> Vec<C> {
    let link = Link { rel: "document".into(), to: "guide.md".into() };
    vec![
        C::Retitle { subject, title: "Another title".into() },
        C::Describe { subject, description: Some("More".into()) },
        C::Reprioritise { subject, priority: Priority::High },
        C::Tag { subject, tag: "api".into() },
        C::SetDue { subject, due: Some(Due::Moment(at(60))) },
        C::Assign { subject, assignee: Some("ada".into()) },
        C::SetMetadata { subject, key: "branch".into(), value: Some(json!({ "name": "main" })) },
        C::AddLink { subject, link: link.clone() },
        C::RemoveLink { subject, link },
        C::Untag { subject, tag: " api ".into() },
    ]
}

#[test]
fn a_goal_says_what_it_is() {
    a_task().when_all(changes(goal())).then(&[
        "goal_retitled",
        "goal_described",
        "goal_reprioritised",
        "goal_tagged",
        "goal_due_set",
        "goal_assigned",
        "goal_metadata_set",
        "link_added",
        "link_removed",
        "goal_untagged",
    ]);
}

#[test]
fn a_task_says_what_it_is() {
    a_task().when_all(changes(task(1))).then(&[
        "task_retitled",
        "task_described",
        "task_reprioritised",
        "task_tagged",
        "task_due_set",
        "task_assigned",
        "task_metadata_set",
        "link_added",
        "link_removed",
        "task_untagged",
    ]);
    a_task().when(C::Estimate { task: TaskId(1), minutes: Some(90) }).then(&["task_estimated"]);
}

#[test]
fn describing_needs_no_claim_and_no_open_task() {
    let claimed = a_task().and(C::ClaimTask { task: TaskId(1), holder: "ada".into(), until: at(900) });
    assert_eq!(claimed.when_all(changes(task(1))).0.unwrap().len(), 10);
    let cancelled = a_task().and(C::CancelTask { task: TaskId(1) }).and(C::CancelGoal);
    assert_eq!(cancelled.when_all(changes(task(1))).0.unwrap().len(), 10);
}

#[test]
fn an_empty_description_or_assignee_is_none() {
    a_task().when(C::Describe { subject: goal(), description: Some(" \n".into()) }).then_already_done();
    a_task().when(C::Assign { subject: task(1), assignee: Some(" ".into()) }).then_already_done();
}

#[test]
fn null_is_a_value_and_only_a_missing_value_removes_a_key() {
    let set = |value| C::SetMetadata { subject: goal(), key: "k".into(), value };
    let kept = a_task().and(set(Some(json!(null))));
    assert_eq!(kept.state().metadata["k"], json!(null));
    assert!(kept.and(set(None)).state().metadata.is_empty());
}

#[test]
fn times_are_cut_to_the_microseconds_that_are_stored() {
    let due = Some(Due::Moment("2026-05-01T00:00:00.123456789Z".parse().unwrap()));
    let given = a_task().and(C::SetDue { subject: goal(), due });
    assert_eq!(given.state().due, Some(Due::Moment("2026-05-01T00:00:00.123456Z".parse().unwrap())));
    given.when(C::SetDue { subject: goal(), due }).then_already_done();
}

#[test]
fn another_goal_or_an_unknown_task_is_not_found() {
    a_task().when(C::Tag { subject: domain::GoalId(2).into(), tag: "x".into() }).refused("NOT_FOUND", "GOAL-0002");
    a_task().when(C::Tag { subject: task(9), tag: "x".into() }).refused("NOT_FOUND", "TASK-0009");
}
