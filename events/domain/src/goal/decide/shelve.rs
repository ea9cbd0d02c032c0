//! Putting aside and taking back. Nothing is ever deleted.

use super::Draft;
use crate::{
    GoalEvent, Rejection,
    goal::{Subject, graph},
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
                    self.record(GoalEvent::TaskRestored { task });
                }
            }
        }
        Ok(())
    }
}
