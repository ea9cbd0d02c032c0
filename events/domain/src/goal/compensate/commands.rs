//! Which commands undo an event.

use super::Undone;
use crate::{
    Rejection, TaskId, Timestamp,
    goal::{Goal, GoalCommand as C, GoalEvent as E, GoalStatus, Subject, Task, Text},
};

/// The commands that undo one event, as the goal stands `now`, where some of it may have been undone since it was `found`. Empty when
/// there is nothing to undo.
///
/// They carry the fence of a lease that is live now, whoever holds it.
///
/// # Errors
/// `NOT_FOUND` when a comment is to be said again and its words are not given.
pub fn compensation(undone: &Undone<'_>, found: &Goal, now: &Goal, at: Timestamp) -> Result<Vec<C>, Rejection> {
    let past = Past { before: undone.before, result: undone.result, found, now, at };
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
pub(super) struct Past<'a> {
    /// The task that the event is about, just before it happened.
    pub(super) before: Option<&'a Task>,
    /// What had come of the goal.
    pub(super) result: Option<&'a Text>,
    /// The goal before any of it was undone.
    pub(super) found: &'a Goal,
    /// And as it stands by now.
    pub(super) now: &'a Goal,
    pub(super) at: Timestamp,
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
                GoalStatus::Completed => C::CompleteGoal { result: self.result.cloned() },
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

    fn require_again(&self, task: TaskId, number: u32, text: &Text) -> Vec<C> {
        let again = C::AddCriterion { task, text: text.clone() };
        let was_met = self.before.and_then(|task| task.criteria.get(&number)).is_some_and(|one| one.met);
        match (was_met, self.now.task(task)) {
            (true, Some(now)) => {
                // Somebody may have required it again meanwhile.
                let number = required(now, text).unwrap_or(now.criterion_last + 1);
                vec![again, C::MeetCriterion { task, number, fence: self.fence(task) }]
            }
            _ => vec![again],
        }
    }

    /// The number that a criterion has today: one that was removed and required again has another than then.
    fn criterion_now(&self, task: TaskId, number: u32, text: Option<&Text>) -> u32 {
        let then = || self.before?.criteria.get(&number).map(|one| &one.text);
        let Some((text, now)) = text.or_else(then).zip(self.now.task(task)) else { return number };
        match now.criteria.contains_key(&number) {
            true => number,
            false => required(now, text).unwrap_or(number),
        }
    }
}

/// The number under which a task requires this.
fn required(task: &Task, text: &Text) -> Option<u32> {
    task.criteria.iter().find(|(_, one)| one.text == *text).map(|(number, _)| *number)
}
