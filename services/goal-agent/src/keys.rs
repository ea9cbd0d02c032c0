//! The idempotency keys of a request that concerns several goals: one for each goal for which something is stored, in that order.
//!
//! A goal that is refused uses none up, so the first key is taken as soon as the request has stored anything. Whoever gives the same
//! request id to another request finds it there, whichever goals that one concerns.

use std::collections::BTreeMap;

use domain::{GoalId, Recorded};
use uuid::Uuid;

use crate::{
    GoalAgent,
    order::{Done, Envelope},
    refusal::Refusal,
};

/// Goals in one request: as many as one `update` may have, so that all of that can be undone.
pub(crate) const GOALS_MAX: usize = 100;

/// What a request has stored before, by the ordinals of its keys.
pub(crate) type StoredBefore = BTreeMap<usize, Vec<Recorded>>;

/// Which key is whose, as far as is known.
#[derive(Default)]
pub(crate) struct Keys {
    taken: BTreeMap<usize, GoalId>,
}

impl Keys {
    pub(crate) fn of(stored: &StoredBefore) -> Self {
        let goal = |events: &Vec<Recorded>| events.first().and_then(Recorded::goal_id).unwrap_or_default();
        Self { taken: stored.iter().map(|(ordinal, events)| (*ordinal, goal(events))).collect() }
    }

    /// The ordinal of the key that the goal has, or would have.
    pub(crate) fn ordinal(&self, goal: GoalId) -> usize {
        let own = self.taken.iter().find_map(|(ordinal, of)| (*of == goal).then_some(*ordinal));
        own.or_else(|| (0..).find(|ordinal| !self.taken.contains_key(ordinal))).unwrap_or_default()
    }

    /// Takes the key for what was done under it. Whether that was for this goal: the same request, come a second time before the first
    /// was answered, may have taken it for another one meanwhile. Then the next key is to be tried, of which there are [`GOALS_MAX`].
    pub(crate) fn take(&mut self, ordinal: usize, goal: GoalId, done: &Done) -> bool {
        if done.receipt.is_none() {
            return true;
        }
        self.taken.insert(ordinal, done.goal_id());
        done.goal_id() == goal
    }
}

impl GoalAgent {
    /// What this request has stored already.
    pub(crate) async fn stored_before(&self, envelope: &Envelope<'_>) -> Result<StoredBefore, Refusal> {
        if !envelope.is_repeatable() {
            return Ok(StoredBefore::new());
        }
        let ids: Vec<Uuid> = (0..GOALS_MAX).map(|ordinal| envelope.command_id(ordinal)).collect();
        let mut stored = StoredBefore::new();
        for event in self.commands(&ids).await? {
            envelope.is_of(&event)?;
            let ordinal = ids.iter().position(|id| *id == event.command_id).unwrap_or_default();
            stored.entry(ordinal).or_default().push(event);
        }
        Ok(stored)
    }
}
