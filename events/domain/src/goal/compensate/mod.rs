//! What undoes events: ordinary commands, decided by the ordinary rules.
//!
//! Whatever an event does, some event undoes. What stands in the way is a conflict: somebody has changed the same thing since, somebody
//! else holds the task, or a rule refuses today, such as when what it comes after has been reopened. The first two can be
//! disregarded; what a rule refuses cannot be undone.
//!
//! What is never given back: fences, criterion and comment numbers (each is used once), and the place among a task's siblings. A
//! lease is given back under a new fence, and only while it would still run.
//!
//! Read [`undo`], then `commands` and `working` (which commands undo an event), `since` and `leases` (what stands in the way).

mod commands;
mod leases;
mod since;
mod working;

use std::{collections::BTreeSet, iter::repeat_n};

pub use self::commands::compensation;
use super::{Goal, GoalCommand as C, GoalEvent as E, Task, Text, decide::Draft};
use crate::{Rejection, TaskId, Timestamp};

/// An event to be undone, with what is known of the moment it happened.
#[derive(Debug, Clone, Copy)]
pub struct Undone<'a> {
    /// What happened.
    pub event: &'a E,
    /// The task that it is about, just before it happened.
    pub before: Option<&'a Task>,
    /// What had come of the goal, just before it happened.
    pub result: Option<&'a Text>,
    /// For a `comment_retracted`: the `comment_added` that it took back, since the goal does not remember the words.
    pub said: Option<&'a E>,
}

impl Undone<'_> {
    /// The number of the comment that it made.
    fn said_now(&self) -> Option<u32> {
        match self.event {
            E::CommentAdded { comment, .. } => Some(*comment),
            _ => None,
        }
    }
}

/// What undoing comes to when every conflict is disregarded that can be.
#[derive(Debug, Clone, PartialEq)]
pub struct Undoing {
    /// What would happen, each event with the place of the one that it undoes.
    pub events: Vec<(E, usize)>,
    /// The goal afterwards.
    pub goal: Goal,
    /// What stands in the way.
    pub conflicts: Vec<Conflict>,
}

/// Something that stands in the way of undoing one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The place of that event.
    pub of: usize,
    /// What it is.
    pub refusal: Rejection,
    /// It can be disregarded, and the event is undone all the same. What a rule refuses is left as it is.
    pub overridden: bool,
}

/// What undoes these events of the goal `now`, on behalf of the one who is called `by`. They are given oldest first, and undone
/// newest first. What stands already as it was before needs nothing.
pub fn undo(now: &Goal, events: &[Undone<'_>], by: &str, at: Timestamp) -> Undoing {
    let walk = Walk { found: now, by, at, each_without_circle: false };
    match walk.back_through(events) {
        (undoing, false) => undoing,
        (_, true) => Walk { each_without_circle: true, ..walk }.back_through(events).0,
    }
}

/// From the last event back to the first.
#[derive(Clone, Copy)]
struct Walk<'a> {
    /// The goal before any of it was undone.
    found: &'a Goal,
    by: &'a str,
    at: Timestamp,
    /// Whether tasks that wait for one another are refused at once, and not only when they still do at the end.
    each_without_circle: bool,
}

impl Walk<'_> {
    /// What it comes to, and whether tasks wait for one another in the end: only then is it known, since a circle may close and open on
    /// the way.
    fn back_through(&self, events: &[Undone<'_>]) -> (Undoing, bool) {
        let mut draft = Draft::of(self.found.clone(), self.at);
        let (mut places, mut conflicts) = (Vec::new(), Vec::new());
        let said: BTreeSet<u32> = events.iter().filter_map(Undone::said_now).collect();
        for (place, undone) in events.iter().enumerate().rev() {
            // It was said meanwhile, too: said again, it would have another number, and be left over.
            if matches!(undone.event, E::CommentRetracted { comment, .. } if said.contains(comment)) {
                continue;
            }
            match self.back_before(undone, &draft) {
                Ok((step, in_the_way)) => {
                    let conflict = |refusal| Conflict { of: place, refusal, overridden: true };
                    conflicts.extend(in_the_way.map(conflict));
                    places.extend(repeat_n(place, step.events.len()));
                    draft.take(step);
                }
                Err(refusal) => conflicts.push(Conflict { of: place, refusal, overridden: false }),
            }
        }
        let circle = draft.no_cycle().is_err();
        let (events, goal) = (draft.events.into_iter().zip(places).collect(), draft.goal);
        (Undoing { events, goal, conflicts }, circle)
    }

    /// One step, and what can be disregarded of what stands in its way.
    fn back_before(&self, undone: &Undone<'_>, draft: &Draft) -> Result<(Draft, Option<Rejection>), Rejection> {
        let changed = match since::standing(undone.event, undone.before, &draft.goal) {
            since::Standing::AsBefore => return Ok((draft.another(), None)),
            since::Standing::AsLeft => None,
            since::Standing::Changed(refusal) => Some(refusal),
        };
        let (step, claimed) = self.whoever_holds_it(undone, draft)?;
        if step.events.is_empty() {
            return Ok((step, None));
        }
        let leases = || leases::in_the_way(self.found, &draft.goal, &step, self.by, self.at);
        let in_the_way = claimed.or_else(leases).or(changed);
        Ok((step, in_the_way))
    }

    /// One step. Where a lease is in its way, that ends first.
    fn whoever_holds_it(&self, undone: &Undone<'_>, draft: &Draft) -> Result<(Draft, Option<Rejection>), Rejection> {
        match self.step(undone, draft.another()) {
            Err(Rejection::Claimed { task, .. }) => {
                let (step, claimed) = self.without_lease(task, draft)?;
                Ok((self.step(undone, step)?, Some(claimed)))
            }
            other => Ok((other?, None)),
        }
    }

    fn without_lease(&self, task: TaskId, draft: &Draft) -> Result<(Draft, Rejection), Rejection> {
        let unknown = || Rejection::unknown(task);
        let state = draft.goal.task(task).ok_or_else(unknown)?;
        let claimed = Rejection::claimed(task, state.claim.as_ref().ok_or_else(unknown)?, self.at);
        let mut step = draft.another();
        step.carry_out(&[C::ReleaseClaim { task, fence: state.fence }])?;
        Ok((step, claimed))
    }

    fn step(&self, undone: &Undone<'_>, mut step: Draft) -> Result<Draft, Rejection> {
        let commands = compensation(undone, self.found, &step.goal, self.at)?;
        step.carry_out(&commands)?;
        step.fits()?;
        if self.each_without_circle {
            step.no_cycle()?;
        }
        Ok(step)
    }
}
