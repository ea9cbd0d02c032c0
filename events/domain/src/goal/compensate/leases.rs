//! Whose work an undo would disturb: tasks that somebody else holds, and tasks that were begun because of what is taken back.

use crate::{
    Rejection, TaskId, Timestamp,
    goal::{Claim, Goal, GoalEvent as E, decide::Draft, graph},
};

/// The lease of somebody else that a step would disturb, if any. Leases that the undo itself has given back are nobody's yet.
pub(super) fn in_the_way(found: &Goal, before: &Goal, step: &Draft, by: &str, at: Timestamp) -> Option<Rejection> {
    let held = Held { found, before, by, at };
    step.events.iter().find_map(|event| match event {
        E::GoalArchived {} => before.agenda.open().find_map(|task| held.by_another(task)),
        E::TaskReopened { task, .. } | E::TaskRestored { task } => {
            held.by_another(*task).or_else(|| held.on_the_strength_of(*task, &step.goal))
        }
        E::DependencyAdded { task, on } if step.goal.task(*on).is_some_and(|on| !on.is_settled()) => {
            held.with_its_parts(*task)
        }
        event if is_work(event) => held.by_another(event.task()?),
        _ => None,
    })
}

struct Held<'a> {
    found: &'a Goal,
    before: &'a Goal,
    by: &'a str,
    at: Timestamp,
}

impl Held<'_> {
    fn by_another(&self, task: TaskId) -> Option<Rejection> {
        let (found, before) = (self.found.task(task)?, self.before.task(task)?);
        let claim: &Claim = before.live_claim(self.at).filter(|claim| claim.holder != self.by)?;
        (found.fence == before.fence).then(|| Rejection::claimed(task, claim, self.at))
    }

    /// What waited for a task was begun because that was settled.
    fn on_the_strength_of(&self, task: TaskId, after: &Goal) -> Option<Rejection> {
        let (was, is) = (self.before.task(task)?, after.task(task)?);
        let unsettled = was.is_settled() && !is.is_settled();
        unsettled.then(|| is.dependents.iter().find_map(|waiting| self.with_its_parts(*waiting))).flatten()
    }

    fn with_its_parts(&self, task: TaskId) -> Option<Rejection> {
        let parts = graph::descendants(self.before, task);
        [task].into_iter().chain(parts).find_map(|task| self.by_another(task))
    }
}

/// What only the holder of a task may do, and what ends its lease.
fn is_work(event: &E) -> bool {
    matches!(
        event,
        E::TaskClaimed { .. }
            | E::ClaimRenewed { .. }
            | E::ClaimReleased { .. }
            | E::TaskStarted { .. }
            | E::TaskBlocked { .. }
            | E::TaskUnblocked { .. }
            | E::TaskReviewRequested { .. }
            | E::TaskCompleted { .. }
            | E::TaskFailed { .. }
            | E::TaskCancelled { .. }
            | E::TaskArchived { .. }
            | E::CriterionMet { .. }
            | E::CriterionUnmet { .. }
    )
}
