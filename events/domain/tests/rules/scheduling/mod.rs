//! What is left, in which order, how long it takes, and what speaks against it.

mod phases;

mod critical_path;

mod measuring;

mod forecasting;

mod risks;

mod differences;

mod always;

use domain::{
    GoalCommand as C, TaskId,
    goal::{
        PlannedTask,
        schedule::{Circumstances, Plan, Risk, Sample},
    },
    time::Due,
};

use crate::given::*;

pub(super) const HOUR: u64 = 3_600;

pub(super) fn alone(seconds: i64) -> Circumstances {
    Circumstances { at: at(seconds), workers: 1, samples: Vec::new() }
}

pub(super) fn with(workers: u32) -> Circumstances {
    Circumstances { workers, ..alone(0) }
}

pub(super) fn measured(seconds: &[u64]) -> Circumstances {
    let sample = |seconds: &u64| Sample { estimate_minutes: None, seconds: *seconds };
    Circumstances { samples: seconds.iter().map(sample).collect(), ..alone(0) }
}

pub(super) fn estimated(number: u64, parent: Option<u64>, after: &[u64], minutes: u32) -> PlannedTask {
    PlannedTask { estimate_minutes: Some(minutes), ..planned(number, parent, after) }
}

pub(super) fn due(seconds: i64, task: PlannedTask) -> PlannedTask {
    PlannedTask { due: Some(Due::Moment(at(seconds))), ..task }
}

pub(super) fn phases(plan: &Plan) -> Vec<Vec<u64>> {
    plan.phases.iter().map(|tasks| tasks.iter().map(|task| task.0).collect()).collect()
}

pub(super) fn path(plan: &Plan) -> Vec<u64> {
    plan.critical_path.iter().map(|step| step.task.0).collect()
}

pub(super) fn kinds(plan: &Plan) -> Vec<&str> {
    plan.risks.iter().map(Risk::kind).collect()
}

pub(super) fn claim(number: u64, until: i64) -> C {
    C::ClaimTask { task: TaskId(number), holder: "ada".to_owned(), until: at(until) }
}

pub(super) fn complete(number: u64) -> C {
    C::CompleteTask { task: TaskId(number), result: None, evidence: vec![], met: vec![], fence: None }
}

pub(super) fn fail(number: u64) -> C {
    C::FailTask { task: TaskId(number), result: None, evidence: vec![], fence: None }
}
