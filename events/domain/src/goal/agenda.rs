//! What is still to be done in a goal, in the order in which it should be done, and how many of its tasks stand where.
//!
//! Each event keeps it up, so that what an agent is told after a command costs as little in a goal of ten thousand tasks as in one of ten.

use std::{cmp::Reverse, collections::BTreeMap};

use imbl::{OrdMap, OrdSet};
use serde::{Deserialize, Serialize};

use super::{
    state::Task,
    vocabulary::{Priority, TaskStatus},
};
use crate::TaskId;

/// Tasks that are put aside are not in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Agenda {
    open: OrdSet<Turn>,
    counts: BTreeMap<TaskStatus, u32>,
    /// How many unsettled tasks wait for a task, where any does. It may be one that is still to come.
    #[serde(default, skip_serializing_if = "OrdMap::is_empty")]
    holds_up: OrdMap<TaskId, u32>,
}

/// The most important first, then what most others wait for, then the oldest.
type Turn = (Reverse<Priority>, Reverse<u32>, TaskId);

/// Where a task stands in it; `None` when it is put aside.
pub(super) type Place = Option<(Priority, TaskStatus)>;

impl Task {
    pub(super) fn place(&self) -> Place {
        (!self.archived).then_some((self.priority, self.status))
    }
}

impl Agenda {
    /// Tasks that are not closed: the most important first, of those the one that most others wait for, of those the oldest.
    pub fn open(&self) -> impl Iterator<Item = TaskId> {
        self.open.iter().map(|(_, _, task)| *task)
    }

    /// How many tasks have this status.
    pub fn count(&self, status: TaskStatus) -> u32 {
        self.counts.get(&status).copied().unwrap_or(0)
    }

    /// How many unsettled tasks name this one in their `after`.
    pub fn holds_up(&self, task: TaskId) -> u32 {
        self.holds_up.get(&task).copied().unwrap_or(0)
    }

    pub(super) fn move_task(&mut self, task: TaskId, from: Place, to: Place) {
        if from == to {
            return;
        }
        if let Some((priority, status)) = from {
            self.open.remove(&self.turn(task, priority));
            let left = self.count(status).saturating_sub(1);
            self.counts.insert(status, left);
            // Two goals whose tasks stand the same have the same agenda, whatever happened before.
            self.counts.retain(|_, count| *count > 0);
        }
        if let Some((priority, status)) = to {
            *self.counts.entry(status).or_default() += 1;
            if status.is_open() {
                self.open.insert(self.turn(task, priority));
            }
        }
    }

    /// One task more, or one fewer, waits for this one, which stands at `place`.
    pub(super) fn hold_up(&mut self, task: TaskId, place: Place, more: bool) {
        let before = place.map(|(priority, _)| self.turn(task, priority));
        let is_open = before.is_some_and(|turn| self.open.remove(&turn).is_some());
        let waiting = self.holds_up(task);
        match if more { waiting + 1 } else { waiting.saturating_sub(1) } {
            0 => _ = self.holds_up.remove(&task),
            waiting => _ = self.holds_up.insert(task, waiting),
        }
        if let Some((priority, _)) = place.filter(|_| is_open) {
            self.open.insert(self.turn(task, priority));
        }
    }

    fn turn(&self, task: TaskId, priority: Priority) -> Turn {
        (Reverse(priority), Reverse(self.holds_up(task)), task)
    }
}
