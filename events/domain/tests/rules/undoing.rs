//! Whatever an event does, some event undoes.

use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

use domain::{
    Goal, GoalCommand as C, GoalEvent, TaskId, Timestamp,
    goal::{
        Comment, Criterion, PlannedTask, Task,
        compensate::{Conflict, Undoing, Undone, undo},
    },
};
use proptest::{prelude::*, test_runner::TestRunner};

use crate::{
    given::{Given, a_goal, a_task, at, planned},
    random::{Told, config, steps, tell},
};

/// What can be seen of a goal at a moment: without versions, fences and used numbers, and without tasks that `known` has not.
fn observable(goal: &Goal, known: &Goal, at: Timestamp) -> Goal {
    let mut seen = goal.clone();
    (seen.sequence, seen.version) = (0, 0);
    let tasks = goal.tasks.iter().filter(|(id, _)| known.tasks.contains_key(*id));
    seen.tasks = tasks.map(|(id, task)| (*id, Arc::new(observable_task(task, known, at)))).collect();
    let mut comments: Vec<Comment> = goal.comments.values().filter(|comment| !comment.retracted).cloned().collect();
    comments.sort_by_key(|comment| comment.task);
    seen.comments = (1_u32..).zip(comments).collect();
    seen
}

fn observable_task(task: &Task, known: &Goal, at: Timestamp) -> Task {
    let mut seen = task.clone();
    (seen.version, seen.fence, seen.criterion_last) = (0, 0, 0);
    seen.children.retain(|id| known.tasks.contains_key(id));
    seen.children.sort();
    seen.after.retain(|id| known.tasks.contains_key(id));
    seen.dependents.retain(|id| known.tasks.contains_key(id));
    let mut criteria: Vec<Criterion> = task.criteria.values().cloned().collect();
    criteria.sort_by(|one, other| one.text.cmp(&other.text));
    seen.criteria = (1..).zip(criteria).collect();
    seen.handoffs = (1_u32..).take(task.handoffs.len()).collect();
    seen.claim = task.live_claim(at).cloned();
    seen.claim.iter_mut().for_each(|claim| claim.since = at);
    seen
}

#[derive(Default)]
struct Tally {
    restored: u32,
    refused: u32,
}

/// What comes of undoing these events, which led from `before` to where things stand now. Rules are the only thing that stands in the way,
/// and leases: nobody has changed anything since.
fn undone(before: &Goal, events: &[GoalEvent], said: &BTreeMap<u32, GoalEvent>, at: Timestamp) -> Undoing {
    let mut now = before.clone();
    let states: Vec<Goal> = events
        .iter()
        .map(|event| {
            let was = now.clone();
            now.evolve(event);
            was
        })
        .collect();
    let undone = events.iter().zip(&states).map(|(event, before)| Undone {
        event,
        before: event.task().and_then(|task| before.task(task)),
        result: before.result.as_ref(),
        said: match event {
            GoalEvent::CommentRetracted { comment, .. } => said.get(comment),
            _ => None,
        },
    });
    let undoing = undo(&now, &undone.collect::<Vec<_>>(), "ada", at);
    for Conflict { refusal, overridden, .. } in &undoing.conflicts {
        let expected: &[&str] = match (overridden, is_possible(&undoing)) {
            (true, true) => &["CLAIMED"],
            // What a rule has left as it is, is not as it was for what comes before.
            (true, false) => &["CLAIMED", "CONFLICT"],
            (false, _) => &["BLOCKED", "CONFLICT", "CRITERIA_OPEN"],
        };
        assert!(expected.contains(&refusal.code()), "{refusal}");
    }
    let mut after = now.clone();
    undoing.events.iter().for_each(|(event, _)| after.evolve(event));
    assert_eq!(after, undoing.goal);
    undoing
}

/// Undoes these events at this moment, and says whether what was is back; `None` when a rule stands in the way.
fn restores(before: &Goal, events: &[GoalEvent], said: &BTreeMap<u32, GoalEvent>, at: Timestamp) -> Option<bool> {
    let undoing = undone(before, events, said, at);
    is_possible(&undoing).then(|| is_as_before(before, &undoing.goal, at))
}

fn is_possible(undoing: &Undoing) -> bool {
    undoing.conflicts.iter().all(|conflict| conflict.overridden)
}

