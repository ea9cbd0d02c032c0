//! What has happened so far, as far as plans care and the goal itself does not remember it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::super::event::GoalEvent;
use crate::{TaskId, Timestamp};

/// Finished tasks that are remembered, the newest: how work went long ago says little about tomorrow.
const SAMPLES_MAX: usize = 1_000;

/// A task that is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// What somebody had estimated.
    pub estimate_minutes: Option<u32>,
    /// What it took, from when its last worker took it up until it was completed; at least one second.
    pub seconds: u64,
}

/// Adds up events, of one goal or of many, in their order; it may begin in the middle.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Past {
    taken_up: BTreeMap<TaskId, Timestamp>,
    estimates: BTreeMap<TaskId, u32>,
    with_parts: BTreeSet<TaskId>,
    samples: VecDeque<Sample>,
    claimed: BTreeMap<String, Timestamp>,
}

impl Past {
    /// The names of the events that matter here. Whoever reads a log need not look into the others.
    pub const EVENTS: [&str; 10] = [
        "task_added",
        "task_moved",
        "task_estimated",
        "task_claimed",
        "task_started",
        "claim_released",
        "task_reopened",
        "task_completed",
        "task_failed",
        "task_cancelled",
    ];

    /// Adds what happened at this moment.
    pub fn add(&mut self, event: &GoalEvent, at: Timestamp) {
        use GoalEvent as E;
        match event {
            E::TaskAdded { task, parent, estimate_minutes, .. } => {
                self.with_parts.extend(parent);
                self.estimate(*task, *estimate_minutes);
            }
            E::TaskMoved { to, .. } => self.with_parts.extend(to),
            E::TaskEstimated { task, to, .. } => self.estimate(*task, *to),
            E::TaskClaimed { task, holder, .. } => {
                self.claimed.insert(holder.clone(), at);
                self.taken_up.insert(*task, at);
            }
            // A claim has come before, or nobody claims here.
            E::TaskStarted { task, .. } => _ = self.taken_up.entry(*task).or_insert(at),
            E::TaskCompleted { task, .. } => self.complete(*task, at),
            E::ClaimReleased { task, .. }
            | E::TaskReopened { task, .. }
            | E::TaskFailed { task, .. }
            | E::TaskCancelled { task, .. } => _ = self.taken_up.remove(task),
            _ => {}
        }
    }

    fn estimate(&mut self, task: TaskId, minutes: Option<u32>) {
        match minutes {
            Some(minutes) => _ = self.estimates.insert(task, minutes),
            None => _ = self.estimates.remove(&task),
        }
    }

    /// To close a task when its parts are done says nothing about how long work takes.
    fn complete(&mut self, task: TaskId, at: Timestamp) {
        let Some(since) = self.taken_up.remove(&task).filter(|_| !self.with_parts.contains(&task)) else { return };
        if self.samples.len() == SAMPLES_MAX {
            self.samples.pop_front();
        }
        let seconds = u64::try_from((at - since).num_seconds()).unwrap_or(0).max(1);
        self.samples.push_back(Sample { estimate_minutes: self.estimates.get(&task).copied(), seconds });
    }

    /// Tasks that were done, the newest last.
    pub fn samples(&self) -> impl ExactSizeIterator<Item = &Sample> {
        self.samples.iter()
    }

    /// Who has claimed a task since this moment.
    pub fn claimed_since(&self, moment: Timestamp) -> impl Iterator<Item = &str> {
        self.claimed.iter().filter(move |(_, at)| **at >= moment).map(|(holder, _)| holder.as_str())
    }
}
