//! The tables, and what `migrations/0002_append.sql` does to them, statement for statement.

use std::collections::{BTreeMap, HashMap};

use domain::{Recorded, Timestamp};
use event_store::{NewCommand, Outcome, Receipt, Stack};
use uuid::Uuid;

use crate::{flaw::Flaw, world::World};

/// What Postgres refuses in a payload and we do not look for: the escape of a character that text cannot hold.
const UNSTORABLE: &str = "\\u0000";

pub(crate) fn is_unstorable(stack: &Stack) -> bool {
    stack.commands.iter().flat_map(|command| &command.events).any(|event| event.payload.contains(UNSTORABLE))
}

pub(super) struct Tables {
    world: World,
    /// By position, less one. A place is empty only when a flaw left a hole.
    events: Vec<Option<Recorded>>,
    /// The sequence of each stream's last event.
    streams: BTreeMap<String, u64>,
    /// The position of each command's first event.
    commands: HashMap<Uuid, u64>,
    /// The head row.
    head: u64,
    recorded_at: Timestamp,
}

/// What a transaction would change, and answer.
pub(super) struct Change {
    pub(super) rows: Vec<Recorded>,
    pub(super) outcomes: Vec<Outcome>,
    head: u64,
    recorded_at: Timestamp,
}

/// Why nothing is changed.
pub(super) enum Refusal {
    Taken,
    Unstorable,
}

impl Tables {
    pub(super) fn new(world: World) -> Self {
        let (events, streams, commands) = (Vec::new(), BTreeMap::new(), HashMap::new());
        Self { world, events, streams, commands, head: 0, recorded_at: Timestamp::UNIX_EPOCH }
    }

    /// `es_append_rows_fast`, or `es_append_rows_checked`.
    pub(super) fn judge(&mut self, stacks: &[Stack], checked: bool, clock: Timestamp) -> Result<Change, Refusal> {
        let backwards = self.world.has(Flaw::FollowsTheClock);
        let recorded_at = if backwards { clock } else { clock.max(self.recorded_at) };
        let mut change = Change { rows: Vec::new(), outcomes: Vec::new(), head: self.head, recorded_at };
        for stack in stacks {
            if self.is_storable(stack) {
                change.store(stack);
            } else if checked {
                change.outcomes.extend(stack.commands.iter().map(|command| self.outcome(stack, command)));
            } else {
                self.give_numbers_away(&change);
                return Err(Refusal::Taken);
            }
            if self.is_storable(stack) && is_unstorable(stack) {
                return Err(Refusal::Unstorable);
            }
        }
        self.give_numbers_away(&change);
        Ok(change)
    }

    /// Everything of a change becomes visible at once.
    pub(super) fn commit(&mut self, change: Change) {
        self.recorded_at = change.recorded_at;
        self.insert(change.rows);
    }

    pub(super) fn insert(&mut self, rows: Vec<Recorded>) {
        for row in rows {
            let place = row.position as usize;
            self.head = self.head.max(row.position);
            self.events.resize(self.events.len().max(place), None);
            self.streams.insert(row.stream.id.clone(), row.sequence);
            self.commands.entry(row.command_id).or_insert(row.position);
            self.events[place - 1] = Some(row);
        }
    }

    /// The position of the last event.
    pub(super) fn last(&self) -> u64 {
        self.events.len() as u64
    }

    pub(super) fn event(&self, position: u64) -> Option<&Recorded> {
        self.events.get(position.checked_sub(1)? as usize)?.as_ref()
    }

    pub(super) fn events(&self) -> &[Option<Recorded>] {
        &self.events
    }

    /// A rollback does not take back what a sequence has given away.
    fn give_numbers_away(&mut self, change: &Change) {
        if self.world.has(Flaw::NumbersFromASequence) {
            self.head = change.head;
        }
    }

    fn is_storable(&self, stack: &Stack) -> bool {
        let goes_on = self.sequence(stack) == stack.expected_sequence || self.world.has(Flaw::IgnoresTheSequence);
        goes_on && !stack.commands.iter().any(|command| self.known(command).is_some())
    }

    fn sequence(&self, stack: &Stack) -> u64 {
        self.streams.get(&stack.stream.id).copied().unwrap_or_default()
    }

    /// The first event of a command that is stored already.
    fn known(&self, command: &NewCommand) -> Option<&Recorded> {
        let forgets = self.world.has(Flaw::ForgetsCommands);
        self.commands.get(&command.command_id).filter(|_| !forgets).and_then(|position| self.event(*position))
    }

    /// What is said about a command that is not stored now.
    fn outcome(&self, stack: &Stack, command: &NewCommand) -> Outcome {
        let Some(first) = self.known(command) else {
            return Outcome::Conflict { current_sequence: self.sequence(stack) };
        };
        let resent = first.event_id == command.events[0].event_id;
        let behind_first = u64::from(first.command_len) - 1;
        let anew = self.world.has(Flaw::AnswersRepeatsAnew) && !resent;
        let first_position = if anew { self.head - behind_first } else { first.position };
        let receipt = Receipt {
            first_position,
            last_position: first_position + behind_first,
            sequence: first.sequence + behind_first,
            recorded_at: first.recorded_at,
            duplicate: !resent,
        };
        if resent { Outcome::Appended(receipt) } else { Outcome::Duplicate(receipt) }
    }
}

impl Change {
    fn store(&mut self, stack: &Stack) {
        let mut sequence = stack.expected_sequence;
        for command in &stack.commands {
            let first_position = self.head + 1;
            for (event, command_pos) in command.events.iter().zip(0..) {
                (self.head, sequence) = (self.head + 1, sequence + 1);
                self.rows.push(Recorded {
                    position: self.head,
                    event_id: event.event_id,
                    workspace: command.workspace.clone(),
                    stream: stack.stream.clone(),
                    sequence,
                    event_type: event.event_type.clone(),
                    event_version: event.event_version.clone(),
                    payload: event.payload.as_str().into(),
                    metadata: command.metadata.clone(),
                    command_id: command.command_id,
                    command_pos,
                    command_len: command.events.len() as u32,
                    recorded_at: self.recorded_at,
                });
            }
            let (last_position, recorded_at) = (self.head, self.recorded_at);
            let receipt = Receipt { first_position, last_position, sequence, recorded_at, duplicate: false };
            self.outcomes.push(Outcome::Appended(receipt));
        }
    }
}
