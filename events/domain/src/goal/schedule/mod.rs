//! What is left of a goal: in which order it can be done, how long that takes, and what speaks against it.
//!
//! A plan is computed whenever somebody asks and never stored: from the goal, from how long work took so far ([`Past`]), and from the
//! moment it is asked for. So it can be made of a goal as it is as well as of one as it would be.
//!
//! *Work* is every task that the agenda calls open. A task with parts takes no time of its own, because its parts do; but somebody
//! has to close it, so it is a step of its own that comes after them. What failed is no work and yet in the way: it is planned as if
//! it took no time, what is blocked as if it could go on, and both are named as risks.
//!
//! Nothing here recurses, since a goal may hold a chain of 10,000 tasks.

mod critical;
mod difference;
mod durations;
mod forecast;
mod net;
mod past;
mod phases;
mod risks;

use std::collections::BTreeMap;

pub use self::{
    critical::Step,
    difference::{Difference, Moved, Shift},
    durations::{Basis, SAMPLES_MIN},
    forecast::{Finish, Forecast},
    past::{Past, Sample},
    risks::Risk,
};
use self::{durations::Durations, forecast::Outcome, net::Net};
use super::state::Goal;
use crate::{TaskId, Timestamp};

/// What a plan depends on beside the goal itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Circumstances {
    /// The moment that it is made at; it begins now.
    pub at: Timestamp,
    /// How many work at the same time, each on one task; at least one.
    pub workers: u32,
    /// How long work took that is done.
    pub samples: Vec<Sample>,
}

/// What is left to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Nobody has to wait for anybody within a phase, and each waits for something in the phase before. In the order of the agenda.
    pub phases: Vec<Vec<TaskId>>,
    /// The tasks that take longest one after the other: what is late there makes everything late. Empty when no task waits for another.
    pub critical_path: Vec<Step>,
    /// When all of it will be done.
    pub forecast: Forecast,
    /// What speaks against that, the worst first.
    pub risks: Vec<Risk>,
}

/// Plans what is left of a goal.
pub fn plan(goal: &Goal, circumstances: &Circumstances) -> Plan {
    let net = Net::of(goal);
    let durations = Durations::of(&net, &circumstances.samples, circumstances.at);
    let phases = phases::phases(&net);
    let critical_path = match phases.as_slice() {
        // Of tasks side by side none is before another, and which is the longest turns with every hour of work.
        [side_by_side] if side_by_side.len() > 1 => Vec::new(),
        _ => critical::path(&net, &durations),
    };
    let Outcome { forecast, ends } = forecast::forecast(&net, &durations, circumstances);
    let risks = risks::risks(goal, &net, circumstances, &critical_path, &ends);
    Plan { phases, critical_path, forecast, risks }
}

impl Plan {
    /// How long the critical path is, in seconds.
    pub fn critical_seconds(&self) -> u64 {
        self.critical_path.iter().map(|step| step.seconds).sum()
    }

    /// Every task that is left, and its phase, from 1.
    fn places(&self) -> BTreeMap<TaskId, usize> {
        let phases = self.phases.iter().zip(1..);
        phases.flat_map(|(tasks, phase)| tasks.iter().map(move |task| (*task, phase))).collect()
    }
}
