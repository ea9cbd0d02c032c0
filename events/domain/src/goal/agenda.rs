//! What is still to be done in a goal, in the order in which it should be done, and how many of its tasks stand where.
//!
//! Each event keeps it up, so that what an agent is told after a command costs as little in a goal of ten thousand tasks as in one of ten.

use std::{cmp::Reverse, collections::BTreeMap};

use imbl::OrdSet;
use serde::{Deserialize, Serialize};

use super::{
    state::Task,
    vocabulary::{Priority, TaskStatus},
};
use crate::TaskId;

/// Tasks that are put aside are not in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Agenda {
    open: OrdSet<(Reverse<Priority>, TaskId)>,
    counts: BTreeMap<TaskStatus, u32>,
}

/// Where a task stands in it; `None` when it is put aside.
pub(super) type Place = Option<(Priority, TaskStatus)>;

impl Task {
    pub(super) fn place(&self) -> Place {
        (!self.archived).then_some((self.priority, self.status))
    }
}

impl Agenda {
    /// Tasks that are not closed, the most important and then the oldest first.
    pub fn open(&self) -> impl Iterator<Item = TaskId> {
        self.open.iter().map(|(_, task)| *task)
    }

    /// How many tasks have this status.
    pub fn count(&self, status: TaskStatus) -> u32 {
        self.counts.get(&status).copied().unwrap_or(0)
    }

    pub(super) fn move_task(&mut self, task: TaskId, from: Place, to: Place) {
        if from == to {
            return;
        }
        if let Some((priority, status)) = from {
            self.open.remove(&(Reverse(priority), task));
            let left = self.count(status).saturating_sub(1);
            self.counts.insert(status, left);
            // Two goals whose tasks stand the same have the same agenda, whatever happened before.
            self.counts.retain(|_, count| *count > 0);
        }
        if let Some((priority, status)) = to {
            *self.counts.entry(status).or_default() += 1;
            if status.is_open() {
                self.open.insert((Reverse(priority), task));
            }
        }
    }
}
