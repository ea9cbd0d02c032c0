//! A log as agents leave it: goals with tasks that were claimed, talked about and completed, decided by the rules of `domain`.
//!
//! The same numbers give the same texts, so two runs differ in ids and times only.

use std::collections::BTreeSet;

use chrono::{TimeDelta, Utc};
use domain::{
    Goal, GoalCommand, GoalId, Instruction, Metadata, StreamId, TaskId, Workspace,
    goal::{CommentKind, PlannedTask, Priority, TaskReference, decide},
};
use event_store::{Log, NewCommand, NewEvent, Outcome, Stack};
use tokio::task::JoinSet;
use uuid::Uuid;

/// Events that the story of one goal leads to.
pub(crate) const GOAL_EVENTS: u64 = 40;
/// Tasks of each goal.
pub(crate) const GOAL_TASKS: usize = 8;
/// Those of them that somebody has worked on; the others are ready, or wait for one another.
const TASKS_DONE: usize = 6;
/// Goals written at the same time, and goals whose ids are taken at once.
const WRITERS: u64 = 16;
const GOALS_AT_ONCE: usize = 32;

/// Appends the stories of so many goals.
pub(crate) async fn fill(log: &Log, goals: u64) -> anyhow::Result<()> {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let own = goals / WRITERS + u64::from(writer < goals % WRITERS);
        writers.spawn(write(log.clone(), usize::try_from(own)?));
    }
    while let Some(written) = writers.join_next().await {
        written??;
    }
    Ok(())
}

async fn write(log: Log, mut goals: usize) -> anyhow::Result<()> {
    while goals > 0 {
        let now = goals.min(GOALS_AT_ONCE);
        let (ids, tasks) = (log.mint_goal_ids(now).await?, log.mint_task_ids(now * GOAL_TASKS).await?);
        for (goal, tasks) in ids.into_iter().zip(tasks.chunks(GOAL_TASKS)) {
            let stream = StreamId::from(goal);
            let stack = Stack { stream, expected_sequence: 0, commands: story(goal, tasks)? };
            let outcomes = log.append(stack).await?;
            let is_stored = outcomes.iter().all(|outcome| matches!(outcome, Outcome::Appended(_)));
            anyhow::ensure!(is_stored, "not appended: {outcomes:?}");
        }
        goals -= now;
    }
    Ok(())
}

/// All commands of one goal, decided one on top of the other.
fn story(goal: GoalId, tasks: &[TaskId]) -> anyhow::Result<Vec<NewCommand>> {
    let mut state = Goal::default();
    let mut stored = Vec::new();
    for command in commands(goal, tasks) {
        let instruction = Instruction { at: Utc::now(), expect: Vec::new(), commands: vec![command], noted: false };
        let events = decide(&state, &instruction)?;
        events.iter().for_each(|event| state.evolve(event));
        let mut metadata = Metadata::default();
        metadata.set(Metadata::ACTOR_ID, Some(holder(goal)));
        stored.push(NewCommand {
            command_id: Uuid::now_v7(),
            workspace: Workspace::DEFAULT,
            metadata,
            events: events.iter().map(|event| NewEvent::of_goal(Uuid::now_v7(), event)).collect::<Result<_, _>>()?,
        });
    }
    Ok(stored)
}

fn commands(goal: GoalId, tasks: &[TaskId]) -> Vec<GoalCommand> {
    let mut commands = vec![GoalCommand::CreateGoal {
        goal,
        title: words(goal.0, 6).into(),
        description: Some(words(goal.0 + 1, 40).into()),
        priority: Priority::default(),
        tags: BTreeSet::from([words(goal.0 % 50, 1)]),
        due: None,
        metadata: Default::default(),
        tasks: tasks.iter().enumerate().map(|(place, task)| planned(place, *task, tasks)).collect(),
    }];
    commands.extend(tasks.iter().take(TASKS_DONE).flat_map(|task| work(goal, *task)));
    commands
}

/// Every second task waits for the one before it.
fn planned(place: usize, id: TaskId, tasks: &[TaskId]) -> PlannedTask {
    PlannedTask {
        id,
        field: format!("tasks[{place}]"),
        title: words(id.0, 6).into(),
        description: Some(words(id.0 + 1, 30).into()),
        tags: BTreeSet::from([words(id.0 % 50, 1)]),
        after: (place % 2 == 1).then(|| TaskReference::Id(tasks[place - 1])).into_iter().collect(),
        ..PlannedTask::default()
    }
}

/// What is done to a task from its claim to its end, in five events.
fn work(goal: GoalId, task: TaskId) -> [GoalCommand; 4] {
    let subject = task.into();
    [
        GoalCommand::ClaimTask { task, holder: holder(goal), until: Utc::now() + TimeDelta::hours(1) },
        GoalCommand::AddComment { subject, kind: CommentKind::default(), body: words(task.0 + 2, 30).into() },
        GoalCommand::Tag { subject, tag: words(task.0 % 50 + 50, 1) },
        GoalCommand::CompleteTask {
            task,
            result: Some(words(task.0 + 3, 20).into()),
            evidence: Vec::new(),
            met: Vec::new(),
            fence: Some(1),
        },
    ]
}

fn holder(goal: GoalId) -> String {
    format!("agent-{}", goal.0 % 16)
}

/// Words out of four thousand, chosen by a number.
pub(crate) fn words(seed: u64, count: usize) -> String {
    const SYLLABLES: [&str; 16] =
        ["ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va"];
    // The constants of Knuth's generator; its high bits are the good ones.
    let next =
        |state: &u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
    let numbers = std::iter::successors(next(&seed), next).map(|state| state >> 52);
    let word = |number: u64| [8, 4, 0].map(|shift| SYLLABLES[(number >> shift & 15) as usize]).concat();
    numbers.take(count).map(word).collect::<Vec<_>>().join(" ")
}
