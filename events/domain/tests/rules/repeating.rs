use domain::{
    GoalCommand as C, TaskId,
    goal::{Link, Priority, Subject},
};
use serde_json::json;

use crate::given::*;

const ONE: TaskId = TaskId(1);

/// Everything that can be asked twice and means the same the second time.
fn repeatable(subject: Subject) -> Vec<Vec<C>> {
    let link = Link { rel: "document".into(), to: "guide.md".into() };
    let outcome = || (None, Vec::new());
    let ((result, evidence), fence) = (outcome(), None);
    vec![
        vec![C::AddTasks { tasks: vec![] }],
        vec![C::Retitle { subject, title: "T".into() }],
        vec![C::Describe { subject, description: Some("D".into()) }],
        vec![C::Reprioritise { subject, priority: Priority::Low }],
        vec![C::Tag { subject, tag: "a".into() }],
        vec![C::Untag { subject, tag: "a".into() }],
        vec![C::SetDue { subject, due: None }],
        vec![C::Assign { subject, assignee: Some("ada".into()) }],
        vec![C::SetMetadata { subject, key: "k".into(), value: Some(json!(1)) }],
        vec![C::AddLink { subject, link: link.clone() }],
        vec![C::RemoveLink { subject, link }],
        vec![C::Archive { subject }],
        vec![C::Archive { subject }, C::Restore { subject }],
        vec![C::RetractComment { comment: 1 }],
        vec![C::StartGoal],
        vec![C::CancelTask { task: ONE }, C::CancelTask { task: TaskId(2) }, C::CompleteGoal { result: None }],
        vec![C::CancelGoal],
        vec![C::CancelGoal, C::ReopenGoal],
        vec![C::StartTask { task: ONE, fence }, C::ReopenGoal],
        vec![C::Estimate { task: ONE, minutes: Some(5) }],
        vec![C::MoveTask { task: ONE, parent: Some(TaskId(2)) }],
        vec![C::AddDependency { task: ONE, on: TaskId(2) }],
        vec![C::RemoveDependency { task: ONE, on: TaskId(2) }],
        vec![C::AddCriterion { task: ONE, text: "It flies".into() }],
        vec![C::RemoveCriterion { task: ONE, number: 1 }],
        vec![C::MeetCriterion { task: ONE, number: 1, fence }],
        vec![C::UnmeetCriterion { task: ONE, number: 1, fence }],
        vec![
            C::ClaimTask { task: ONE, holder: "ada".into(), until: at(60) },
            C::RenewClaim { task: ONE, fence: 1, until: at(90) },
        ],
        vec![C::ClaimTask { task: ONE, holder: "ada".into(), until: at(60) }, C::ReleaseClaim { task: ONE, fence: 1 }],
        vec![C::ExpireClaim { task: ONE }],
        vec![C::StartTask { task: ONE, fence }],
        vec![C::BlockTask { task: ONE, reason: None, fence }],
        vec![C::UnblockTask { task: ONE, fence }],
        vec![C::RequestReview { task: ONE, fence }],
        vec![C::CompleteTask { task: ONE, result: result.clone(), evidence: evidence.clone(), met: vec![1], fence }],
        vec![C::FailTask { task: ONE, result, evidence, fence }],
        vec![C::ReopenTask { task: ONE }],
    ]
}

fn given() -> Given {
    let mut first = planned(1, None, &[]);
    first.accept = vec!["It runs".into()];
    let said = C::AddComment { subject: goal(), kind: Default::default(), body: "B".into() };
    a_goal(vec![first, planned(2, None, &[])]).and(said)
}

#[test]
fn already_done_is_an_answer() {
    for commands in repeatable(goal()).into_iter().chain(repeatable(task(1))) {
        let last = commands.last().cloned().unwrap();
        commands.into_iter().fold(given(), Given::and).when(last).then_already_done();
    }
}

#[test]
fn only_creating_claiming_and_saying_are_not_repeated_without_a_request_id() {
    let mut asked: Vec<&str> = repeatable(goal()).iter().flatten().map(C::name).collect();
    asked.extend(["create_goal", "claim_task", "add_comment"]);
    for name in C::NAMES {
        assert!(asked.contains(name), "{name} is not asked twice");
    }
}

#[test]
fn a_command_that_changes_nothing_is_noted_when_its_repeat_shall_find_a_receipt() {
    let mut nothing_new = instruction(at(0), vec![C::ExpireClaim { task: ONE }]);
    nothing_new.noted = true;
    given().when_told(nothing_new.clone()).then(&["command_noted"]);
    nothing_new.commands = vec![C::StartGoal];
    given().when_told(nothing_new).then(&["goal_started"]);
}

#[test]
fn a_repeated_completion_is_heard_after_the_claim_has_ended() {
    let claimed = a_task().and(C::ClaimTask { task: ONE, holder: "ada".into(), until: at(60) });
    let complete = |fence| C::CompleteTask { task: ONE, result: None, evidence: vec![], met: vec![], fence };
    let done = claimed.and(complete(Some(1)));
    done.when(complete(Some(1))).then_already_done();
    done.when(complete(None)).then_already_done();
    done.when(complete(Some(2))).refused("FENCED", "2");
}

#[test]
fn what_came_of_it_is_told_once_and_never_dropped() {
    let complete = |result: Option<&str>, met| C::CompleteTask {
        task: ONE,
        result: result.map(Into::into),
        evidence: vec![],
        met,
        fence: None,
    };
    let done = a_task().and(complete(Some("it runs"), vec![]));
    for result in [None, Some("it runs"), Some("  ")] {
        done.when(complete(result, vec![])).then_already_done();
    }
    done.when(complete(Some("it does not"), vec![])).refused("CONFLICT", "completed already, with another result");
    done.when(complete(Some("it runs"), vec![7])).refused("NOT_FOUND", "criterion 7");
    let fail = |result: &str| C::FailTask { task: ONE, result: Some(result.into()), evidence: vec![], fence: None };
    a_task().and(fail("no")).when(fail("no")).then_already_done();
    a_task().and(fail("no")).when(fail("never")).refused("CONFLICT", "failed already, with another result");

    let reach = |result: Option<&str>| C::CompleteGoal { result: result.map(Into::into) };
    let reached = a_goal(vec![]).and(reach(Some("shipped")));
    reached.when(reach(None)).then_already_done();
    reached.when(reach(Some("shipped"))).then_already_done();
    reached.when(reach(Some("given up"))).refused("CONFLICT", "completed already, with another result");
    reached.and(C::ReopenGoal).when(reach(Some("shipped twice"))).then(&["goal_completed"]);
}
