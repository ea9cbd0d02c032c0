//! What holds in every plan.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Goal, GoalCommand as C, GoalEvent, TaskId, Timestamp,
    goal::{
        Task, TaskStatus, graph,
        schedule::{Circumstances, Difference, Past, Plan, plan},
    },
};
use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;
use crate::random::{config, steps, tell};

/// A task as chance makes it: minutes, what it is a part of, what it comes after, and what becomes of it.
type Made = (u32, Option<Index>, Vec<Index>, u8);

fn made() -> impl Strategy<Value = Vec<Made>> {
    vec((0..200_u32, any::<Option<Index>>(), vec(any::<Index>(), 0..4), 0..12_u8), 1..25)
}

/// A goal in which all this was asked for, as far as the rules allow it.
fn goal_of(made: &[Made]) -> Goal {
    let mut given = nothing().and(create(vec![]));
    let mut ask = |command: C| {
        if let Outcome(Ok(events)) = given.when(command) {
            given.events.extend(events);
        }
    };
    for (number, (minutes, parent, ..)) in (1..).zip(made) {
        let parent = parent.map(|parent| parent.index(made.len()) as u64 + 1).filter(|parent| *parent < number);
        ask(C::AddTasks { tasks: vec![estimated(number, parent, &[], *minutes)] });
    }
    for (number, (_, _, after, _)) in (1..).zip(made) {
        for on in after {
            ask(C::AddDependency { task: TaskId(number), on: TaskId(on.index(made.len()) as u64 + 1) });
        }
    }
    for (number, (.., fate)) in (1..).zip(made) {
        match fate {
            0 | 1 => ask(complete(number)),
            2 => ask(fail(number)),
            3 => ask(C::CancelTask { task: TaskId(number) }),
            4 => ask(C::Archive { subject: task(number) }),
            _ => {}
        }
    }
    given.state()
}

fn is_open(task: &Task) -> bool {
    !task.archived && task.status.is_open()
}

/// What the task has to wait for, whether or not that is work.
fn waits_for(goal: &Goal, id: TaskId) -> Vec<TaskId> {
    let mut awaited = graph::blockers(goal, id);
    awaited.extend(goal.task(id).map(|task| graph::open_parts(goal, task)).unwrap_or_default());
    awaited
}

/// The longest way to the end of each unsettled task, found by looking again until nothing gets longer.
fn longest_ways(goal: &Goal, takes: &BTreeMap<TaskId, u64>) -> BTreeMap<TaskId, u64> {
    let mut ways: BTreeMap<TaskId, u64> = BTreeMap::new();
    loop {
        let before = ways.clone();
        for (id, task) in goal.tasks.iter().filter(|(_, task)| !task.is_settled()) {
            let awaited = waits_for(goal, *id).iter().map(|on| ways.get(on).copied().unwrap_or(0)).max().unwrap_or(0);
            let own = if is_open(task) { takes[id] } else { 0 };
            ways.insert(*id, awaited + own);
        }
        if ways == before {
            return ways;
        }
    }
}

fn longest(ways: &BTreeMap<TaskId, u64>) -> u64 {
    ways.values().copied().max().unwrap_or(0)
}

/// What each open task takes, by the rule book: its estimate, or nothing when parts take the time.
fn durations(goal: &Goal) -> BTreeMap<TaskId, u64> {
    let counts =
        |part: &TaskId| goal.task(*part).is_some_and(|part| !part.archived && part.status != TaskStatus::Cancelled);
    let own = |task: &Task| {
        if task.children.iter().any(counts) {
            0
        } else {
            u64::from(task.estimate_minutes.expect("each is estimated")) * 60
        }
    };
    goal.tasks.iter().filter(|(_, task)| is_open(task)).map(|(id, task)| (*id, own(task))).collect()
}

