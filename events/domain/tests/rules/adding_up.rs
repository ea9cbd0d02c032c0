//! What events add up to, looked at in the state itself.

use domain::{
    Goal, GoalCommand as C, GoalEvent, TaskId,
    goal::{Link, PlannedTask, Priority, Subject, Task, TaskReference},
    time::Due,
};
use serde_json::json;

use crate::given::*;

fn due() -> Due {
    Due::Moment(at(86_400))
}

fn the_task(goal: &Goal) -> &Task {
    &goal.tasks[&TaskId(1)]
}

#[test]
fn everything_that_is_said_of_a_new_goal_is_so() {
    let mut command = create(vec![]);
    let C::CreateGoal { description, priority, tags, due: due_at, metadata, .. } = &mut command else { panic!() };
    *description = Some("All of it".into());
    *priority = Priority::High;
    tags.insert("docs".to_owned());
    *due_at = Some(due());
    metadata.insert("cost".to_owned(), json!(3));
    let goal = nothing().and(command).state();
    assert_eq!((&*goal.title, goal.description.as_deref()), ("Ship it", Some("All of it")));
    assert_eq!((goal.priority, goal.due), (Priority::High, Some(due())));
    assert!(goal.tags.contains("docs"));
    assert_eq!(goal.metadata["cost"], json!(3));
}

#[test]
fn everything_that_is_said_of_a_new_task_is_so() {
    let task = PlannedTask {
        description: Some("All of it".into()),
        priority: Priority::High,
        tags: ["docs".to_owned()].into(),
        after: vec![TaskReference::Id(TaskId(2))],
        accept: vec!["It runs".into(), "It is fast".into()],
        estimate_minutes: Some(90),
        due: Some(due()),
        ..planned(1, None, &[])
    };
    let goal = a_goal(vec![planned(2, None, &[]), task]).state();
    let task = the_task(&goal);
    assert_eq!((&*task.title, task.description.as_deref()), ("Task 1", Some("All of it")));
    assert_eq!((task.priority, task.due, task.estimate_minutes), (Priority::High, Some(due()), Some(90)));
    assert!(task.tags.contains("docs") && task.after.contains(&TaskId(2)));
    assert_eq!(
        task.criteria.values().map(|one| (&*one.text, one.met)).collect::<Vec<_>>(),
        [("It runs", false), ("It is fast", false)]
    );
    assert_eq!(task.criterion_last, 2);
}

/// Puts one of each on a goal or task, or takes it off.
fn put(given: Given, subject: Subject, on: bool) -> Given {
    let (tag, link) = ("docs".to_owned(), Link { rel: "document".to_owned(), to: "plan.md".into() });
    let commands = match on {
        true => [C::Tag { subject, tag }, C::AddLink { subject, link }],
        false => [C::Untag { subject, tag }, C::RemoveLink { subject, link }],
    };
    let (due, value) = (on.then(due), on.then(|| json!(1)));
    let valued = [C::SetDue { subject, due }, C::SetMetadata { subject, key: "k".to_owned(), value }];
    commands.into_iter().chain(valued).fold(given, Given::and)
}

#[test]
fn what_is_put_on_is_there_and_what_is_taken_off_is_gone() {
    let seen = |given: &Given| {
        let goal = given.state();
        let task = the_task(&goal);
        [
            (goal.tags.len(), goal.links.len(), goal.metadata.len(), goal.due),
            (task.tags.len(), task.links.len(), task.metadata.len(), task.due),
        ]
    };
    let dressed = put(put(a_task(), goal(), true), task(1), true);
    assert_eq!(seen(&dressed), [(1, 1, 1, Some(due())); 2]);
    let bare = put(put(dressed, goal(), false), task(1), false);
    assert_eq!(seen(&bare), [(0, 0, 0, None); 2]);
}

