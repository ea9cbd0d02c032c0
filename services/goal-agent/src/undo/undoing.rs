//! What is to be undone in one goal, and the decision about it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use domain::{
    Goal, GoalEvent, GoalId, Instruction, Recorded, Rejection, StreamId, Timestamp,
    goal::{
        Task, Text,
        compensate::{self, Undone},
        decide,
    },
};
use serde_json::Value;
use uuid::Uuid;

use super::{compensated, targets::too_big};
use crate::{
    GoalAgent,
    lane::{self, RETRY_AFTER_MS},
    order::Done,
    refusal::Refusal,
};

/// Events of a goal that are read for what it was before some of them happened.
const READ_MAX: u64 = 500_000;
/// Of these at once.
const PAGE: usize = 5_000;

/// What is to be undone in one goal. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Undoing {
    goal: GoalId,
    by: String,
    at: Timestamp,
    /// Whether what others changed or claimed since is disregarded.
    force: bool,
    /// As in [`Instruction`].
    noted: bool,
    /// The number of the goal's last comment when it was read.
    last_comment: u32,
    targets: Arc<[Target]>,
}

/// An event to be undone, with what is known of the moment it happened.
#[derive(Debug)]
struct Target {
    position: u64,
    event_id: Uuid,
    event: GoalEvent,
    before: Option<Arc<Task>>,
    /// What had come of the goal.
    result: Option<Text>,
    /// The words that it took back.
    said: Option<GoalEvent>,
}

/// Something that stands in the way of undoing one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The goal.
    pub goal: GoalId,
    /// The position of that event.
    pub event: u64,
    /// What it is.
    pub refusal: Rejection,
    /// Whether `force` undoes the event all the same. Otherwise a rule forbids it.
    pub overridable: bool,
}

impl Conflict {
    pub(crate) fn told_to(mut self, name: &str) -> Self {
        if let Refusal::Rejected(refusal) = Refusal::from(self.refusal.clone()).told_to(name) {
            self.refusal = refusal;
        }
        self
    }

    /// As JSON: the refusal, and what it is about.
    pub(crate) fn describe(&self) -> Value {
        let mut described = serde_json::to_value(Refusal::from(self.refusal.clone()).describe()).unwrap_or_default();
        described["goal"] = self.goal.to_string().into();
        described["event"] = self.event.into();
        described["overridable"] = self.overridable.into();
        if self.overridable {
            described["hint"] = "force undoes it all the same".into();
        }
        described
    }
}

impl Undoing {
    /// The id of the newest event that is undone.
    pub(crate) fn newest(&self) -> Option<Uuid> {
        self.targets.last().map(|target| target.event_id)
    }

    /// What undoing comes to on this state.
    ///
    /// # Errors
    /// What is in the way, unless it is to be disregarded, or when nothing can be undone for it. Overtaken when the goal is to be read anew.
    pub(crate) fn decide(&self, now: &Goal) -> Result<Done, Refusal> {
        if self.says_again() && last_comment(now) != self.last_comment {
            return Err(Refusal::Overtaken { retry_after_ms: RETRY_AFTER_MS });
        }
        let undone: Vec<Undone<'_>> = self.targets.iter().map(Target::undone).collect();
        let undoing = compensate::undo(now, &undone, &self.by, self.at);
        let mut conflicts: Vec<Conflict> = undoing.conflicts.iter().map(|conflict| self.conflict(conflict)).collect();
        if self.force {
            conflicts.retain(|conflict| !conflict.overridable);
        }
        let nothing = undoing.events.is_empty();
        if !conflicts.is_empty() && (nothing || !self.force) {
            return Err(Refusal::NotUndone { conflicts });
        }
        if nothing {
            return self.noted(now);
        }
        let compensates = undoing.events.iter().map(|(_, place)| self.targets[*place].event_id).collect();
        let events = undoing.events.into_iter().map(|(event, _)| event).collect();
        Ok(Done { receipt: None, events, compensates, conflicts, goal: undoing.goal })
    }

    /// Of anything else the goal tells whether it is undone already, but not which comment was said before.
    fn says_again(&self) -> bool {
        self.targets.iter().any(|target| matches!(target.event, GoalEvent::CommentRetracted { .. }))
    }

    fn noted(&self, now: &Goal) -> Result<Done, Refusal> {
        let nothing = Instruction { at: self.at, expect: Vec::new(), commands: Vec::new(), noted: self.noted };
        let (events, mut goal) = (decide(now, &nothing)?, now.clone());
        events.iter().for_each(|event| goal.evolve(event));
        Ok(Done { events, goal, ..Done::default() })
    }

    fn conflict(&self, conflict: &compensate::Conflict) -> Conflict {
        Conflict {
            goal: self.goal,
            event: self.targets[conflict.of].position,
            refusal: conflict.refusal.clone(),
            overridable: conflict.overridden,
        }
    }
}