fn assert_in_phases(goal: &Goal, told: &Plan) {
    let listed: Vec<TaskId> = told.phases.iter().flatten().copied().collect();
    let distinct: BTreeSet<TaskId> = listed.iter().copied().collect();
    assert_eq!((listed.len(), distinct), (goal.agenda.open().count(), goal.agenda.open().collect()));
    assert!(told.phases.iter().all(|tasks| !tasks.is_empty()));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_open_task_is_in_one_phase_and_waits_for_earlier_ones_alone(made in made()) {
        let goal = goal_of(&made);
        let told = plan(&goal, &alone(0));
        assert_in_phases(&goal, &told);
        let phase = |id: &TaskId| told.phases.iter().position(|tasks| tasks.contains(id));
        for (place, tasks) in told.phases.iter().enumerate() {
            let open = |on: &TaskId| goal.task(*on).is_some_and(is_open);
            let before: Vec<_> = tasks.iter().map(|id| waits_for(&goal, *id).iter().filter(|on| open(on)).map(phase).max().flatten()).collect();
            prop_assert!(before.iter().all(|before| before.is_none_or(|before| before < place)), "{:?} {:?}", told.phases, before);
        }
    }

    #[test]
    fn nobody_in_the_first_phase_waits_for_work_and_who_is_ready_is_in_it(made in made()) {
        let goal = goal_of(&made);
        let first: BTreeSet<TaskId> = plan(&goal, &alone(0)).phases.into_iter().next().unwrap_or_default().into_iter().collect();
        for id in goal.agenda.open().filter(|id| graph::is_ready(&goal, *id, at(0))) {
            prop_assert!(first.contains(&id), "{id} is ready");
        }
    }

    #[test]
    fn the_critical_path_is_as_long_as_the_longest_way_and_is_one_where_a_task_waits_for_another(made in made()) {
        let goal = goal_of(&made);
        let (told, takes) = (plan(&goal, &alone(0)), durations(&goal));
        let ways = longest_ways(&goal, &takes);
        if told.phases.len() == 1 && told.phases[0].len() > 1 {
            prop_assert!(told.critical_path.is_empty());
            return Ok(());
        }
        prop_assert_eq!(told.critical_seconds(), longest(&ways));
        for step in &told.critical_path {
            prop_assert_eq!(step.seconds, takes[&step.task]);
        }
        let (mut sum, phase) = (0, |id: TaskId| told.phases.iter().position(|tasks| tasks.contains(&id)));
        for pair in told.critical_path.windows(2) {
            prop_assert!(phase(pair[0].task) < phase(pair[1].task));
        }
        for step in &told.critical_path {
            sum += step.seconds;
            prop_assert_eq!(ways[&step.task], sum, "the way to {} is the longest", step.task);
        }
    }

    #[test]
    fn workers_take_no_less_than_they_must_and_are_never_idle_for_nothing(made in made(), workers in 1..5_u32) {
        let goal = goal_of(&made);
        let told = plan(&goal, &with(workers));
        let takes = durations(&goal);
        let (longest, all) = (longest(&longest_ways(&goal, &takes)), takes.values().sum::<u64>());
        let least = longest.max(all.div_ceil(u64::from(workers)));
        prop_assert!((least..=longest + all / u64::from(workers)).contains(&told.forecast.seconds), "{} of {least}", told.forecast.seconds);
        prop_assert_eq!(plan(&goal, &with(100)).forecast.seconds, longest);
    }

    #[test]
    fn without_a_change_there_is_no_difference(made in made()) {
        let goal = goal_of(&made);
        let told = plan(&goal, &measured(&[10, 20, 30, 40, 50]));
        let again = plan(&goal.clone(), &measured(&[10, 20, 30, 40, 50]));
        prop_assert_eq!(Difference::between(&told, &again), Difference::default());
    }

    #[test]
    fn a_plan_can_be_made_in_every_story(steps in steps()) {
        for told in tell(&steps) {
            let mut goal = told.before.clone();
            told.outcome.iter().flatten().for_each(|event| goal.evolve(event));
            let now: Timestamp = told.instruction.at;
            assert_in_phases(&goal, &plan(&goal, &Circumstances { at: now, ..measured(&[60; 5]) }));
        }
    }

    #[test]
    fn whatever_a_log_holds_a_plan_has_every_open_task(steps in steps(), order in vec(any::<Index>(), 0..200)) {
        let story = tell(&steps);
        let events: Vec<&GoalEvent> = story.iter().filter_map(|told| told.outcome.as_ref().ok()).flatten().collect();
        let (mut goal, mut past) = (Goal::default(), Past::default());
        for (place, seconds) in order.iter().zip(0..) {
            let event = place.get::<&GoalEvent>(&events);
            goal.evolve(event);
            past.add(event, at(seconds));
        }
        let circumstances = Circumstances { samples: past.samples().copied().collect(), ..alone(300) };
        assert_in_phases(&goal, &plan(&goal, &circumstances));
    }
}
