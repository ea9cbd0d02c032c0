//! What stands in the way of undoing something that others have gone on from.

use std::ops::Range;

use domain::{
    Goal, GoalCommand as C, GoalEvent, Rejection, TaskId,
    goal::{
        GoalStatus, Priority, Subject, TaskStatus,
        compensate::{Undoing, Undone, undo},
    },
    time::Due,
};

use crate::given::{Given, a_goal, a_task, at, goal, planned, task};

const ONE: TaskId = TaskId(1);
const TWO: TaskId = TaskId(2);
const THREE: TaskId = TaskId(3);

fn claim(task: TaskId, holder: &str, until: i64) -> C {
    C::ClaimTask { task, holder: holder.to_owned(), until: at(until) }
}

fn complete(task: TaskId, fence: Option<u64>) -> C {
    C::CompleteTask { task, result: None, evidence: vec![], met: vec![], fence }
}

fn release(task: TaskId, fence: u64) -> C {
    C::ReleaseClaim { task, fence }
}

/// What comes of undoing some of the events, as ada asks for it now.
fn undoing(given: &Given, which: Range<usize>) -> Undoing {
    let mut state = Goal::default();
    let states: Vec<Goal> = given
        .events
        .iter()
        .map(|event| {
            let was = state.clone();
            state.evolve(event);
            was
        })
        .collect();
    let undone = which.map(|place| Undone {
        event: &given.events[place],
        before: given.events[place].task().and_then(|task| states[place].task(task)),
        result: states[place].result.as_ref(),
        said: None,
    });
    undo(&state, &undone.collect::<Vec<_>>(), "ada", given.now())
}

/// The events since this many.
fn since(given: &Given, count: usize) -> Undoing {
    undoing(given, count..given.events.len())
}

fn names(undoing: &Undoing) -> Vec<&str> {
    undoing.events.iter().map(|(event, _)| event.name()).collect()
}

/// The only thing that stands in the way, which can be disregarded or not.
#[track_caller]
fn only(undoing: &Undoing, code: &str, overridden: bool) -> Rejection {
    let [conflict] = &undoing.conflicts[..] else { panic!("{:?}", undoing.conflicts) };
    assert_eq!((conflict.refusal.code(), conflict.overridden), (code, overridden), "{}", conflict.refusal);
    conflict.refusal.clone()
}

#[test]
fn what_somebody_has_changed_since_is_a_conflict_that_can_be_overridden() {
    let retitle = |title: &str| C::Retitle { subject: task(1), title: title.into() };
    let given = a_task().and(retitle("First"));
    let changed = given.clone().and(retitle("Second"));
    let undone = undoing(&changed, 2..3);
    assert!(only(&undone, "CONFLICT", true).to_string().contains("another title since"));
    assert_eq!(*undone.goal.task(ONE).unwrap().title, *"Task 1");
    assert_eq!(since(&changed, 2).conflicts, [], "the later change is undone with it");
    assert_eq!(undoing(&given.and(retitle("Task 1")), 2..3).events, [], "it is as it was before");
}