fn is_as_before(before: &Goal, after: &Goal, at: Timestamp) -> bool {
    if before.id.is_none() {
        return after.archived && after.tasks.values().all(|task| task.archived);
    }
    let new_are_aside = after.tasks.iter().all(|(id, task)| before.tasks.contains_key(id) || task.archived);
    new_are_aside && observable(after, before, at) == observable(before, before, at)
}

/// Undoes these events and then the undoing, and says whether all is as it was after them; `None` when a rule stands in the way.
fn comes_back(before: &Goal, events: &[GoalEvent], said: &BTreeMap<u32, GoalEvent>, at: Timestamp) -> Option<bool> {
    let mut now = before.clone();
    events.iter().for_each(|event| now.evolve(event));
    let first = undone(before, events, said, at);
    if !is_possible(&first) {
        return None;
    }
    let undoing: Vec<GoalEvent> = first.events.into_iter().map(|(event, _)| event).collect();
    restores(&now, &undoing, said, at)
}

fn words(story: &[Told]) -> BTreeMap<u32, GoalEvent> {
    let events = story.iter().filter_map(|told| told.outcome.as_ref().ok()).flatten();
    events
        .filter_map(|event| match event {
            GoalEvent::CommentAdded { comment, .. } => Some((*comment, event.clone())),
            _ => None,
        })
        .collect()
}

