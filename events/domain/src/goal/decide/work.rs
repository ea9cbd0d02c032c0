//! How a task goes: begun, blocked, reviewed, done, failed, given up, wanted again.

use super::{Draft, check};
use crate::{
    GoalEvent, Rejection, TaskId,
    goal::{Task, TaskStatus, Text, graph},
    limits,
    rejection::OpenCriterion,
};

impl Draft {
    /// The task, if work on it may go on.
    pub(super) fn workable_task(&self, id: TaskId) -> Result<&Task, Rejection> {
        let task = self.task(id)?;
        self.open_goal()?;
        let refuse = |problem: String| Err(Rejection::conflict(id, problem, task.version));
        match task.status {
            _ if task.archived => refuse("is archived; restore it first".to_owned()),
            status if status.is_open() => Ok(task),
            status => refuse(format!("is {}; reopen it first", <&str>::from(status))),
        }
    }

    /// Checks claim and state for a step of work; `None` when the task is there already.
    fn step(&mut self, id: TaskId, to: TaskStatus, fence: Option<u64>) -> Result<Option<TaskStatus>, Rejection> {
        // Before "already done": who is told that a task is in progress may take that as leave to work on it.
        self.authorise(id, fence)?;
        match self.task(id)?.status {
            status if status == to => Ok(None),
            _ => self.workable_task(id).map(|task| Some(task.status)),
        }
    }

    pub(super) fn start_task(&mut self, task: TaskId, fence: Option<u64>) -> Result<(), Rejection> {
        let to = TaskStatus::InProgress;
        let Some(from) = self.step(task, to, fence)? else { return Ok(()) };
        self.unblocked(task)?;
        self.begin_goal();
        self.record(match from {
            TaskStatus::Blocked => GoalEvent::TaskUnblocked { task, from, to },
            _ => GoalEvent::TaskStarted { task, from, to },
        });
        Ok(())
    }

    pub(super) fn block_task(
        &mut self,
        task: TaskId,
        reason: Option<&Text>,
        fence: Option<u64>,
    ) -> Result<(), Rejection> {
        let reason = check::optional_text("reason", reason, limits::NOTE_BYTES_MAX)?;
        let to = TaskStatus::Blocked;
        let from = match self.step(task, to, fence)? {
            Some(from) => from,
            // Blocked as before, but by something else.
            None if reason.is_some() && reason != self.task(task)?.blocked_reason => self.workable_task(task)?.status,
            None => return Ok(()),
        };
        self.record(GoalEvent::TaskBlocked { task, from, to, reason });
        Ok(())
    }

    /// It goes on where it can: with its worker, or waiting for one.
    pub(super) fn unblock_task(&mut self, task: TaskId, fence: Option<u64>) -> Result<(), Rejection> {
        let from = self.workable_task(task)?.status;
        self.authorise(task, fence)?;
        if from == TaskStatus::Blocked {
            let claimed = self.task(task)?.live_claim(self.at).is_some();
            let to = if claimed { TaskStatus::InProgress } else { TaskStatus::Pending };
            if claimed {
                self.begin_goal();
            }
            self.record(GoalEvent::TaskUnblocked { task, from, to });
        }
        Ok(())
    }

    pub(super) fn request_review(&mut self, task: TaskId, fence: Option<u64>) -> Result<(), Rejection> {
        let to = TaskStatus::InReview;
        if let Some(from) = self.step(task, to, fence)? {
            self.begin_goal();
            self.record(GoalEvent::TaskReviewRequested { task, from, to });
        }
        Ok(())
    }

    pub(super) fn complete_task(
        &mut self,
        task: TaskId,
        result: Option<&Text>,
        evidence: &[Text],
        met: &[u32],
        fence: Option<u64>,
    ) -> Result<(), Rejection> {
        let (result, evidence) = outcome(result, evidence)?;
        let to = TaskStatus::Completed;
        let Some(from) = self.step(task, to, fence)? else {
            met.iter().try_for_each(|number| self.criterion(task, *number).map(drop))?;
            return self.told_before(task, result.as_ref());
        };
        for number in met {
            self.judge_criterion(task, *number, true, fence)?;
        }
        self.unblocked(task)?;
        self.parts_settled(task)?;
        self.criteria_met(task)?;
        self.begin_goal();
        self.record(GoalEvent::TaskCompleted { task, from, to, result, evidence });
        Ok(())
    }

