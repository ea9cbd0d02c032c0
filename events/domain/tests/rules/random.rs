//! Random but plausible instructions, several workers, and a clock that moves.

use domain::{
    Goal, GoalCommand as C, GoalEvent, Instruction, TaskId, Timestamp,
    goal::{CommentKind, Link, PlannedTask, Subject, TaskReference, decide},
    time::Due,
};
use proptest::{collection::vec, prelude::*, test_runner::RngSeed};
use serde_json::json;

use crate::given::{GOAL, at, create};

/// Tasks have few numbers, so that instructions meet.
const TASKS: u64 = 8;

#[derive(Debug, Clone)]
pub(crate) struct Step {
    kind: usize,
    task: u64,
    other: u64,
    number: u32,
    pause_seconds: i64,
}

/// The same cases on every machine; a failure prints the shortest story that fails.
pub(crate) fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 250,
        rng_seed: RngSeed::Fixed(2026),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..KINDS, 1..=TASKS, 1..=TASKS, 0..12_u32, 0..40_i64);
    let step =
        step.prop_map(|(kind, task, other, number, pause_seconds)| Step { kind, task, other, number, pause_seconds });
    vec(step, 1..120)
}

/// One step of a story: what was asked when, where things stood, and what came of it.
pub(crate) struct Told {
    pub(crate) before: Goal,
    pub(crate) instruction: Instruction,
    pub(crate) outcome: Result<Vec<GoalEvent>, domain::Rejection>,
}

pub(crate) fn tell(steps: &[Step]) -> Vec<Told> {
    let (mut goal, mut seconds, mut next) = (Goal::default(), 0, 1);
    let mut story = Vec::new();
    for step in steps {
        seconds += step.pause_seconds;
        let commands =
            if goal.id.is_none() { vec![create(vec![])] } else { vec![command(&goal, step, at(seconds), &mut next)] };
        let instruction = Instruction { at: at(seconds), expect: vec![], commands, noted: step.number == 0 };
        let before = goal.clone();
        let outcome = decide(&goal, &instruction);
        outcome.iter().flatten().for_each(|event| goal.evolve(event));
        story.push(Told { before, instruction, outcome });
    }
    story
}

const KINDS: usize = 55;

fn command(goal: &Goal, step: &Step, now: Timestamp, next: &mut u64) -> C {
    let (task, other, number) = (TaskId(step.task), TaskId(step.other), step.number);
    let current = goal.task(task).map_or(0, |task| task.fence);
    let fence = match number % 5 {
        0 => None,
        1 => Some(current.saturating_sub(1)),
        _ => Some(current),
    };
    let held = fence.unwrap_or(current);
    let subject: Subject = if number % 3 == 0 { GOAL.into() } else { task.into() };
    let word = ["", "a", "b", "c"][number as usize % 4];
    let text = || domain::goal::Text::from(word);
    let link = Link { rel: "document".into(), to: format!("page {}", number % 2).into() };
    let until = now + chrono::TimeDelta::seconds(i64::from(number) * 20);
    let due = [None, Some(Due::Moment(until)), Some(Due::Day(until.date_naive()))][number as usize / 4 % 3];
    match step.kind {
        0..=5 => C::AddTasks { tasks: plan(step, next) },
        6 => C::Retitle { subject, title: text() },
        7 => C::Describe { subject, description: Some(text()) },
        8 => C::Reprioritise {
            subject,
            priority: [domain::goal::Priority::Low, domain::goal::Priority::High][number as usize % 2],
        },
        9 => C::Tag { subject, tag: word.into() },
        10 => C::Untag { subject, tag: known(goal, task, |task| task.tags.first().cloned()).unwrap_or(word.into()) },
        11 => C::SetDue { subject, due },
        12 => C::Assign { subject, assignee: Some(word.into()) },
        13 => C::SetMetadata {
            subject,
            key: "k".into(),
            value: (number % 4 > 0).then(|| json!({ "n": [number, word, null] })),
        },
        14 => C::AddLink { subject, link },
        15 => C::RemoveLink { subject, link },
        16 => C::Archive { subject },
        17 | 18 => C::Restore { subject },
        19 => C::AddComment { subject, kind: CommentKind::Question, body: text() },
        20 => C::RetractComment { comment: number % 4 + 1 },
        21 => C::StartGoal,
        22 => C::CompleteGoal { result: Some(text()) },
        23 => C::CancelGoal,
        24 | 25 => C::ReopenGoal,
        26 => C::Estimate { task, minutes: [None, Some(60), Some(u32::MAX)][number as usize % 3] },
        27 => C::MoveTask { task, parent: (number % 4 > 0).then_some(other) },
        28 | 29 => C::AddDependency { task, on: other },
        30 => C::RemoveDependency { task, on: known(goal, task, |task| task.after.first().copied()).unwrap_or(other) },
        31 => C::AddCriterion { task, text: text() },
        32 => C::RemoveCriterion {
            task,
            number: known(goal, task, |task| task.criteria.keys().next().copied()).unwrap_or(number),
        },
        33 | 34 => C::MeetCriterion { task, number: number % 5 / 2 + 1, fence },
        35 | 51 | 52 => C::UnmeetCriterion { task, number: number % 5 / 2 + 1, fence },
        36..=39 => C::ClaimTask { task, holder: format!("worker {}", number % 3), until },
        40 => C::RenewClaim { task, fence: held, until },
        41 => C::ReleaseClaim { task, fence: held },
        42 => C::ExpireClaim { task },
        43 => C::StartTask { task, fence },
        44 => C::BlockTask { task, reason: Some(text()), fence },
        45 => C::UnblockTask { task, fence },
        46 => C::RequestReview { task, fence },
        47 | 48 => C::CompleteTask { task, result: Some(text()), evidence: vec![text()], met: vec![], fence },
        49 => C::FailTask { task, result: Some(text()), evidence: vec![], fence },
        50 => C::CancelTask { task },
        53 if number == 11 => create(vec![]),
        _ => C::ReopenTask { task },
    }
}

fn known<T>(goal: &Goal, task: TaskId, read: impl Fn(&domain::goal::Task) -> Option<T>) -> Option<T> {
    goal.task(task).and_then(read)
}

/// A parent and its part, one waiting for something.
fn plan(step: &Step, next: &mut u64) -> Vec<PlannedTask> {
    // Now and then an id or a reference that does not exist, or exists already.
    let first = if step.number == 1 { step.task } else { *next };
    *next = (*next + 2).min(TASKS - 1);
    let whole = PlannedTask {
        id: TaskId(first),
        field: "tasks[0]".into(),
        parent: (step.number % 3 == 1).then_some(TaskId(step.task)),
        title: format!("Task {first}").into(),
        accept: vec!["It runs".into(); (step.number % 4 / 3) as usize],
        ..PlannedTask::default()
    };
    let part = PlannedTask {
        id: TaskId(first + 1),
        field: "tasks[1]".into(),
        parent: (step.number % 2 == 1).then_some(whole.id),
        title: format!("Task {}", first + 1).into(),
        after: (step.number % 5 > 2).then_some(TaskReference::Id(TaskId(step.other))).into_iter().collect(),
        ..PlannedTask::default()
    };
    vec![whole, part]
}
