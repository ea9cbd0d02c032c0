//! Whatever an event does, some event undoes.

use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

use domain::{
    Goal, GoalCommand as C, GoalEvent, TaskId, Timestamp,
    goal::{
        Comment, Criterion, PlannedTask, Task,
        compensate::{Undone, undo},
        decide,
    },
};
use proptest::{prelude::*, test_runner::TestRunner};

use crate::{
    given::{Given, a_goal, a_task, at, instruction, planned},
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

/// Undoes these events at this moment, and says whether what was is back; `None` when a rule stands in the way.
fn restores(before: &Goal, events: &[GoalEvent], said: &BTreeMap<u32, GoalEvent>, at: Timestamp) -> Option<bool> {
    let mut now = before.clone();
    let mut undone = Vec::new();
    let states: Vec<Goal> = events
        .iter()
        .map(|event| {
            let was = now.clone();
            now.evolve(event);
            was
        })
        .collect();
    for (event, before) in events.iter().zip(&states) {
        let words = match event {
            GoalEvent::CommentRetracted { comment, .. } => said.get(comment),
            _ => None,
        };
        undone.push(Undone { event, before, said: words });
    }
    let after = match undo(&now, &undone, at).and_then(|commands| decide(&now, &instruction(at, commands))) {
        Ok(events) => {
            let mut goal = now.clone();
            events.iter().for_each(|event| goal.evolve(event));
            goal
        }
        Err(rejection) => {
            assert!(["BLOCKED", "CONFLICT", "CRITERIA_OPEN"].contains(&rejection.code()), "{rejection}");
            return None;
        }
    };
    if before.id.is_none() {
        return Some(after.archived && after.tasks.values().all(|task| task.archived));
    }
    let new_are_aside = after.tasks.iter().all(|(id, task)| before.tasks.contains_key(id) || task.archived);
    Some(new_are_aside && observable(&after, before, at) == observable(before, before, at))
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
fn a_lease_is_taken_back_under_its_newer_fence_but_never_from_somebody_else() {
    let task = TaskId(1);
    let claim = |holder: &str, until| C::ClaimTask { task, holder: holder.to_owned(), until: at(until) };
    let before = a_task().and(C::StartTask { task, fence: None });
    let taken = before.when_all(vec![claim("ada", 60), C::ReleaseClaim { task, fence: 1 }]).0.unwrap();
    assert_eq!(restores(&before.state(), &taken, &BTreeMap::new(), at(0)), Some(true));

    let claimed = before.when(claim("ada", 60)).then(&["task_claimed"]);
    let undone = Undone { event: &claimed[0], before: &before.state(), said: None };
    let by_grace = before.and(claim("ada", 60)).after(60).and(claim("grace", 120));
    let refused = undo(&by_grace.state(), &[undone], at(60)).unwrap_err();
    assert_eq!(refused.code(), "FENCED");
}

#[test]
fn a_retracted_comment_is_said_again_only_with_its_words() {
    let event = GoalEvent::CommentRetracted { comment: 1, task: None };
    let goal = a_goal(vec![]).state();
    let undone = Undone { event: &event, before: &goal, said: None };
    let refused = undo(&goal, &[undone], at(0)).unwrap_err();
    assert_eq!(refused.code(), "NOT_FOUND");
}
