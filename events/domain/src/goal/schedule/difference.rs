//! What one plan has that another has not.

use std::collections::BTreeSet;

use super::{Plan, forecast::Finish, risks::Risk};
use crate::{TaskId, goal::Subject};

/// How a plan differs from the one before; the default when it does not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Difference {
    /// Length of the critical path, in seconds.
    pub critical_seconds: Option<Shift<u64>>,
    /// How long all workers together take when each task takes what is expected of it, in seconds.
    pub seconds: Option<Shift<u64>>,
    /// The forecast.
    pub finish: Option<Shift<Option<Finish>>>,
    /// How many work at the same time.
    pub workers: Option<Shift<u32>>,
    /// Tasks that are left now and were not before.
    pub added: Vec<TaskId>,
    /// Tasks that were left before and are not now.
    pub gone: Vec<TaskId>,
    /// Tasks that are in another phase.
    pub moved: Vec<Moved>,
    /// Tasks that are on the critical path now.
    pub joins_path: Vec<TaskId>,
    /// Tasks that were on the critical path.
    pub leaves_path: Vec<TaskId>,
    /// Risks that there were not before.
    pub new_risks: Vec<Risk>,
    /// Risks that there are no more.
    pub gone_risks: Vec<Risk>,
}

/// From this to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Shift<T> {
    pub from: T,
    pub to: T,
}

/// A task in another phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The task.
    pub task: TaskId,
    /// Its phases, from 1.
    pub phase: Shift<usize>,
}

impl Difference {
    /// What is different in the later plan.
    pub fn between(before: &Plan, after: &Plan) -> Self {
        let (was, is) = (before.places(), after.places());
        let (was_path, is_path) = (critical(before), critical(after));
        let (was_risks, is_risks) = (known(before), known(after));
        Self {
            critical_seconds: Shift::between(before.critical_seconds(), after.critical_seconds()),
            seconds: Shift::between(before.forecast.seconds, after.forecast.seconds),
            finish: Shift::between(before.forecast.finish, after.forecast.finish),
            workers: Shift::between(before.forecast.workers, after.forecast.workers),
            added: is.keys().filter(|task| !was.contains_key(task)).copied().collect(),
            gone: was.keys().filter(|task| !is.contains_key(task)).copied().collect(),
            moved: was.iter().filter_map(|(task, from)| moved(*task, *from, *is.get(task)?)).collect(),
            joins_path: is_path.difference(&was_path).copied().collect(),
            leaves_path: was_path.difference(&is_path).copied().collect(),
            new_risks: only_in(&after.risks, &was_risks),
            gone_risks: only_in(&before.risks, &is_risks),
        }
    }
}

impl<T: PartialEq> Shift<T> {
    fn between(from: T, to: T) -> Option<Self> {
        (from != to).then_some(Self { from, to })
    }
}

fn moved(task: TaskId, from: usize, to: usize) -> Option<Moved> {
    Shift::between(from, to).map(|phase| Moved { task, phase })
}

fn critical(plan: &Plan) -> BTreeSet<TaskId> {
    plan.critical_path.iter().map(|step| step.task).collect()
}

/// A risk is the same one as long as it is of the same kind and about the same thing, though it may grow.
fn known(plan: &Plan) -> BTreeSet<(&'static str, Option<Subject>)> {
    plan.risks.iter().map(|risk| (risk.kind(), risk.subject())).collect()
}

fn only_in(risks: &[Risk], others: &BTreeSet<(&'static str, Option<Subject>)>) -> Vec<Risk> {
    risks.iter().filter(|risk| !others.contains(&(risk.kind(), risk.subject()))).cloned().collect()
}
