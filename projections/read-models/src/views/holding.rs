//! How many unsettled tasks wait for a task directly. What each event changes about it comes through here.
//!
//! Whether a task waits, and for which, stands in its own row: a run that only notes reaches those rows after it has loaded this one.

use domain::TaskId;

use super::tasks::AwaitedVersion;
use crate::fold::{At, Fold, signed};

impl Fold {
    /// So many unsettled tasks more wait for this one, if it is there.
    pub(crate) fn hold_up(&mut self, at: &At, on: TaskId, more: i32) {
        self.tasks.change((signed(on.0),), at.position, |task| task.holds_up += more);
    }

    /// A task that has just been added waits for this one, which may be still to come.
    pub(crate) fn hold_up_or_await(&mut self, at: &At, on: TaskId) {
        let key = (signed(on.0),);
        self.tasks.want(key);
        let awaited = self.awaited(at, on);
        if self.tasks.get(&key).is_some() {
            return self.hold_up(at, on, 1);
        }
        let version = AwaitedVersion {
            task: key.0,
            from_position: at.position,
            to_position: None,
            goal: at.goal,
            workspace: at.workspace.to_owned(),
            holds_up: awaited + 1,
        };
        match awaited {
            0 => self.awaited.begin(version),
            _ => self.awaited.put(version),
        }
    }

    /// How many wait for a task that is added now.
    pub(crate) fn end_awaiting(&mut self, at: &At, task: TaskId) -> i32 {
        let awaited = self.awaited(at, task);
        if awaited > 0 {
            self.awaited.end(&(signed(task.0),), at.position);
        }
        awaited
    }

    /// What earlier events of the same command have said. Only those of earlier pages have to be looked up.
    fn awaited(&mut self, at: &At, task: TaskId) -> i32 {
        let key = (signed(task.0),);
        if at.is_continued {
            self.awaited.want(key);
        }
        let said = self.awaited.get(&key).filter(|awaited| awaited.from_position >= at.command_begins);
        said.map_or(0, |awaited| awaited.holds_up)
    }

    /// The task was settled, or is no longer: so those that it waits for hold up one fewer, or one more.
    pub(crate) fn hold_up_fewer_or_more(&mut self, at: &At, task: TaskId) {
        let Some(row) = self.tasks.get(&(signed(task.0),)) else { return };
        let more = if row.is_settled() { -1 } else { 1 };
        for on in row.after_tasks.0.clone() {
            self.hold_up(at, on, more);
        }
    }

    /// Whether the task waits for the other; `None` when it is settled or not there.
    pub(crate) fn waits_for(&self, task: TaskId, on: TaskId) -> Option<bool> {
        let row = self.tasks.get(&(signed(task.0),)).filter(|row| !row.is_settled())?;
        Some(row.after_tasks.contains(&on))
    }
}
