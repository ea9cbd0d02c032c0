//! Leases and fences: one worker at a time, and a worker that lost its lease cannot write.
//!
//! A fence is a counter of the task, raised by each new claim and never reset. While a lease is live, work needs its fence; a fence that
//! is sent must be the current one, live lease or not. So whoever was replaced is told, and whoever was only slow may go on.

use chrono::TimeDelta;

use super::{Draft, check};
use crate::{
    GoalEvent, Rejection, TaskId, Timestamp,
    goal::{TaskStatus, graph},
    limits,
    time::micros,
};

impl Draft {
    pub(super) fn claim_task(&mut self, id: TaskId, holder: &str, until: Timestamp) -> Result<(), Rejection> {
        check::one_line("holder", holder, limits::NAME_CHARS_MAX)?;
        let until = self.lease_end(until)?;
        let task = self.workable_task(id)?;
        if task.status == TaskStatus::Blocked {
            return Err(Rejection::conflict(id, "is blocked; unblock it first", task.version));
        }
        let (pending, fence) = (task.status == TaskStatus::Pending, task.fence + 1);
        self.unclaimed(id)?;
        self.unblocked(id)?;
        self.begin_goal();
        self.record(GoalEvent::TaskClaimed { task: id, fence, holder: holder.to_owned(), at: self.at, until });
        if pending {
            self.record(GoalEvent::TaskStarted { task: id, from: TaskStatus::Pending, to: TaskStatus::InProgress });
        }
        Ok(())
    }

    pub(super) fn renew_claim(&mut self, id: TaskId, fence: u64, to: Timestamp) -> Result<(), Rejection> {
        let to = self.lease_end(to)?;
        let task = self.workable_task(id)?;
        self.current_fence(id, fence)?;
        let Some(claim) = &task.claim else {
            return Err(Rejection::conflict(id, "is no longer claimed; claim it anew", task.version));
        };
        let from = claim.until;
        if from != to {
            self.record(GoalEvent::ClaimRenewed { task: id, fence, from, to });
        }
        Ok(())
    }

    /// A task given back waits again for whoever comes next.
    pub(super) fn release_claim(&mut self, id: TaskId, fence: u64) -> Result<(), Rejection> {
        let task = self.task(id)?;
        self.current_fence(id, fence)?;
        let Some(claim) = &task.claim else { return Ok(()) };
        let (holder, status) = (claim.holder.clone(), task.status);
        self.record(GoalEvent::ClaimReleased { task: id, fence, holder });
        if status == TaskStatus::InProgress {
            self.record(GoalEvent::TaskReopened { task: id, from: status, to: TaskStatus::Pending });
        }
        Ok(())
    }

    /// Leases end by themselves; this only writes it down. A live one stays.
    pub(super) fn expire_claim(&mut self, id: TaskId) -> Result<(), Rejection> {
        let task = self.task(id)?;
        let (fence, at) = (task.fence, self.at);
        if let Some(claim) = task.claim.clone().filter(|claim| !claim.is_live(at)) {
            self.record(GoalEvent::ClaimExpired { task: id, fence, holder: claim.holder, until: claim.until });
        }
        Ok(())
    }

    /// Whether this caller may work on the task now.
    pub(super) fn authorise(&mut self, id: TaskId, fence: Option<u64>) -> Result<(), Rejection> {
        match fence {
            Some(fence) => self.current_fence(id, fence),
            None => self.unclaimed(id),
        }
    }

    /// For what a holder cannot do either, except by giving the task back.
    pub(super) fn given_back(&mut self, id: TaskId) -> Result<(), Rejection> {
        self.unclaimed(id).map_err(|mut refusal| {
            if let Rejection::Claimed { release_first, .. } = &mut refusal {
                *release_first = true;
            }
            refusal
        })
    }

    /// Nobody holds it: refuses while a lease is live, and writes down that one has run out.
    fn unclaimed(&mut self, id: TaskId) -> Result<(), Rejection> {
        if let Some(claim) = self.task(id)?.live_claim(self.at) {
            return Err(Rejection::claimed(id, claim, self.at));
        }
        self.expire_claim(id)
    }

    /// Nothing has to come first.
    pub(super) fn unblocked(&self, id: TaskId) -> Result<(), Rejection> {
        match graph::blockers(&self.goal, id) {
            by if by.is_empty() => Ok(()),
            by => Err(self.blocked(id, by)),
        }
    }

    pub(super) fn current_fence(&self, id: TaskId, fence: u64) -> Result<(), Rejection> {
        let task = self.task(id)?;
        match fence == task.fence {
            true => Ok(()),
            false => Err(Rejection::Fenced {
                task: id,
                fence,
                never_given: !(1..task.fence).contains(&fence),
                holder: task.live_claim(self.at).map(|claim| claim.holder.clone()),
                holder_since: task.claim.as_ref().map(|claim| claim.since),
                yours: false,
            }),
        }
    }

    fn lease_end(&self, until: Timestamp) -> Result<Timestamp, Rejection> {
        let (least, most) = (limits::LEASE_SECONDS_MIN, limits::LEASE_SECONDS_MAX);
        let length = until - self.at;
        let bound = |seconds: u64| TimeDelta::seconds(i64::try_from(seconds).unwrap_or(i64::MAX));
        match length < bound(least) || length > bound(most) {
            true => {
                Err(Rejection::validation("ttl", format!("is {} s; give {least} to {most} s", length.num_seconds())))
            }
            false => Ok(micros(until)),
        }
    }
}
