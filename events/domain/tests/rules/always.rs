//! What holds in every story.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use domain::{
    Goal, GoalCommand as C, GoalEvent, Rejection, TaskId,
    goal::{TaskStatus, decide, graph},
};
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::{
    given::instruction,
    random::{Told, config, steps, tell},
};

fn accepted(story: &[Told]) -> impl Iterator<Item = (&Told, &[GoalEvent])> {
    story.iter().filter_map(|told| told.outcome.as_deref().ok().map(|events| (told, events)))
}

fn after(told: &Told) -> Goal {
    let mut goal = told.before.clone();
    told.outcome.iter().flatten().for_each(|event| goal.evolve(event));
    goal
}

/// Kahn's algorithm over starts and finishes: true when everything can be put in an order.
fn has_an_order(goal: &Goal) -> bool {
    let mut waits: BTreeMap<(TaskId, bool), BTreeSet<(TaskId, bool)>> = BTreeMap::new();
    for (id, task) in &goal.tasks {
        waits.entry((*id, false)).or_default().extend(task.after.iter().map(|on| (*on, true)));
        waits.entry((*id, true)).or_default().insert((*id, false));
        if let Some(parent) = task.parent {
            waits.entry((*id, false)).or_default().insert((parent, false));
            waits.entry((parent, true)).or_default().insert((*id, true));
        }
    }
    while let Some(free) = waits.iter().find(|(_, on)| on.is_empty()).map(|(node, _)| *node) {
        waits.remove(&free);
        waits.values_mut().for_each(|on| _ = on.remove(&free));
    }
    waits.is_empty()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn folding_an_accepted_history_gives_the_state_that_was_decided_on(steps in steps()) {
        let story = tell(&steps);
        let mut folded = Goal::default();
        for (told, events) in accepted(&story) {
            prop_assert_eq!(&folded, &told.before);
            events.iter().for_each(|event| folded.evolve(event));
        }
        let count: usize = accepted(&story).map(|(_, events)| events.len()).sum();
        prop_assert_eq!(folded.sequence, count as u64);
    }

    #[test]
    fn folding_any_events_in_any_order_never_panics(steps in steps(), order in vec(any::<Index>(), 0..200)) {
        let story = tell(&steps);
        let events: Vec<&GoalEvent> = accepted(&story).flat_map(|(_, events)| events).collect();
        let mut goal = Goal::default();
        for place in order {
            goal.evolve(place.get::<&GoalEvent>(&events));
        }
        for task in goal.tasks.keys() {
            graph::descendants(&goal, *task);
            graph::blockers(&goal, *task);
            graph::is_ready(&goal, *task, crate::given::at(0));
        }
        graph::find_cycle(&goal, goal.tasks.keys().copied());
    }

    #[test]
    fn the_agenda_says_what_looking_at_every_task_would(steps in steps()) {
        for (told, _) in accepted(&tell(&steps)) {
            let goal = after(told);
            let tasks = || goal.tasks.iter().filter(|(_, task)| !task.archived);
            let mut open: Vec<_> = tasks().filter(|(_, task)| task.status.is_open()).collect();
            let holds_up = |id: &TaskId| goal.tasks.values().filter(|task| !task.is_settled() && task.after.contains(id)).count();
            open.sort_by_key(|(id, task)| (Reverse(task.priority), Reverse(holds_up(id)), **id));
            prop_assert!(goal.agenda.open().eq(open.iter().map(|(id, _)| **id)));
            for id in goal.tasks.keys() {
                prop_assert_eq!(goal.agenda.holds_up(*id) as usize, holds_up(id));
            }
            use TaskStatus::{Blocked, Cancelled, Completed, Failed, InProgress, InReview, Pending};
            for status in [Pending, InProgress, Blocked, InReview, Completed, Failed, Cancelled] {
                let counted = tasks().filter(|(_, task)| task.status == status).count();
                prop_assert_eq!(goal.agenda.count(status) as usize, counted);
            }
        }
    }

    #[test]
    fn an_event_that_reaches_no_other_task_leaves_them_as_they_were(steps in steps()) {
        for (told, events) in accepted(&tell(&steps)) {
            let (mut goal, at) = (told.before.clone(), told.instruction.at);
            for event in events {
                let before = goal.clone();
                goal.evolve(event);
                let others = before.tasks.keys().filter(|id| Some(**id) != event.task());
                for id in others.filter(|_| !event.reaches_other_tasks()) {
                    prop_assert_eq!(graph::is_ready(&before, *id, at), graph::is_ready(&goal, *id, at), "{:?}", event);
                    prop_assert_eq!(before.task(*id), goal.task(*id), "{:?}", event);
                }
            }
        }
    }

    #[test]
    fn no_circle_is_ever_stored(steps in steps()) {
        for (told, _) in accepted(&tell(&steps)) {
            prop_assert!(has_an_order(&after(told)), "{:?}", told.instruction);
        }
    }

    #[test]
    fn a_circle_that_is_refused_is_one(steps in steps()) {
        for told in tell(&steps) {
            let Err(Rejection::Cycle { .. }) = told.outcome else { continue };
            let C::AddDependency { task, on } = told.instruction.commands[0] else { continue };
            let mut goal = told.before.clone();
            goal.evolve(&GoalEvent::DependencyAdded { task, on });
            prop_assert!(!has_an_order(&goal));
        }
    }

    #[test]
    fn a_worker_that_lost_its_lease_never_writes(steps in steps()) {
        for (told, events) in accepted(&tell(&steps)) {
            let sent = match told.instruction.commands[0] {
                C::MeetCriterion { task, fence, .. } | C::UnmeetCriterion { task, fence, .. }
                | C::StartTask { task, fence } | C::BlockTask { task, fence, .. } | C::UnblockTask { task, fence }
                | C::RequestReview { task, fence } | C::CompleteTask { task, fence, .. } | C::FailTask { task, fence, .. } => (task, fence),
                C::RenewClaim { task, fence, .. } | C::ReleaseClaim { task, fence } => (task, Some(fence)),
                _ => continue,
            };
            let task = told.before.task(sent.0);
            let current = task.map_or(0, |task| task.fence);
            let held = task.is_some_and(|task| task.live_claim(told.instruction.at).is_some());
            prop_assert!(sent.1.map_or(!held, |fence| fence == current), "{:?} gave {events:?}", told.instruction);
        }
    }

    #[test]
    fn fences_only_rise_and_a_lease_begins_only_when_none_is_live(steps in steps()) {
        for (told, events) in accepted(&tell(&steps)) {
            let mut goal = told.before.clone();
            for event in events {
                if let GoalEvent::TaskClaimed { task, fence, at, .. } = event {
                    let task = goal.task(*task).unwrap();
                    prop_assert!(task.live_claim(*at).is_none() && *fence == task.fence + 1);
                }
                goal.evolve(event);
            }
            for (id, task) in &told.before.tasks {
                prop_assert!(goal.task(*id).unwrap().fence >= task.fence);
            }
        }
    }

    #[test]
    fn nothing_unarchived_is_out_of_reach_and_nothing_open_is_in_what_was_done_or_given_up(steps in steps()) {
        for (told, _) in accepted(&tell(&steps)) {
            let goal = after(told);
            for task in goal.tasks.values() {
                let Some(parent) = task.parent.and_then(|parent| goal.task(parent)) else { continue };
                prop_assert!(task.archived || !parent.archived);
                prop_assert!(task.archived || !parent.status.is_settled() || !task.status.is_open());
            }
        }
    }

    #[test]
    fn events_and_state_survive_being_written_and_read(steps in steps()) {
        for (told, events) in accepted(&tell(&steps)).skip(steps.len() / 2) {
            for event in events {
                let read: GoalEvent = serde_json::from_str(&serde_json::to_string(event).unwrap()).unwrap();
                prop_assert_eq!(&read, event);
            }
            let read: Goal = serde_json::from_str(&serde_json::to_string(&told.before).unwrap()).unwrap();
            prop_assert_eq!(&read, &told.before);
        }
    }

    #[test]
    fn deciding_twice_decides_the_same(steps in steps()) {
        for told in tell(&steps) {
            prop_assert_eq!(&decide(&told.before, &told.instruction), &told.outcome);
        }
    }

    #[test]
    fn what_is_ready_can_be_claimed_and_what_is_not_cannot(steps in steps()) {
        for told in tell(&steps) {
            let (goal, at) = (&told.before, told.instruction.at);
            for (id, task) in &goal.tasks {
                let until = at + chrono::TimeDelta::seconds(60);
                let claim = instruction(at, vec![C::ClaimTask { task: *id, holder: "ada".into(), until }]);
                let claimed = decide(goal, &claim).is_ok();
                // Somebody may take a review, or look after a task while others do its parts; neither is offered as work.
                let unoffered = task.status == TaskStatus::InReview || !graph::open_parts(goal, task).is_empty();
                match graph::is_ready(goal, *id, at) {
                    true => prop_assert!(claimed),
                    false => prop_assert!(!claimed || unoffered),
                }
            }
        }
    }
}
