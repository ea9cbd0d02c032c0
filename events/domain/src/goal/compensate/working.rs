//! Which commands undo what happened to a claim, and to how a task goes.

use chrono::TimeDelta;

use super::commands::Past;
use crate::{
    TaskId, Timestamp,
    goal::{Claim, GoalCommand as C, GoalEvent as E, GoalStatus, TaskStatus},
    limits,
};

impl Past<'_> {
    /// Claims, and how a task goes.
    pub(super) fn working(&self, event: &E) -> Option<Vec<C>> {
        Some(match *event {
            E::TaskClaimed { task, fence, ref holder, .. } => self.end_lease(task, fence, holder),
            E::ClaimRenewed { task, fence, from, .. } => match self.would_run(from) {
                true => vec![C::RenewClaim { task, fence: self.fence(task).unwrap_or(fence), until: from }],
                false => self.give_back(task, self.fence(task).unwrap_or(fence)),
            },
            E::ClaimReleased { task, .. } => self.take_again(task),
            E::TaskStarted { task, from, .. } => match (from, self.fence(task)) {
                (TaskStatus::Pending, Some(fence)) => vec![C::ReleaseClaim { task, fence }],
                _ => self.step_back(task, from),
            },
            E::TaskBlocked { task, from, .. }
            | E::TaskUnblocked { task, from, .. }
            | E::TaskReviewRequested { task, from, .. }
            | E::TaskReopened { task, from, .. } => self.step_back(task, from),
            E::TaskCompleted { task, .. } | E::TaskFailed { task, .. } | E::TaskCancelled { task, .. } => {
                [C::ReopenTask { task }].into_iter().chain(self.resume(task)).collect()
            }
            _ => return None,
        })
    }

    /// The fence that work on the task needs now.
    pub(super) fn fence(&self, task: TaskId) -> Option<u64> {
        self.now.task(task).filter(|task| task.live_claim(self.at).is_some()).map(|task| task.fence)
    }

    /// Whether a lease that ends then is still worth giving.
    fn would_run(&self, until: Timestamp) -> bool {
        let least = i64::try_from(limits::LEASE_SECONDS_MIN).unwrap_or(i64::MAX);
        until - self.at >= TimeDelta::seconds(least)
    }

    fn claim_then(&self) -> Option<&Claim> {
        self.before?.claim.as_ref().filter(|claim| self.would_run(claim.until))
    }

    /// Ends the lease that the event began: it may have another fence by now, when it was given back by what was undone before. One that
    /// has ended needs nothing. With one that was given to anybody since, the event's own fence is refused.
    fn end_lease(&self, task: TaskId, fence: u64, holder: &str) -> Vec<C> {
        let Some((claim, now)) = self.now.task(task).and_then(|now| Some((now.claim.as_ref()?, now.fence))) else {
            return Vec::new();
        };
        let given_back = self.found.task(task).is_some_and(|found| now > found.fence);
        match claim.holder == holder && given_back {
            true => self.give_back(task, now),
            false => self.give_back(task, fence),
        }
    }

    /// Leaves the task as it stood: releasing makes it wait.
    fn give_back(&self, task: TaskId, fence: u64) -> Vec<C> {
        let release = C::ReleaseClaim { task, fence };
        match self.before.map(|task| task.status) {
            Some(TaskStatus::InProgress) => vec![release, C::StartTask { task, fence: None }],
            _ => vec![release],
        }
    }

    /// Gives a released lease back. A blocked task cannot be claimed, so it is unblocked for a moment; that is no beginning of the goal.
    fn take_again(&self, task: TaskId) -> Vec<C> {
        let Some(claim) = self.claim_then() else { return Vec::new() };
        let take = C::ClaimTask { task, holder: claim.holder.clone(), until: claim.until };
        let Some(now) = self.now.task(task).filter(|now| now.status == TaskStatus::Blocked) else { return vec![take] };
        // For what it is blocked for now, by whom may have been anybody: the release has changed nothing of that.
        let block = C::BlockTask { task, reason: now.blocked_reason.clone(), fence: Some(now.fence + 1) };
        [C::UnblockTask { task, fence: None }, take, block].into_iter().chain(self.goal_waits_again()).collect()
    }

    /// What was unblocked for a moment under a lease has begun the goal.
    fn goal_waits_again(&self) -> Option<C> {
        (self.now.status == GoalStatus::Pending).then_some(C::ReopenGoal)
    }

    /// From where the task stands now to where it stood, one step.
    fn step_back(&self, task: TaskId, to: TaskStatus) -> Vec<C> {
        let fence = self.fence(task);
        let result = self.before.and_then(|task| task.result.clone());
        let is_blocked = self.now.task(task).is_some_and(|now| now.status == TaskStatus::Blocked);
        vec![match to {
            TaskStatus::Pending if is_blocked => C::UnblockTask { task, fence },
            TaskStatus::Pending => C::ReopenTask { task },
            TaskStatus::InProgress => C::StartTask { task, fence },
            // Who blocks again and says nothing leaves the reason as it is.
            TaskStatus::Blocked if is_blocked && self.before.is_none_or(|then| then.blocked_reason.is_none()) => {
                let for_a_moment = [C::UnblockTask { task, fence }, self.block(task, fence)];
                return for_a_moment.into_iter().chain(self.goal_waits_again().filter(|_| fence.is_some())).collect();
            }
            TaskStatus::Blocked => self.block(task, fence),
            TaskStatus::InReview => C::RequestReview { task, fence },
            TaskStatus::Completed => C::CompleteTask { task, result, evidence: Vec::new(), met: Vec::new(), fence },
            TaskStatus::Failed => C::FailTask { task, result, evidence: Vec::new(), fence },
            TaskStatus::Cancelled => C::CancelTask { task },
        }]
    }

    /// For the reason of then.
    fn block(&self, task: TaskId, fence: Option<u64>) -> C {
        C::BlockTask { task, reason: self.before.and_then(|task| task.blocked_reason.clone()), fence }
    }

    /// From waiting, unclaimed, to where the task stood and who held it.
    fn resume(&self, task: TaskId) -> Vec<C> {
        let (Some(then), Some(now)) = (self.before, self.now.task(task)) else { return Vec::new() };
        let claim = self.claim_then();
        let fence = claim.map(|_| now.fence + 1);
        let take = claim.map(|claim| C::ClaimTask { task, holder: claim.holder.clone(), until: claim.until });
        let step = match then.status {
            TaskStatus::InProgress if claim.is_none() => Some(C::StartTask { task, fence }),
            TaskStatus::Blocked => Some(self.block(task, fence)),
            TaskStatus::InReview => Some(C::RequestReview { task, fence }),
            _ => None,
        };
        take.into_iter().chain(step).collect()
    }
}
