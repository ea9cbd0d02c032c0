//! The rules. State and instruction in, events or a rejection out; nothing else.
//!
//! An instruction's commands are decided one after the other, each seeing what the ones before it did, and all take effect
//! or none. No event means that what was asked holds already: "already done" is an answer and not an error.

mod blocked;
mod check;
mod claim;
mod describe;
mod goal;
mod plan;
mod shelve;
mod work;

use std::collections::BTreeMap;

use super::{Expectation, Goal, GoalCommand, GoalEvent, Instruction, Subject, Task};
use crate::{GoalId, Rejection, TaskId, Timestamp, time::micros};

/// Decides an instruction against the state of its goal.
///
/// # Errors
/// The first rule that refuses; then nothing of the instruction takes effect.
pub fn decide(goal: &Goal, instruction: &Instruction) -> Result<Vec<GoalEvent>, Rejection> {
    let mut draft = Draft::of(goal.clone(), instruction.at);
    for expected in &instruction.expect {
        draft.expect(expected)?;
    }
    draft.carry_out(&instruction.commands)?;
    if draft.events.is_empty() && instruction.noted {
        draft.existing_goal()?;
        draft.record(GoalEvent::CommandNoted {});
    }
    draft.finish()
}

/// The goal as it will be if the commands so far are accepted, and the events that make it so.
pub(super) struct Draft {
    pub(super) goal: Goal,
    pub(super) events: Vec<GoalEvent>,
    at: Timestamp,
    /// Tasks whose place in the plan changed, with the name by which the caller knows those that are new.
    relinked: BTreeMap<TaskId, Option<String>>,
}

impl Draft {
    pub(super) fn of(goal: Goal, at: Timestamp) -> Self {
        Self { goal, events: Vec::new(), at: micros(at), relinked: BTreeMap::new() }
    }

    /// Decides commands one after the other. When one is refused, what the others before it did is of no use.
    pub(super) fn carry_out(&mut self, commands: &[GoalCommand]) -> Result<(), Rejection> {
        commands.iter().try_for_each(|command| self.decide(command))
    }

    /// One on top of it, which may come to nothing.
    pub(super) fn another(&self) -> Self {
        Self::of(self.goal.clone(), self.at)
    }

    /// What was done on top of it is done.
    pub(super) fn take(&mut self, step: Self) {
        self.goal = step.goal;
        self.events.extend(step.events);
        self.relinked.extend(step.relinked);
    }

    /// The events, once what can only be judged of all of them together has been.
    pub(super) fn finish(self) -> Result<Vec<GoalEvent>, Rejection> {
        self.no_cycle()?;
        self.fits()?;
        Ok(self.events)
    }

    /// Whether its events can be stored.
    pub(super) fn fits(&self) -> Result<(), Rejection> {
        self.events.iter().try_for_each(check::event_size)
    }