#[test]
fn undoing_brings_back_what_was_event_by_event_and_command_by_command() {
    let tally: RefCell<BTreeMap<&str, Tally>> = RefCell::default();
    let result = TestRunner::new(config()).run(&steps(), |steps| {
        let story = tell(&steps);
        let said = words(&story);
        for told in &story {
            let Ok(events) = &told.outcome else { continue };
            let at = told.instruction.at;
            prop_assert_ne!(
                restores(&told.before, events, &said, at),
                Some(false),
                "{:?} {:?}",
                told.instruction,
                events
            );
            prop_assert_ne!(comes_back(&told.before, events, &said, at), Some(false), "again: {:?}", events);
            let mut before = told.before.clone();
            for event in events {
                let started_by_claim = matches!(event, GoalEvent::TaskStarted { task, .. }
                    if before.task(*task).is_some_and(|task| task.live_claim(at).is_some()));
                if started_by_claim {
                    // Half of a claim: it is undone by giving the task back, as the whole command's undo has shown.
                    before.evolve(event);
                    continue;
                }
                let restored = restores(&before, std::slice::from_ref(event), &said, at);
                prop_assert_ne!(restored, Some(false), "{:?}", event);
                let mut tally = tally.borrow_mut();
                let counted = tally.entry(event.name()).or_default();
                *(if restored.is_some() { &mut counted.restored } else { &mut counted.refused }) += 1;
                before.evolve(event);
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let tally = tally.into_inner();
    for name in GoalEvent::NAMES {
        let counted = tally.get(name).unwrap_or_else(|| panic!("{name} never happened"));
        let most = counted.restored / 4;
        assert!(
            counted.restored > 0 && counted.refused <= most,
            "{name}: {} restored, {} refused",
            counted.restored,
            counted.refused
        );
    }
}

/// All that several workers did, one after the other, undone in one go.
#[test]
fn undoing_everything_since_a_moment_brings_back_what_was_then() {
    let tally = RefCell::new(Tally::default());
    let result = TestRunner::new(config()).run(&steps(), |steps| {
        let story = tell(&steps);
        let (said, last) = (words(&story), story.last().map_or(at(0), |told| told.instruction.at));
        let since = story.len() / 2;
        let events: Vec<GoalEvent> =
            story[since..].iter().filter_map(|told| told.outcome.clone().ok()).flatten().collect();
        let restored = restores(&story[since].before, &events, &said, last);
        prop_assert_ne!(restored, Some(false), "{:?}", events);
        let mut tally = tally.borrow_mut();
        *(if restored.is_some() { &mut tally.restored } else { &mut tally.refused }) += 1;
        Ok(())
    });
    assert!(result.is_ok(), "{result:?}");
    let Tally { restored, refused } = tally.into_inner();
    assert!(restored > refused, "{restored} restored, {refused} refused");
}

fn meet() -> C {
    C::MeetCriterion { task: TaskId(1), number: 2, fence: None }
}

fn remove() -> C {
    C::RemoveCriterion { task: TaskId(1), number: 2 }
}

/// A task of which two things are required.
fn demanding() -> Given {
    a_goal(vec![PlannedTask { accept: vec!["It is fast".into(), "It runs".into()], ..planned(1, None, &[]) }])
}

#[test]
fn a_criterion_that_held_holds_again() {
    let given = demanding().and(meet());
    let removed = given.when(remove()).then(&["criterion_removed"]);
    assert_eq!(restores(&given.state(), &removed, &BTreeMap::new(), at(0)), Some(true));
}

/// As when two undo the same at the same time.
#[test]
fn a_criterion_that_held_is_required_again_once_however_often_that_is_undone() {
    let given = demanding().and(meet());
    let (before, removed) = (given.state(), given.when(remove()).then(&["criterion_removed"]));
    let mut now = before.clone();
    removed.iter().for_each(|event| now.evolve(event));
    let undone = [Undone { event: &removed[0], before: before.task(TaskId(1)), result: None, said: None }];
    let first = undo(&now, &undone, "ada", at(0));
    assert_eq!(first.events.len(), 2);
    let second = undo(&first.goal, &undone, "bob", at(0));
    assert_eq!((second.events, second.conflicts), (vec![], vec![]));
}

#[test]
fn a_criterion_is_found_again_under_its_new_number() {
    let given = demanding();
    let gone = given.when_all(vec![meet(), remove()]).then(&["criterion_met", "criterion_removed"]);
    assert_eq!(restores(&given.state(), &gone, &BTreeMap::new(), at(0)), Some(true));
}

#[test]
fn a_lease_on_a_blocked_task_is_given_back() {
    let task = TaskId(1);
    let claim = C::ClaimTask { task, holder: "ada".to_owned(), until: at(3_600) };
    let given = a_task().and(claim).and(C::BlockTask { task, reason: None, fence: Some(1) });
    for last in [C::ReleaseClaim { task, fence: 1 }, C::CancelTask { task }] {
        let ended = given.when(last.clone()).0.unwrap();
        assert_eq!(restores(&given.state(), &ended, &BTreeMap::new(), at(0)), Some(true), "{last:?}");
    }
}

#[test]
fn a_lease_that_was_taken_and_given_back_at_once_is_undone_with_what_it_began() {
    let (task, before) = (TaskId(1), a_task());
    let claim = C::ClaimTask { task, holder: "ada".to_owned(), until: at(60) };
    let events = before.when_all(vec![claim, C::ReleaseClaim { task, fence: 1 }]).0.unwrap();
    assert_eq!(restores(&before.state(), &events, &BTreeMap::new(), at(0)), Some(true));
    let started = a_task().and(C::StartTask { task, fence: None });
    let claim = C::ClaimTask { task, holder: "ada".to_owned(), until: at(60) };
    let events = started.when_all(vec![claim, C::ReleaseClaim { task, fence: 1 }]).0.unwrap();
    assert_eq!(restores(&started.state(), &events, &BTreeMap::new(), at(0)), Some(true));
}

#[test]
fn what_waits_in_a_circle_only_on_the_way_is_undone() {
    let (one, two) = (TaskId(1), TaskId(2));
    let given = a_goal(vec![planned(1, None, &[]), planned(2, None, &[1])]);
    let turned = vec![C::AddDependency { task: one, on: two }, C::RemoveDependency { task: two, on: one }];
    let events = given.when_all(turned).then(&["dependency_added", "dependency_removed"]);
    assert_eq!(restores(&given.state(), &events, &BTreeMap::new(), at(0)), Some(true));
}

#[test]
fn a_cancelled_tree_of_fifty_tasks_stands_again() {
    let parent = |number: u64| (number > 1).then_some(number / 2);
    let tree = a_goal((1..=50).map(|number| planned(number, parent(number), &[])).collect());
    let task = TaskId(50);
    let tree = tree.and(C::ClaimTask { task, holder: "ada".to_owned(), until: at(3_600) });
    let events = tree.when(C::CancelTask { task: TaskId(1) }).0.unwrap();
    assert_eq!(events.len(), 50);
    assert_eq!(restores(&tree.state(), &events, &BTreeMap::new(), at(0)), Some(true));
    assert_eq!(comes_back(&tree.state(), &events, &BTreeMap::new(), at(0)), Some(true));
}
