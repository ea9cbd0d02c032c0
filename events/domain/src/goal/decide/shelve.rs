//! Putting aside and taking back. Nothing is ever deleted.

use super::Draft;
use crate::{
    GoalEvent, Rejection, TaskId,
    goal::{GoalStatus, Subject, TaskStatus, graph},
};

impl Draft {
    /// With a task its parts are put aside, since they would be out of reach without it.
    pub(super) fn archive(&mut self, subject: Subject) -> Result<(), Rejection> {
        match subject {
            Subject::Goal(id) => {
                if !self.this_goal(id)?.archived {
                    self.record(GoalEvent::GoalArchived {});
                }
            }
            Subject::Task(id) => {
                self.task(id)?;
                // Parts first, so that undoing from the last event backwards restores each task before its parts.
                for task in graph::descendants(&self.goal, id).into_iter().rev().chain([id]) {
                    if !self.task(task)?.archived {
                        self.record(GoalEvent::TaskArchived { task });
                    }
                }
            }
        }
        Ok(())
    }

    /// What is left to do does not come back into what was finished or given up meanwhile. A failed task may have had open parts before.
    fn takes_back(&self, id: TaskId) -> Result<(), Rejection> {
        let task = self.task(id)?;
        if !task.status.is_open() {
            return Ok(());
        }
        if self.goal.status == GoalStatus::Completed {
            self.open_goal()?;
        }
        match task.parent {
            Some(parent) if self.task(parent)?.status != TaskStatus::Failed => self.open_parent(parent),
            _ => Ok(()),
        }
    }

    /// With a task the tasks that it is a part of are taken back, since it would be out of reach without them.
    pub(super) fn restore(&mut self, subject: Subject) -> Result<(), Rejection> {
        match subject {
            Subject::Goal(id) => {
                if self.this_goal(id)?.archived {
                    self.record(GoalEvent::GoalRestored {});
                }
            }
            Subject::Task(id) => {
                self.task(id)?;
                let archived: Vec<_> =
                    graph::lineage(&self.goal, id).filter(|(_, task)| task.archived).map(|(id, _)| id).collect();
                // From the top, so that no task is ever out in the open below one that is put aside.
                for task in archived.into_iter().rev() {
                    self.takes_back(task)?;
                    self.record(GoalEvent::TaskRestored { task });
                }
            }
        }
        Ok(())
    }
}