    fn decide(&mut self, command: &GoalCommand) -> Result<(), Rejection> {
        use GoalCommand as C;
        match command {
            C::CreateGoal { .. } => self.create_goal(command),
            C::AddTasks { tasks } => self.add_tasks(tasks),

            C::Retitle { subject, title } => self.retitle(*subject, title),
            C::Describe { subject, description } => self.describe(*subject, description.as_ref()),
            C::Reprioritise { subject, priority } => self.reprioritise(*subject, *priority),
            C::Tag { subject, tag } => self.tag(*subject, tag),
            C::Untag { subject, tag } => self.untag(*subject, tag),
            C::SetDue { subject, due } => self.set_due(*subject, *due),
            C::Assign { subject, assignee } => self.assign(*subject, assignee.as_deref()),
            C::SetMetadata { subject, key, value } => self.set_metadata(*subject, key, value.as_ref()),
            C::AddLink { subject, link } => self.add_link(*subject, link),
            C::RemoveLink { subject, link } => self.remove_link(*subject, link),
            C::AddComment { subject, kind, body } => self.add_comment(*subject, *kind, body),
            C::RetractComment { comment } => self.retract_comment(*comment),
            C::Archive { subject } => self.archive(*subject),
            C::Restore { subject } => self.restore(*subject),

            C::StartGoal => self.start_goal(),
            C::CompleteGoal { result } => self.complete_goal(result.as_ref()),
            C::CancelGoal => self.cancel_goal(),
            C::ReopenGoal => self.reopen_goal(),

            C::Estimate { task, minutes } => self.estimate(*task, *minutes),
            C::MoveTask { task, parent } => self.move_task(*task, *parent),
            C::AddDependency { task, on } => self.add_dependency(*task, *on),
            C::RemoveDependency { task, on } => self.remove_dependency(*task, *on),
            C::AddCriterion { task, text } => self.add_criterion(*task, text),
            C::RemoveCriterion { task, number } => self.remove_criterion(*task, *number),
            C::MeetCriterion { task, number, fence } => self.judge_criterion(*task, *number, true, *fence),
            C::UnmeetCriterion { task, number, fence } => self.judge_criterion(*task, *number, false, *fence),

            C::ClaimTask { task, holder, until } => self.claim_task(*task, holder, *until),
            C::RenewClaim { task, fence, until } => self.renew_claim(*task, *fence, *until),
            C::ReleaseClaim { task, fence } => self.release_claim(*task, *fence),
            C::ExpireClaim { task } => self.expire_claim(*task),

            C::StartTask { task, fence } => self.start_task(*task, *fence),
            C::BlockTask { task, reason, fence } => self.block_task(*task, reason.as_ref(), *fence),
            C::UnblockTask { task, fence } => self.unblock_task(*task, *fence),
            C::RequestReview { task, fence } => self.request_review(*task, *fence),
            C::CompleteTask { task, result, evidence, met, fence } => {
                self.complete_task(*task, result.as_ref(), evidence, met, *fence)
            }
            C::FailTask { task, result, evidence, fence } => self.fail_task(*task, result.as_ref(), evidence, *fence),
            C::CancelTask { task } => self.cancel_task(*task),
            C::ReopenTask { task } => self.reopen_task(*task),
        }
    }

    /// Takes an event as having happened, so that later commands of the instruction are decided on top of it.
    fn record(&mut self, event: GoalEvent) {
        self.goal.evolve(&event);
        self.events.push(event);
    }

    fn expect(&self, expected: &Expectation) -> Result<(), Rejection> {
        match *expected {
            Expectation::Fence { task, fence } => self.current_fence(task, fence),
            Expectation::Version { subject, version } => self.expect_version(subject, version),
        }
    }

    fn expect_version(&self, subject: Subject, version: u64) -> Result<(), Rejection> {
        let current = self.version(subject)?;
        match current == version {
            true => Ok(()),
            false => Err(Rejection::conflict(
                subject,
                format!("is at version {current}, not {version}; read it again"),
                current,
            )),
        }
    }

    fn version(&self, subject: Subject) -> Result<u64, Rejection> {
        match subject {
            Subject::Goal(goal) => self.this_goal(goal).map(|goal| goal.version),
            Subject::Task(task) => self.task(task).map(|task| task.version),
        }
    }

    fn existing_goal(&self) -> Result<GoalId, Rejection> {
        self.goal.id.ok_or_else(|| Rejection::unknown("the goal"))
    }

    /// The goal, if it is the one that is meant.
    fn this_goal(&self, id: GoalId) -> Result<&Goal, Rejection> {
        match self.goal.id == Some(id) {
            true => Ok(&self.goal),
            false => Err(Rejection::unknown(id)),
        }
    }

    fn task(&self, id: TaskId) -> Result<&Task, Rejection> {
        self.goal.task(id).ok_or_else(|| Rejection::unknown(id))
    }

    /// The goal's plan may change only while the goal is neither reached, given up nor put aside.
    fn open_goal(&self) -> Result<GoalId, Rejection> {
        let id = self.existing_goal()?;
        let refuse = |problem: &str| Err(Rejection::conflict(id, problem, self.goal.version));
        match self.goal.status {
            _ if self.goal.archived => refuse("is archived; restore it first"),
            status if status.is_open() => Ok(id),
            status => refuse(&format!("is {}; reopen it first", <&str>::from(status))),
        }
    }
}
