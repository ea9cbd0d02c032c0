//! What undoes an event: ordinary commands, decided by the ordinary rules.
//!
//! Whatever an event does, some event undoes. An undo may still be refused, when a rule says so today: the task has been claimed by
//! somebody else since, or what it comes after has been reopened. Such a refusal is the conflict to show.
//!
//! What is never given back: fences, criterion and comment numbers (each is used once), and the place among a task's siblings. A
//! lease is given back under a new fence, and only while it would still run.

use chrono::TimeDelta;

use super::{Claim, Goal, GoalCommand as C, GoalEvent as E, GoalStatus, Subject, Task, TaskStatus, decide};
use crate::{Rejection, TaskId, Timestamp, goal::Instruction, limits};

/// An event to be undone, with what is known of the moment it happened.
#[derive(Debug, Clone, Copy)]
pub struct Undone<'a> {
    /// What happened.
    pub event: &'a E,
    /// The goal just before it happened.
    pub before: &'a Goal,
    /// For a `comment_retracted`: the `comment_added` that it took back, since the goal does not remember the words.
    pub said: Option<&'a E>,
}

/// The commands that undo these events, which are given oldest first, and undone newest first.
///
/// They take effect together or not at all when they are sent as one instruction for the goal `now`.
///
/// # Errors
/// The rule that stands in the way of undoing one of them.
pub fn undo(now: &Goal, events: &[Undone<'_>], at: Timestamp) -> Result<Vec<C>, Rejection> {
    let mut goal = now.clone();
    let mut undoing = Vec::new();
    for undone in events.iter().rev() {
        let commands = compensation(undone, &goal, at)?;
        let step = Instruction { at, expect: Vec::new(), commands: commands.clone(), noted: false };
        for event in decide(&goal, &step)? {
            goal.evolve(&event);
        }
        undoing.extend(commands);
    }
    Ok(undoing)
}

/// The commands that undo one event, as the goal stands `now`. Empty when there is nothing to undo.
///
/// They carry the fence of a lease that is live now, whoever holds it: whether the one who undoes may do that is for the caller to
/// decide.
///
/// # Errors
/// `NOT_FOUND` when a comment is to be said again and its words are not given.
pub fn compensation(undone: &Undone<'_>, now: &Goal, at: Timestamp) -> Result<Vec<C>, Rejection> {
    let past = Past { before: undone.before, now, at };
    let commands = match undone.event {
        E::CommentRetracted { comment, task } => return say_again(now, *comment, *task, undone.said),
        event => past.describing(event).or_else(|| past.planning(event)).or_else(|| past.working(event)),
    };
    Ok(commands.unwrap_or_default())
}

fn say_again(now: &Goal, comment: u32, task: Option<TaskId>, said: Option<&E>) -> Result<Vec<C>, Rejection> {
    match (said, subject(now, task)) {
        (Some(E::CommentAdded { kind, body, .. }), Some(subject)) => {
            Ok(vec![C::AddComment { subject, kind: *kind, body: body.clone() }])
        }
        _ => Err(Rejection::unknown(format!("what comment {comment} said"))),
    }
}

fn subject(goal: &Goal, task: Option<TaskId>) -> Option<Subject> {
    task.map(Subject::Task).or_else(|| goal.id.map(Subject::Goal))
}

/// Where the event came from, and where things stand.
struct Past<'a> {
    before: &'a Goal,
    now: &'a Goal,
    at: Timestamp,
}

