//! `undo`: takes back events, a command, or what somebody did since a moment, goal by goal.
//!
//! Each goal is undone whole or not at all, with a receipt of its own, by its lane: what undoes is decided on the newest state, so
//! nothing that others do meanwhile is overwritten unseen. A dry run makes the same decision and stores nothing.
//!
//! A repeat is answered from what its request has stored, before anything else is looked at. What is then still to be done, after a crash
//! between two goals, is done as it would have been the first time: what came after the first receipt does not count.

mod targets;
mod telling;
mod undoing;

use domain::{GoalId, Metadata, Recorded};
use uuid::Uuid;

use self::telling::Telling;
pub use self::undoing::Conflict;
pub(crate) use self::undoing::Undoing;
use crate::{
    Caller, GoalAgent,
    keys::{Keys, StoredBefore},
    order::{Done, Envelope},
    refusal::Refusal,
    reply::Undone,
    request::Undo,
};

/// How often a goal is read while others write to it.
const READINGS_MAX: usize = 5;
/// Events that one request may have stored.
const STORED_EVENTS_MAX: usize = 200_000;

impl GoalAgent {
    /// Undoes what was done. What belongs to one goal is undone together or not at all, with a receipt for each goal.
    ///
    /// # Errors
    /// When nothing at all was undone, with what is in the way; otherwise that is in `conflicts`, as it is for a dry run.
    pub async fn undo(&self, caller: &Caller, request: Undo) -> Result<Undone, Refusal> {
        let _place = self.doors.writes.enter()?;
        let request_id = request.request_id.clone();
        let body = Undo { request_id: None, ..request };
        let envelope = Envelope::seal(caller, "undo", &body, request_id.as_deref(), None)?;
        let stored = if body.dry_run { StoredBefore::new() } else { self.stored_before(&envelope).await? };
        let first = stored.values().flatten().map(|event| event.position).min();
        let targets = self.targets(caller, &body, first).await?;
        let mut telling = Telling::about(caller, &targets, body.dry_run);
        for command in stored.values() {
            let position = telling.repeated(command)?;
            self.remember(caller, position);
        }
        let mut keys = Keys::of(&stored);
        let left = targets.into_iter().filter(|(goal, _)| !telling.has_receipt(*goal)).collect::<Vec<_>>();
        for (goal, events) in left {
            match self.undo_goal(caller, &envelope, &mut keys, goal, events, &body).await {
                Ok(done) => telling.done(&done, self.stored(&done)),
                // What is away for one goal is away for the next.
                Err(failure) if failure.is_failure() && telling.is_without_receipt() => return Err(failure),
                Err(refusal) => telling.refused(goal, refusal),
            }
        }
        telling.told(self.head())
    }

    /// The events of all of these commands.
    pub(crate) async fn commands(&self, ids: &[Uuid]) -> Result<Vec<Recorded>, Refusal> {
        let events = self.log.find_commands(ids, STORED_EVENTS_MAX + 1).await?;
        match events.len() > STORED_EVENTS_MAX {
            true => Err(targets::too_big("command", format!("has more than {STORED_EVENTS_MAX} events"))),
            false => Ok(events),
        }
    }

    /// Decided on what is read of a goal, and read anew when that was overtaken.
    async fn undo_goal(
        &self,
        caller: &Caller,
        envelope: &Envelope<'_>,
        keys: &mut Keys,
        goal: GoalId,
        events: Vec<Recorded>,
        body: &Undo,
    ) -> Result<Done, Refusal> {
        let mut readings = 1;
        loop {
            let found = self.found(goal, &events).await?;
            let noted = envelope.is_repeatable() && !body.dry_run;
            let ordinal = keys.ordinal(goal);
            let undoing = found.undoing(&caller.actor.id, envelope.at, body.force, noted);
            let done = match body.dry_run {
                true => undoing.decide(&found.goal),
                false => self.execute(caller, envelope.undoing(ordinal, goal, undoing)).await,
            };
            match done {
                Err(Refusal::Overtaken { .. }) if readings < READINGS_MAX => readings += 1,
                Ok(done) if !keys.take(ordinal, goal, &done) => {}
                done => return done,
            }
        }
    }
}

/// The events that stored ones undo, one for each; none when they undo nothing.
pub(crate) fn compensates(stored: &[Recorded]) -> Vec<Uuid> {
    stored.iter().map(compensated).collect::<Option<_>>().unwrap_or_default()
}

fn compensated(event: &Recorded) -> Option<Uuid> {
    event.metadata.get(Metadata::COMPENSATES)?.parse().ok()
}
