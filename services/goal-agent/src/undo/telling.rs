//! What is said of an undo.

use std::collections::{BTreeMap, HashMap};

use domain::{GoalEvent, GoalId, Recorded, goal::Subject};
use serde_json::Value;
use uuid::Uuid;

use super::{Conflict, compensates};
use crate::{
    Caller, lane,
    order::Done,
    refusal::Refusal,
    reply::{Compensation, GoalReceipt, Stored, Undone},
};

pub(super) struct Telling<'a> {
    caller: &'a Caller,
    told: Undone,
    /// Where the events are that may be undone.
    positions: HashMap<Uuid, u64>,
    conflicts: Vec<Conflict>,
    /// Why a goal was not undone, other than for conflicts.
    refused: Option<Refusal>,
}

impl<'a> Telling<'a> {
    pub(super) fn about(caller: &'a Caller, targets: &BTreeMap<GoalId, Vec<Recorded>>, dry_run: bool) -> Self {
        let positions = targets.values().flatten().map(|event| (event.event_id, event.position)).collect();
        let told = Undone { dry_run, ..Undone::default() };
        Self { caller, told, positions, conflicts: Vec::new(), refused: None }
    }

    pub(super) fn has_receipt(&self, goal: GoalId) -> bool {
        self.told.receipts.iter().any(|receipt| receipt.goal == goal)
    }

    pub(super) fn is_without_receipt(&self) -> bool {
        self.told.receipts.is_empty()
    }

    /// What was stored the first time, and the position of its end.
    pub(super) fn repeated(&mut self, command: &[Recorded]) -> Result<u64, Refusal> {
        let (Some(first), Some(last)) = (command.first(), command.last()) else { return Ok(0) };
        let events: Result<Vec<GoalEvent>, _> = command.iter().map(Recorded::goal_event).collect();
        let events = events.map_err(|error| lane::internal("read the first answer", &error))?;
        let goal = first.goal_id().unwrap_or_default();
        self.compensated(goal, Some(first.position), &events, &compensates(command));
        let stored = Stored { position: last.position, sequence: last.sequence, duplicate: true, ..Stored::default() };
        self.receipt(goal, stored);
        Ok(last.position)
    }

    pub(super) fn done(&mut self, done: &Done, stored: Stored) {
        let goal = done.goal_id();
        let first = done.receipt.map(|receipt| receipt.first_position);
        self.compensated(goal, first, &done.events, &done.compensates);
        self.tell(&done.conflicts);
        if !self.told.dry_run {
            self.receipt(goal, stored);
        }
    }

    pub(super) fn refused(&mut self, goal: GoalId, refusal: Refusal) {
        if let Refusal::NotUndone { conflicts } = &refusal {
            self.tell(conflicts);
            return self.conflicts.extend(conflicts.iter().cloned());
        }
        let mut described = serde_json::to_value(refusal.describe()).unwrap_or_default();
        described["goal"] = Value::from(goal.to_string());
        self.told.conflicts.push(described);
        self.refused = Some(refusal);
    }

    /// A refusal, when nothing at all was undone and something is in the way.
    pub(super) fn told(self, head: u64) -> Result<Undone, Refusal> {
        let mut told = self.told;
        if told.receipts.is_empty() && !told.dry_run {
            if let Some(refusal) = self.refused {
                return Err(refusal);
            }
            if !self.conflicts.is_empty() {
                let not_undone = Refusal::NotUndone { conflicts: self.conflicts };
                return Err(not_undone.told_to(&self.caller.actor.id));
            }
        }
        if told.receipts.is_empty() {
            told.position = head;
        }
        Ok(told)
    }

    fn receipt(&mut self, goal: GoalId, stored: Stored) {
        self.told.position = self.told.position.max(stored.position);
        self.told.receipts.push(GoalReceipt { goal, stored });
    }

    fn compensated(&mut self, goal: GoalId, first: Option<u64>, events: &[GoalEvent], compensates: &[Uuid]) {
        let told = events.iter().zip(compensates).zip(0..).map(|((event, undone), place)| Compensation {
            position: first.map(|first| first + place),
            event_type: event.name(),
            id: event.task().map_or(Subject::Goal(goal), Subject::Task),
            undoes: self.positions.get(undone).copied(),
        });
        self.told.compensations.extend(told);
    }

    fn tell(&mut self, conflicts: &[Conflict]) {
        let name = &self.caller.actor.id;
        self.told.conflicts.extend(conflicts.iter().map(|conflict| conflict.clone().told_to(name).describe()));
    }
}