/// Each field that has one value at a time, by what a conflict calls it, with what gives it its first or second new value.
type Field = (&'static str, fn(Subject, bool) -> C);

const FIELDS: [Field; 8] = [
    ("title", |subject, second| C::Retitle { subject, title: if second { "Second" } else { "First" }.into() }),
    ("description", |subject, second| C::Describe { subject, description: Some(second.to_string().into()) }),
    ("priority", |subject, second| C::Reprioritise {
        subject,
        priority: if second { Priority::Low } else { Priority::Critical },
    }),
    ("due date", |subject, second| C::SetDue { subject, due: Some(Due::Moment(at(60 + i64::from(second)))) }),
    ("assignee", |subject, second| C::Assign { subject, assignee: Some(format!("agent-{second}")) }),
    ("value for that key", |subject, second| C::SetMetadata { subject, key: "k".into(), value: Some(second.into()) }),
    ("estimate", |_, second| C::Estimate { task: ONE, minutes: Some(5 + u32::from(second)) }),
    ("parent", |_, second| C::MoveTask { task: ONE, parent: Some(if second { THREE } else { TWO }) }),
];

#[test]
fn every_field_knows_whether_it_was_changed_since() {
    for ((field, set), subject) in FIELDS.into_iter().flat_map(|field| [(field, goal()), (field, task(1))]) {
        let before = a_goal([1, 2, 3].map(|number| planned(number, None, &[])).into());
        let (at, mut once) = (before.events.len(), before.and(set(subject, false)));
        let left = undoing(&once, at..at + 1);
        assert_eq!((left.events.len(), left.conflicts.len()), (1, 0), "{field}");
        let changed = undoing(&once.clone().and(set(subject, true)), at..at + 1);
        let refusal = only(&changed, "CONFLICT", true).to_string();
        assert!(refusal.contains(&format!("another {field} since")), "{refusal}");
        once.events.extend(left.events.into_iter().map(|(event, _)| event));
        let again = undoing(&once, at..at + 1);
        assert_eq!((again.events, again.conflicts), (vec![], vec![]), "{field} is as it was before");
    }
}

#[test]
fn a_course_that_went_on_since_is_told() {
    let start = C::StartTask { task: ONE, fence: None };
    let block = C::BlockTask { task: ONE, reason: None, fence: None };
    let courses = [(start, block, "blocked"), (C::StartGoal, C::CancelGoal, "cancelled")];
    for (first, then, word) in courses {
        let before = a_task();
        let at = before.events.len();
        let mut begun = before.and(first);
        let left = undoing(&begun, at..begun.events.len());
        assert_eq!(left.conflicts, [], "{word}");
        let gone_on = undoing(&begun.clone().and(then), at..begun.events.len());
        let told: Vec<String> = gone_on.conflicts.iter().map(|conflict| conflict.refusal.to_string()).collect();
        assert!(told.iter().any(|told| told.contains(&format!("has become {word} since"))), "{told:?}");
        let last = begun.events.len();
        begun.events.extend(left.events.into_iter().map(|(event, _)| event));
        let again = undoing(&begun, at..last);
        assert_eq!((again.events, again.conflicts), (vec![], vec![]), "it is as it was before");
    }
}

#[test]
fn other_fields_may_have_changed_since() {
    let given = a_task().and(C::Tag { subject: task(1), tag: "now".into() });
    let given = given.and(C::Estimate { task: ONE, minutes: Some(5) }).and(claim(ONE, "grace", 60));
    let undone = undoing(&given, 2..3);
    assert_eq!((names(&undone), undone.conflicts.len()), (vec!["task_untagged"], 0));
}

#[test]
fn undoing_again_is_nothing() {
    let mut given = a_task().and(C::Retitle { subject: task(1), title: "New".into() });
    let undone = undoing(&given, 2..3);
    given.events.extend(undone.events.into_iter().map(|(event, _)| event));
    let again = undoing(&given, 2..3);
    assert_eq!((again.events, again.conflicts), (vec![], vec![]));
}

#[test]
fn a_claim_after_a_takeover_stays_with_whoever_took_over() {
    let given = a_task().and(claim(ONE, "ada", 60));
    let taken_over = given.clone().after(60).and(claim(ONE, "grace", 120));
    let undone = undoing(&taken_over, given.events.len() - 2..given.events.len() - 1);
    only(&undone, "FENCED", false);
    assert_eq!(undone.goal.task(ONE).unwrap().claim.as_ref().unwrap().holder, "grace");
}

#[test]
fn a_claim_that_has_ended_needs_nothing() {
    let given = a_task().and(claim(ONE, "ada", 60)).and(release(ONE, 1));
    let begun = given.events.iter().position(|event| event.name() == "task_claimed").unwrap();
    assert_eq!(undoing(&given, begun..begun + 1).events, []);
    let again = given.and(claim(ONE, "ada", 60));
    only(&undoing(&again, begun..begun + 1), "FENCED", false);
}

#[test]
fn all_claims_of_one_worker_are_undone_together() {
    let given = a_task();
    let worked = given.clone().and(claim(ONE, "ada", 60)).and(release(ONE, 1)).and(claim(ONE, "ada", 60));
    let undone = since(&worked, given.events.len());
    assert_eq!(undone.conflicts, []);
    let after = undone.goal.task(ONE).unwrap();
    assert_eq!((after.status, &after.claim), (TaskStatus::Pending, &None));
}

#[test]
fn a_task_that_somebody_else_holds_is_left_to_them_unless_that_is_overridden() {
    let begun = a_task().and(C::StartTask { task: ONE, fence: None });
    let held = begun.clone().and(claim(ONE, "grace", 60));
    let undone = undoing(&held, begun.events.len() - 1..begun.events.len());
    assert!(only(&undone, "CLAIMED", true).to_string().contains("grace"));
    assert_eq!(undone.goal.task(ONE).unwrap().claim, None);
    let own = begun.clone().and(claim(ONE, "ada", 60));
    assert_eq!(undoing(&own, begun.events.len() - 1..begun.events.len()).conflicts, []);
    let lapsed = held.after(60);
    assert_eq!(undoing(&lapsed, begun.events.len() - 1..begun.events.len()).conflicts, []);
}

#[test]
fn a_lease_that_keeps_a_task_from_waiting_again_ends_first() {
    let review = a_task().and(C::RequestReview { task: ONE, fence: None });
    let held = review.clone().and(claim(ONE, "grace", 60));
    let undone = undoing(&held, review.events.len() - 1..review.events.len());
    only(&undone, "CLAIMED", true);
    assert_eq!(names(&undone), ["claim_released", "task_reopened"]);
    assert_eq!(undone.goal.task(ONE).unwrap().status, TaskStatus::Pending);
}

#[test]
fn a_completed_task_is_not_taken_from_under_whoever_has_gone_on_from_it() {
    let done = a_goal(vec![planned(1, None, &[]), planned(2, None, &[1]), planned(3, Some(2), &[])]);
    let done = done.and(complete(ONE, None));
    let completed = done.events.len() - 1;
    assert_eq!(undoing(&done, completed..completed + 1).conflicts, []);
    for worker in [TWO, THREE] {
        let gone_on = done.clone().and(claim(worker, "grace", 60));
        let undone = undoing(&gone_on, completed..completed + 1);
        assert!(only(&undone, "CLAIMED", true).to_string().contains(&worker.to_string()));
        assert_eq!(undone.goal.task(ONE).unwrap().status, TaskStatus::Pending);
        assert!(undone.goal.task(worker).unwrap().claim.is_some(), "who works on it keeps it");
    }
}

#[test]
fn a_task_waits_again_only_when_nobody_has_gone_on_without_it() {
    let removed = a_goal(vec![planned(1, None, &[]), planned(2, None, &[1])]);
    let removed = removed.and(C::RemoveDependency { task: TWO, on: ONE });
    let last = removed.events.len() - 1;
    assert_eq!(names(&undoing(&removed, last..last + 1)), ["dependency_added"]);
    let gone_on = removed.and(claim(TWO, "grace", 60));
    only(&undoing(&gone_on, last..last + 1), "CLAIMED", true);
    let settled = gone_on.and(complete(ONE, None));
    assert_eq!(undoing(&settled, last..last + 1).conflicts, [], "it comes after what is done");
}

#[test]
fn a_task_that_was_not_settled_holds_up_nobody_more() {
    let waiting = a_goal(vec![planned(1, None, &[]), planned(2, None, &[])]).and(claim(TWO, "grace", 60));
    let begun = waiting.and(C::AddDependency { task: TWO, on: ONE }).and(C::StartTask { task: ONE, fence: None });
    let last = begun.events.len() - 1;
    let undone = undoing(&begun, last..last + 1);
    assert_eq!((names(&undone), undone.conflicts.len()), (vec!["task_reopened"], 0));
}

#[test]
fn what_only_a_holder_judges_is_not_judged_for_it() {
    let met = a_task().and(C::AddCriterion { task: ONE, text: "It runs".into() });
    let met = met.and(C::MeetCriterion { task: ONE, number: 1, fence: None });
    let last = met.events.len() - 1;
    let undone = undoing(&met.clone().and(claim(ONE, "grace", 60)), last..last + 1);
    only(&undone, "CLAIMED", true);
    assert_eq!(names(&undone), ["criterion_unmet"]);
    assert_eq!(undoing(&met.and(claim(ONE, "ada", 60)), last..last + 1).conflicts, []);
}

#[test]
fn a_goal_that_is_undone_is_put_aside_with_all_it_has() {
    let given = a_goal(vec![planned(1, None, &[]), planned(2, Some(1), &[])]);
    let undone = since(&given, 0);
    assert_eq!(undone.conflicts, []);
    assert_eq!(names(&undone), ["task_archived", "task_archived", "goal_archived"]);
    assert_eq!(names(&undoing(&given, 0..1)), ["goal_archived"]);
    let parent_alone = undoing(&given, 1..2);
    only(&parent_alone, "CONFLICT", true);
    assert_eq!(parent_alone.events.len(), 2, "its part goes with it");

    let held = given.and(claim(TWO, "grace", 60));
    let undone = undoing(&held, 0..3);
    assert_eq!(undone.conflicts.iter().map(|one| one.of).collect::<Vec<_>>(), [2, 0], "the held task, and the goal");
    only(&undoing(&held, 0..1), "CLAIMED", true);
    assert!(undone.goal.archived);
}

#[test]
fn what_a_rule_refuses_is_left_as_it_is() {
    let given = a_goal(vec![planned(1, None, &[]), planned(2, None, &[])]);
    let removed = given.and(C::AddDependency { task: ONE, on: TWO }).and(C::RemoveDependency { task: ONE, on: TWO });
    let last = removed.events.len() - 1;
    let turned = removed.and(C::AddDependency { task: TWO, on: ONE }).and(C::Tag { subject: goal(), tag: "x".into() });
    let both = Range { start: last, end: turned.events.len() };
    let undone = undoing(&turned, last..last + 1);
    assert!(matches!(only(&undone, "CYCLE", false), Rejection::Cycle { path } if path.len() == 3));
    assert_eq!(undone.events, []);
    assert_eq!(undoing(&turned, both).conflicts, []);
    let closed = turned.and(C::CancelGoal);
    let undone = undoing(&closed, last..last + 1);
    only(&undone, "CONFLICT", false);
}

#[test]
fn each_event_tells_which_one_it_undoes() {
    let given = a_task().and(claim(ONE, "ada", 60));
    let (from, undone) = (given.events.len() - 3, since(&given, given.events.len() - 3));
    let undoes: Vec<(&str, &str)> =
        undone.events.iter().map(|(event, of)| (event.name(), given.events[from + of].name())).collect();
    let expected =
        [("claim_released", "task_started"), ("task_reopened", "task_started"), ("goal_reopened", "goal_started")];
    assert_eq!(undoes, expected);
}

#[test]
fn a_retracted_comment_is_said_again_only_with_its_words() {
    let event = GoalEvent::CommentRetracted { comment: 1, task: None };
    let goal = a_goal(vec![]).state();
    let undone = undo(&goal, &[Undone { event: &event, before: None, result: None, said: None }], "ada", at(0));
    only(&undone, "NOT_FOUND", false);
}

#[test]
fn what_is_blocked_again_is_so_for_the_same_reason() {
    let block = C::BlockTask { task: ONE, reason: Some("waits for legal".into()), fence: None };
    let given = a_task().and(block).and(C::CancelTask { task: ONE });
    let undone = undoing(&given, given.events.len() - 1..given.events.len());
    let again = undone.events.iter().find_map(|(event, _)| match event {
        GoalEvent::TaskBlocked { reason, .. } => reason.as_deref(),
        _ => None,
    });
    assert_eq!(again, Some("waits for legal"), "{:?}", undone.events);

    let block = |reason: &str| C::BlockTask { task: ONE, reason: Some(reason.into()), fence: None };
    let given = a_task().and(block("waits for legal")).and(block("waits for rain"));
    let undone = undoing(&given, given.events.len() - 1..given.events.len());
    assert!(
        matches!(&undone.events[..], [(GoalEvent::TaskBlocked { reason: Some(reason), .. }, _)] if &**reason == "waits for legal"),
        "{:?}",
        undone.events
    );
}

#[test]
fn what_is_blocked_for_another_reason_since_is_told() {
    let block = |reason: &str| C::BlockTask { task: ONE, reason: Some(reason.into()), fence: None };
    for earlier in [None, Some(block("waits for legal"))] {
        let before = earlier.into_iter().fold(a_task(), Given::and);
        let (at, given) = (before.events.len(), before.and(block("waits for rain")));
        let changed = undoing(&given.clone().and(block("waits for snow")), at..at + 1);
        assert!(only(&changed, "CONFLICT", true).to_string().contains("another reason since"));
        let mut undone = given.clone();
        undone.events.extend(undoing(&given, at..at + 1).events.into_iter().map(|(event, _)| event));
        let again = undoing(&undone, at..at + 1);
        assert_eq!((again.events, again.conflicts), (vec![], vec![]), "it is as it was before");
    }
}

#[test]
fn a_lease_that_is_given_back_leaves_the_reason_of_others() {
    let block = |reason: &str, fence| C::BlockTask { task: ONE, reason: Some(reason.into()), fence };
    let given = a_task().and(claim(ONE, "ada", 600)).and(block("waits for legal", Some(1)));
    let (at, given) = (given.events.len(), given.and(release(ONE, 1)));
    let mut given = given.and(block("waits for snow", None));
    let undone = undoing(&given, at..at + 1);
    given.events.extend(undone.events.into_iter().map(|(event, _)| event));
    let now = given.state();
    let task = now.task(ONE).unwrap();
    assert_eq!((task.blocked_reason.as_deref(), task.claim.is_some()), (Some("waits for snow"), true));
}

#[test]
fn a_reason_that_is_taken_back_begins_no_goal() {
    let block = |reason: Option<&str>| C::BlockTask { task: ONE, reason: reason.map(Into::into), fence: Some(1) };
    let given = a_task().and(claim(ONE, "ada", 600)).and(block(None)).and(C::ReopenGoal);
    let (at, mut given) = (given.events.len(), given.and(block(Some("waits for rain"))));
    assert_eq!(given.state().status, GoalStatus::Pending);
    let undone = undoing(&given, at..at + 1);
    given.events.extend(undone.events.into_iter().map(|(event, _)| event));
    let now = given.state();
    let task = now.task(ONE).unwrap();
    assert_eq!((task.status, task.blocked_reason.as_ref()), (TaskStatus::Blocked, None));
    assert_eq!(now.status, GoalStatus::Pending);
}

#[test]
fn what_others_have_put_aside_or_added_since_is_not_carried_along() {
    let (archive, restore) =
        (|number| C::Archive { subject: task(number) }, |number| C::Restore { subject: task(number) });
    let family = || a_goal(vec![planned(1, None, &[]), planned(2, Some(1), &[])]);
    let given = family().and(archive(2));
    let aside = given.events.len();
    let given = given.and(archive(1));
    assert!(only(&undoing(&given, aside - 1..aside), "CONFLICT", true).to_string().contains("put aside as well"));
    let both = undoing(&given, aside - 1..given.events.len());
    assert_eq!((names(&both), both.conflicts.len()), (vec!["task_restored", "task_restored"], 0));

    let given = family().and(archive(1)).and(restore(1));
    let back = given.events.len();
    let added = given.clone().and(C::AddTasks { tasks: vec![planned(3, Some(1), &[])] });
    assert!(only(&undoing(&added, back - 1..back), "CONFLICT", true).to_string().contains("has parts"));
    let undone = undoing(&given, back - 1..back);
    assert_eq!((names(&undone), undone.conflicts.len()), (vec!["task_archived"], 0));
}