impl Past<'_> {
    /// What a goal or task says about itself, and whether it is put aside.
    fn describing(&self, event: &E) -> Option<Vec<C>> {
        let subject = subject(self.now, event.task())?;
        Some(vec![match event.clone() {
            E::GoalCreated { .. } | E::TaskAdded { .. } | E::GoalRestored {} | E::TaskRestored { .. } => {
                C::Archive { subject }
            }
            E::GoalArchived {} | E::TaskArchived { .. } => C::Restore { subject },
            E::GoalRetitled { from: title, .. } | E::TaskRetitled { from: title, .. } => C::Retitle { subject, title },
            E::GoalDescribed { from, .. } | E::TaskDescribed { from, .. } => C::Describe { subject, description: from },
            E::GoalReprioritised { from, .. } | E::TaskReprioritised { from, .. } => {
                C::Reprioritise { subject, priority: from }
            }
            E::GoalTagged { tag } | E::TaskTagged { tag, .. } => C::Untag { subject, tag },
            E::GoalUntagged { tag } | E::TaskUntagged { tag, .. } => C::Tag { subject, tag },
            E::GoalDueSet { from: due, .. } | E::TaskDueSet { from: due, .. } => C::SetDue { subject, due },
            E::GoalAssigned { from, .. } | E::TaskAssigned { from, .. } => C::Assign { subject, assignee: from },
            E::GoalMetadataSet { key, from: value, .. } | E::TaskMetadataSet { key, from: value, .. } => {
                C::SetMetadata { subject, key, value }
            }
            E::LinkAdded { link, .. } => C::RemoveLink { subject, link },
            E::LinkRemoved { link, .. } => C::AddLink { subject, link },
            E::CommentAdded { comment, .. } => C::RetractComment { comment },
            _ => return None,
        }])
    }

    /// The goal's course, and a task's place in the plan.
    fn planning(&self, event: &E) -> Option<Vec<C>> {
        Some(match *event {
            E::GoalStarted { .. } => vec![C::ReopenGoal],
            E::GoalCompleted { from, .. } | E::GoalCancelled { from, .. } => match from {
                GoalStatus::InProgress => vec![C::ReopenGoal, C::StartGoal],
                _ => vec![C::ReopenGoal],
            },
            E::GoalReopened { from, .. } => vec![match from {
                GoalStatus::Completed => C::CompleteGoal { result: None },
                GoalStatus::Cancelled => C::CancelGoal,
                GoalStatus::Pending | GoalStatus::InProgress => C::StartGoal,
            }],
            E::TaskEstimated { task, from: minutes, .. } => vec![C::Estimate { task, minutes }],
            E::TaskMoved { task, from: parent, .. } => vec![C::MoveTask { task, parent }],
            E::DependencyAdded { task, on } => vec![C::RemoveDependency { task, on }],
            E::DependencyRemoved { task, on } => vec![C::AddDependency { task, on }],
            E::CriterionAdded { task, number, ref text } => {
                vec![C::RemoveCriterion { task, number: self.criterion_now(task, number, Some(text)) }]
            }
            E::CriterionRemoved { task, number, ref text } => self.require_again(task, number, text),
            E::CriterionMet { task, number } => {
                let number = self.criterion_now(task, number, None);
                vec![C::UnmeetCriterion { task, number, fence: self.fence(task) }]
            }
            E::CriterionUnmet { task, number } => {
                let number = self.criterion_now(task, number, None);
                vec![C::MeetCriterion { task, number, fence: self.fence(task) }]
            }
            _ => return None,
        })
    }

    fn require_again(&self, task: TaskId, number: u32, text: &super::Text) -> Vec<C> {
        let again = C::AddCriterion { task, text: text.clone() };
        let was_met = self.before.task(task).and_then(|task| task.criteria.get(&number)).is_some_and(|one| one.met);
        match (was_met, self.now.task(task)) {
            (true, Some(now)) => {
                vec![again, C::MeetCriterion { task, number: now.criterion_last + 1, fence: self.fence(task) }]
            }
            _ => vec![again],
        }
    }

    /// The number that a criterion has today: one that was removed and required again has another than then.
    fn criterion_now(&self, task: TaskId, number: u32, text: Option<&super::Text>) -> u32 {
        let then = || self.before.task(task)?.criteria.get(&number).map(|one| &one.text);
        let Some((text, now)) = text.or_else(then).zip(self.now.task(task)) else { return number };
        match now.criteria.contains_key(&number) {
            true => number,
            false => now.criteria.iter().find(|(_, one)| one.text == *text).map_or(number, |(today, _)| *today),
        }
    }

    /// Claims, and how a task goes.
    fn working(&self, event: &E) -> Option<Vec<C>> {
        Some(match *event {
            E::TaskClaimed { task, fence, ref holder, .. } => self.give_back(task, fence, holder),
            E::ClaimRenewed { task, fence, from, .. } => match self.would_run(from) {
                true => vec![C::RenewClaim { task, fence: self.fence(task).unwrap_or(fence), until: from }],
                false => self.give_back(task, self.fence(task).unwrap_or(fence), ""),
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

    fn then(&self, task: TaskId) -> Option<&Task> {
        self.before.task(task)
    }

    /// The fence that work on the task needs now.
    fn fence(&self, task: TaskId) -> Option<u64> {
        self.now.task(task).filter(|task| task.live_claim(self.at).is_some()).map(|task| task.fence)
    }

    /// Whether a lease that ends then is still worth giving.
    fn would_run(&self, until: Timestamp) -> bool {
        let least = i64::try_from(limits::LEASE_SECONDS_MIN).unwrap_or(i64::MAX);
        until - self.at >= TimeDelta::seconds(least)
    }

    fn claim_then(&self, task: TaskId) -> Option<&Claim> {
        self.then(task)?.claim.as_ref().filter(|claim| self.would_run(claim.until))
    }

    /// Ends the lease that the event began, and leaves the task as it stood: releasing makes it wait.
    fn give_back(&self, task: TaskId, fence: u64, holder: &str) -> Vec<C> {
        let live = self.now.task(task).and_then(|task| task.live_claim(self.at));
        let fence = match live.filter(|claim| claim.holder == holder) {
            Some(_) => self.fence(task).unwrap_or(fence),
            None => fence,
        };
        let release = C::ReleaseClaim { task, fence };
        match self.then(task).map(|task| task.status) {
            Some(TaskStatus::InProgress) => vec![release, C::StartTask { task, fence: None }],
            _ => vec![release],
        }
    }

    /// Gives a released lease back. A blocked task cannot be claimed, so it is unblocked for a moment.
    fn take_again(&self, task: TaskId) -> Vec<C> {
        let Some(claim) = self.claim_then(task) else { return Vec::new() };
        let take = C::ClaimTask { task, holder: claim.holder.clone(), until: claim.until };
        let now = self.now.task(task);
        match now.map(|task| task.status) {
            Some(TaskStatus::Blocked) => {
                let fence = now.map(|task| task.fence + 1);
                vec![C::UnblockTask { task, fence: None }, take, C::BlockTask { task, reason: None, fence }]
            }
            _ => vec![take],
        }
    }

    /// From where the task stands now to where it stood, one step.
    fn step_back(&self, task: TaskId, to: TaskStatus) -> Vec<C> {
        let fence = self.fence(task);
        let result = self.then(task).and_then(|task| task.result.clone());
        vec![match to {
            TaskStatus::Pending if self.now.task(task).is_some_and(|now| now.status == TaskStatus::Blocked) => {
                C::UnblockTask { task, fence }
            }
            TaskStatus::Pending => C::ReopenTask { task },
            TaskStatus::InProgress => C::StartTask { task, fence },
            TaskStatus::Blocked => C::BlockTask { task, reason: None, fence },
            TaskStatus::InReview => C::RequestReview { task, fence },
            TaskStatus::Completed => C::CompleteTask { task, result, evidence: Vec::new(), met: Vec::new(), fence },
            TaskStatus::Failed => C::FailTask { task, result, evidence: Vec::new(), fence },
            TaskStatus::Cancelled => C::CancelTask { task },
        }]
    }

    /// From waiting, unclaimed, to where the task stood and who held it.
    fn resume(&self, task: TaskId) -> Vec<C> {
        let (Some(then), Some(now)) = (self.then(task), self.now.task(task)) else { return Vec::new() };
        let claim = self.claim_then(task);
        let fence = claim.map(|_| now.fence + 1);
        let take = claim.map(|claim| C::ClaimTask { task, holder: claim.holder.clone(), until: claim.until });
        let step = match then.status {
            TaskStatus::InProgress if claim.is_none() => Some(C::StartTask { task, fence }),
            TaskStatus::Blocked => Some(C::BlockTask { task, reason: None, fence }),
            TaskStatus::InReview => Some(C::RequestReview { task, fence }),
            _ => None,
        };
        take.into_iter().chain(step).collect()
    }
}