#[test]
fn both_tasks_know_that_one_waits_for_the_other() {
    let (one, two) = (TaskId(1), TaskId(2));
    let given = a_goal(vec![planned(1, None, &[]), planned(2, None, &[])]);
    let seen = |given: &Given| {
        let goal = given.state();
        (goal.task(one).unwrap().after.contains(&two), goal.task(two).unwrap().dependents.contains(&one))
    };
    let waiting = given.and(C::AddDependency { task: one, on: two });
    assert_eq!(seen(&waiting), (true, true));
    assert_eq!(seen(&waiting.and(C::RemoveDependency { task: one, on: two })), (false, false));
}

#[test]
fn a_comment_that_was_taken_back_is_known_as_such() {
    let say = |subject| C::AddComment { subject, kind: Default::default(), body: "Hm".into() };
    let said = a_task().and(say(goal())).and(say(task(1)));
    let taken_back = said.and(C::RetractComment { comment: 1 }).and(C::RetractComment { comment: 2 });
    let comments = taken_back.state().comments;
    let about: Vec<_> = comments.values().map(|comment| (comment.task, comment.retracted)).collect();
    assert_eq!(about, [(None, true), (Some(TaskId(1)), true)]);
}

#[test]
fn a_criterion_that_does_not_hold_any_more_is_not_met() {
    let mut planned = planned(1, None, &[]);
    planned.accept = vec!["It runs".into()];
    let judge = |met| match met {
        true => C::MeetCriterion { task: TaskId(1), number: 1, fence: None },
        false => C::UnmeetCriterion { task: TaskId(1), number: 1, fence: None },
    };
    let met = a_goal(vec![planned]).and(judge(true));
    assert!(the_task(&met.state()).criteria[&1].met);
    assert!(!the_task(&met.and(judge(false)).state()).criteria[&1].met);
}

#[test]
fn a_task_that_moves_leaves_one_parent_and_joins_the_other() {
    let given = a_goal(vec![planned(1, None, &[]), planned(2, None, &[]), planned(3, Some(1), &[])]);
    let moved = given.and(C::MoveTask { task: TaskId(3), parent: Some(TaskId(2)) }).state();
    let children = |id| moved.task(TaskId(id)).unwrap().children.clone();
    assert_eq!((children(1), children(2)), (vec![], vec![TaskId(3)]));
    assert_eq!(moved.task(TaskId(3)).unwrap().parent, Some(TaskId(2)));
}

/// A goal of two tasks, and these events as nobody would decide them.
fn oddly(events: &[GoalEvent]) -> Goal {
    let mut goal = a_goal(vec![planned(1, None, &[]), planned(2, None, &[])]).state();
    events.iter().for_each(|event| goal.evolve(event));
    goal
}

#[test]
fn what_happens_to_a_task_that_is_not_there_changes_nothing() {
    let (task, on) = (TaskId(9), TaskId(1));
    let moved = GoalEvent::TaskMoved { task, from: None, to: Some(on) };
    let waits = GoalEvent::DependencyAdded { task, on };
    let said = GoalEvent::CommentAdded { comment: 1, task: Some(task), kind: Default::default(), body: "Hm".into() };
    let events = [moved.clone(), moved, waits, said];
    let mut expected = oddly(&[]);
    expected.sequence += events.len() as u64;
    assert_eq!(oddly(&events), expected);
}

#[test]
fn a_task_that_is_added_again_is_a_part_of_one_thing_once() {
    let added = |parent| {
        let given = a_goal(vec![planned(1, None, &[]), planned(2, None, &[])]);
        let added = given.when(C::AddTasks { tasks: vec![planned(3, Some(parent), &[])] });
        added.then(&["task_added"]).remove(0)
    };
    let goal = oddly(&[added(1), added(2), added(2)]);
    let children = |id| goal.task(TaskId(id)).unwrap().children.clone();
    assert_eq!((children(1), children(2)), (vec![], vec![TaskId(3)]));
}