    pub(super) fn fail_task(
        &mut self,
        task: TaskId,
        result: Option<&Text>,
        evidence: &[Text],
        fence: Option<u64>,
    ) -> Result<(), Rejection> {
        let (result, evidence) = outcome(result, evidence)?;
        let to = TaskStatus::Failed;
        let Some(from) = self.step(task, to, fence)? else { return self.told_before(task, result.as_ref()) };
        self.begin_goal();
        self.record(GoalEvent::TaskFailed { task, from, to, result, evidence });
        Ok(())
    }

    fn told_before(&self, id: TaskId, result: Option<&Text>) -> Result<(), Rejection> {
        let task = self.task(id)?;
        check::told_before(id, task.status.into(), (task.result.as_ref(), result), task.version)
    }

    /// Nobody need hold a task to give it up, and its parts are given up with it.
    pub(super) fn cancel_task(&mut self, id: TaskId) -> Result<(), Rejection> {
        if self.task(id)?.status == TaskStatus::Cancelled {
            return Ok(());
        }
        self.workable_task(id)?;
        // Parts first, so that undoing from the last event backwards reopens each task before its parts.
        for task in graph::descendants(&self.goal, id).into_iter().rev().chain([id]) {
            let from = self.task(task)?.status;
            if from.is_open() {
                self.record(GoalEvent::TaskCancelled { task, from, to: TaskStatus::Cancelled });
            }
        }
        Ok(())
    }

    /// From wherever it stands it waits again. A worker who holds it gives it back instead.
    pub(super) fn reopen_task(&mut self, id: TaskId) -> Result<(), Rejection> {
        let (from, parent) = (self.task(id)?.status, self.task(id)?.parent);
        if from == TaskStatus::Pending {
            return Ok(());
        }
        self.open_goal()?;
        self.given_back(id)?;
        if let Some(parent) = parent {
            self.open_parent(parent)?;
        }
        self.record(GoalEvent::TaskReopened { task: id, from, to: TaskStatus::Pending });
        Ok(())
    }

    /// A closed task takes no open parts: they would make it a finished thing with work left in it.
    pub(super) fn open_parent(&self, id: TaskId) -> Result<(), Rejection> {
        let parent = self.task(id)?;
        match parent.status {
            status if status.is_open() => Ok(()),
            status => Err(Rejection::conflict(
                id,
                format!("is {} and takes no open parts; reopen it first", <&str>::from(status)),
                parent.version,
            )),
        }
    }

    fn parts_settled(&self, id: TaskId) -> Result<(), Rejection> {
        match graph::open_parts(&self.goal, self.task(id)?) {
            by if by.is_empty() => Ok(()),
            by => Err(self.blocked(id, by)),
        }
    }

    fn criteria_met(&self, id: TaskId) -> Result<(), Rejection> {
        let unmet = self.task(id)?.criteria.iter().filter(|(_, criterion)| !criterion.met);
        let open: Vec<_> =
            unmet.map(|(number, criterion)| OpenCriterion { number: *number, text: criterion.text.clone() }).collect();
        match open.is_empty() {
            true => Ok(()),
            false => Err(Rejection::CriteriaOpen { task: id, open }),
        }
    }
}

fn outcome(result: Option<&Text>, evidence: &[Text]) -> Result<(Option<Text>, Vec<Text>), Rejection> {
    check::at_most("evidence", evidence.len(), limits::EVIDENCE_MAX, "pieces of evidence")?;
    evidence.iter().try_for_each(|piece| check::text("evidence", piece, limits::NOTE_BYTES_MAX))?;
    Ok((check::optional_text("result", result, limits::NOTE_BYTES_MAX)?, evidence.to_vec()))
}
