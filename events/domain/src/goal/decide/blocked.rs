//! What is in the way, told so that the caller can clear it.

use super::Draft;
use crate::{
    Rejection, TaskId,
    goal::{Subject, Task, TaskStatus, graph},
    rejection::NAMED_MAX,
};

impl Draft {
    /// The refusal that names these. What failed comes first, since it will not settle by itself; the rest is cut to a readable number.
    pub(super) fn blocked(&self, subject: impl Into<Subject>, mut by: Vec<TaskId>) -> Rejection {
        let subject = subject.into();
        let has_failed = |task: &TaskId| self.goal.task(*task).is_some_and(|task| task.status == TaskStatus::Failed);
        by.sort_by_key(|task| !has_failed(task));
        let more = by.len().saturating_sub(NAMED_MAX);
        by.truncate(NAMED_MAX);
        Rejection::Blocked {
            subject: subject.to_string(),
            more,
            parts: by.iter().any(|task| self.is_part(*task, subject)),
            inherited_from: self.waiting_ancestors(subject),
            failed: by.iter().copied().filter(has_failed).collect(),
            by,
        }
    }

    /// To finish, a goal waits for all its tasks; nothing else has to come before it.
    fn is_part(&self, task: TaskId, of: Subject) -> bool {
        match of {
            Subject::Goal(_) => true,
            Subject::Task(whole) => self.goal.task(task).is_some_and(|task| task.parent == Some(whole)),
        }
    }

    /// The tasks that this one is a part of and that wait for something themselves.
    fn waiting_ancestors(&self, subject: Subject) -> Vec<TaskId> {
        let Subject::Task(task) = subject else { return Vec::new() };
        let open = |on: &TaskId| self.goal.task(*on).is_some_and(|on| !on.is_settled());
        let waits = |(_, ancestor): &(TaskId, &Task)| ancestor.after.iter().any(open);
        graph::lineage(&self.goal, task).skip(1).filter(waits).map(|(id, _)| id).collect()
    }
}