impl Target {
    fn undone(&self) -> Undone<'_> {
        Undone {
            event: &self.event,
            before: self.before.as_deref(),
            result: self.result.as_ref(),
            said: self.said.as_ref(),
        }
    }
}

/// A goal as its stream tells it, and the events that were looked for in there.
pub(super) struct Found {
    pub(super) goal: Goal,
    id: GoalId,
    targets: Arc<[Target]>,
}

impl Found {
    pub(super) fn undoing(&self, by: &str, at: Timestamp, force: bool, noted: bool) -> Undoing {
        let (last_comment, targets) = (last_comment(&self.goal), Arc::clone(&self.targets));
        Undoing { goal: self.id, by: by.to_owned(), at, force, noted, last_comment, targets }
    }
}

fn last_comment(goal: &Goal) -> u32 {
    goal.comments.get_max().map_or(0, |(number, _)| *number)
}

impl GoalAgent {
    /// Reads a goal from its beginning to its end, for what it was before each of these events.
    pub(super) async fn found(&self, id: GoalId, wanted: &[Recorded]) -> Result<Found, Refusal> {
        let mut reading = Reading::for_these(wanted)?;
        let stream = StreamId::from(id);
        loop {
            let page = self.log.read_stream(&stream, reading.goal.sequence, PAGE).await?;
            if page.is_empty() {
                break;
            }
            page.iter().try_for_each(|event| reading.take(event))?;
            if reading.goal.sequence > READ_MAX {
                return Err(too_big("events", format!("belongs to a goal with more than {READ_MAX} events")));
            }
        }
        let targets = reading.still_to_be_undone().into();
        Ok(Found { goal: reading.goal, id, targets })
    }
}

#[derive(Default)]
struct Reading {
    goal: Goal,
    wanted: BTreeSet<u64>,
    /// Numbers of comments that wanted events took back.
    retracted: BTreeSet<u32>,
    said: BTreeMap<u32, GoalEvent>,
    found: Vec<Target>,
    /// By event, the one that it undoes.
    undoes: HashMap<Uuid, Uuid>,
    /// Events that are undone, and not by something that is undone itself.
    undone: HashSet<Uuid>,
}

impl Reading {
    fn for_these(wanted: &[Recorded]) -> Result<Self, Refusal> {
        let mut reading = Self::default();
        for event in wanted {
            reading.wanted.insert(event.position);
            if let GoalEvent::CommentRetracted { comment, .. } = read(event)? {
                reading.retracted.insert(comment);
            }
        }
        Ok(reading)
    }

    fn take(&mut self, recorded: &Recorded) -> Result<(), Refusal> {
        let event = read(recorded)?;
        if let Some(undone) = compensated(recorded) {
            self.undoes.insert(recorded.event_id, undone);
            self.undone.insert(undone);
            if let Some(again) = self.undoes.get(&undone) {
                self.undone.remove(again);
            }
        }
        let before = self.wanted.contains(&recorded.position).then(|| self.before(&event));
        let result = self.goal.result.clone();
        self.goal.evolve(&event);
        match (before, &event) {
            (Some((before, said)), _) => {
                let (position, event_id) = (recorded.position, recorded.event_id);
                self.found.push(Target { position, event_id, event, before, result, said });
            }
            (None, GoalEvent::CommentAdded { comment, .. }) if self.retracted.contains(comment) => {
                self.said.insert(*comment, event);
            }
            _ => {}
        }
        Ok(())
    }

    fn before(&self, event: &GoalEvent) -> (Option<Arc<Task>>, Option<GoalEvent>) {
        let said = match event {
            GoalEvent::CommentRetracted { comment, .. } => self.said.get(comment).cloned(),
            _ => None,
        };
        (event.task().and_then(|task| self.goal.tasks.get(&task).cloned()), said)
    }

    /// Without what is undone already, and without what was undone by something that is to be undone as well: together they did nothing.
    fn still_to_be_undone(&mut self) -> Vec<Target> {
        let wanted: HashSet<Uuid> = self.found.iter().map(|target| target.event_id).collect();
        let mut settled = HashSet::new();
        for target in self.found.iter().rev().filter(|target| self.undoes.contains_key(&target.event_id)) {
            let undone = self.undoes[&target.event_id];
            if wanted.contains(&undone) && !settled.contains(&target.event_id) {
                settled.extend([target.event_id, undone]);
            }
        }
        let mut found = std::mem::take(&mut self.found);
        found.retain(|target| !settled.contains(&target.event_id) && !self.undone.contains(&target.event_id));
        found
    }
}

fn read(event: &Recorded) -> Result<GoalEvent, Refusal> {
    event.goal_event().map_err(|error| lane::internal("read an event", &error))
}
