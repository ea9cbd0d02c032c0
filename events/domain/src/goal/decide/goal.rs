//! The goal's own course.

use super::{Draft, check};
use crate::{
    GoalEvent, Rejection,
    goal::{GoalCommand, GoalStatus, Task, TaskStatus, Text},
    limits,
};

impl Draft {
    pub(super) fn create_goal(&mut self, command: &GoalCommand) -> Result<(), Rejection> {
        let GoalCommand::CreateGoal { goal, title, description, priority, tags, due, metadata, tasks } = command else {
            return Ok(());
        };
        if let Some(existing) = self.goal.id {
            return Err(Rejection::conflict(existing, "exists already", self.goal.version));
        }
        metadata.iter().try_for_each(|(key, value)| check::metadata(key, Some(value)))?;
        check::at_most("metadata", metadata.len(), limits::METADATA_KEYS_MAX, "keys")?;
        self.record(GoalEvent::GoalCreated {
            goal: *goal,
            title: check::title("title", title)?,
            description: check::optional_text("description", description.as_ref(), limits::TEXT_BYTES_MAX)?,
            priority: *priority,
            tags: check::tags("tags", tags)?,
            due: check::due("due", *due)?,
            metadata: metadata.clone(),
        });
        self.add_tasks(tasks)
    }

    pub(super) fn start_goal(&mut self) -> Result<(), Rejection> {
        if self.goal.status != GoalStatus::InProgress {
            self.open_goal()?;
            self.begin_goal();
        }
        Ok(())
    }

    /// The first work on any task is the beginning of work on the goal.
    pub(super) fn begin_goal(&mut self) {
        if self.goal.status == GoalStatus::Pending {
            self.record(GoalEvent::GoalStarted { from: GoalStatus::Pending, to: GoalStatus::InProgress });
        }
    }

    pub(super) fn complete_goal(&mut self, result: Option<&Text>) -> Result<(), Rejection> {
        let id = self.existing_goal()?;
        let result = check::optional_text("result", result, limits::NOTE_BYTES_MAX)?;
        if self.goal.status == GoalStatus::Completed {
            let results = (self.goal.result.as_ref(), result.as_ref());
            return check::told_before(id, self.goal.status.into(), results, self.goal.version);
        }
        self.open_goal()?;
        let open = |task: &Task| !task.archived && task.status.is_open();
        let by: Vec<_> = self.goal.tasks.iter().filter(|(_, task)| open(task)).map(|(task, _)| *task).collect();
        if !by.is_empty() {
            return Err(self.blocked(id, by));
        }
        self.record(GoalEvent::GoalCompleted { from: self.goal.status, to: GoalStatus::Completed, result });
        Ok(())
    }

    pub(super) fn cancel_goal(&mut self) -> Result<(), Rejection> {
        let id = self.existing_goal()?;
        match self.goal.status {
            GoalStatus::Cancelled => Ok(()),
            GoalStatus::Completed => Err(Rejection::conflict(id, "is completed; reopen it first", self.goal.version)),
            from => {
                self.record(GoalEvent::GoalCancelled { from, to: GoalStatus::Cancelled });
                Ok(())
            }
        }
    }

    /// A goal wanted again stands where work on its tasks left it: it waits when there has been none.
    pub(super) fn reopen_goal(&mut self) -> Result<(), Rejection> {
        self.existing_goal()?;
        let begun = self.goal.tasks.values().any(|task| is_begun(task.status));
        let to = if begun { GoalStatus::InProgress } else { GoalStatus::Pending };
        let from = self.goal.status;
        if from != to && from != GoalStatus::Pending {
            self.record(GoalEvent::GoalReopened { from, to });
        }
        Ok(())
    }
}

/// Whether work on a task with this status has begun its goal. Waiting, blocking and giving up are no work.
fn is_begun(status: TaskStatus) -> bool {
    !matches!(status, TaskStatus::Pending | TaskStatus::Blocked | TaskStatus::Cancelled)
}
