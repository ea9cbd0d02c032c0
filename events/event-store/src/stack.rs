//! What is asked of the log, and what it answers.

use domain::{GoalEvent, Metadata, StreamId, Timestamp, Workspace, limits::EVENT_BYTES_MAX};
use uuid::Uuid;

use crate::AppendError;

/// What an event needs besides payload and metadata (ids, type, workspace, time), in bytes. The database counts the same.
pub const EVENT_OVERHEAD_BYTES: usize = 1024;
/// Commands in one stack.
pub const STACK_COMMANDS_MAX: usize = 1024;
/// Payloads and metadata of one stack, in bytes, overhead not counted.
pub const STACK_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Commands of one stream, decided on top of each other. Stored whole or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// The stream they belong to.
    pub stream: StreamId,
    /// The sequence of the stream that the first command was decided on, from a committed read; 0 for a new stream.
    pub expected_sequence: u64,
    /// The commands in order; at least one.
    pub commands: Vec<NewCommand>,
}

/// One decided command.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCommand {
    /// Its idempotency key, unique in the log for ever.
    pub command_id: Uuid,
    /// The workspace its events belong to.
    pub workspace: Workspace,
    /// Who, through what, why: stored with each of its events.
    pub metadata: Metadata,
    /// What it led to; at least one event.
    pub events: Vec<NewEvent>,
}

/// One event to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// UUID v7, new for every decision: it tells a lost answer from another caller's repeat.
    pub event_id: Uuid,
    /// For example `task_completed`.
    pub event_type: String,
    /// Version of the payload's shape.
    pub event_version: String,
    /// JSON; these bytes are stored.
    pub payload: String,
    /// The event that it undoes, which its metadata names beside what its command says.
    pub compensates: Option<Uuid>,
}

impl NewEvent {
    /// A goal's event in the shape that is stored.
    ///
    /// # Errors
    /// When the event cannot be written as JSON.
    pub fn of_goal(event_id: Uuid, event: &GoalEvent) -> Result<Self, serde_json::Error> {
        Ok(Self {
            event_id,
            event_type: event.name().to_owned(),
            event_version: event.version().to_owned(),
            payload: serde_json::to_string(event)?,
            compensates: None,
        })
    }
}

/// What became of one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Its events are stored.
    Appended(Receipt),
    /// The command id is known: this is its first receipt, and nothing was stored now. Whether the body was the same is for
    /// the caller to judge (`request_hash` in the stored metadata).
    Duplicate(Receipt),
    /// The stream has moved on, or a neighbour in the stack is a duplicate. Nothing was stored; decide again.
    Conflict {
        /// Where the stream stands.
        current_sequence: u64,
    },
}

/// Proof that a command is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Position of its first event.
    pub first_position: u64,
    /// Position of its last event: what callers know as the command's `position`.
    pub last_position: u64,
    /// Sequence of its last event in its stream.
    pub sequence: u64,
    /// When it was committed.
    pub recorded_at: Timestamp,
    /// Whether it was stored by an earlier call.
    pub duplicate: bool,
}

impl Outcome {
    /// The receipt, unless it conflicted.
    pub fn receipt(&self) -> Option<&Receipt> {
        match self {
            Self::Appended(receipt) | Self::Duplicate(receipt) => Some(receipt),
            Self::Conflict { .. } => None,
        }
    }

    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Appended(_) => "appended",
            Self::Duplicate(_) => "duplicate",
            Self::Conflict { .. } => "conflict",
        }
    }
}

/// A command's metadata as it will be stored.
#[derive(Debug)]
pub(crate) enum Written {
    /// Beside each event.
    Shared(String),
    /// One an event, where events name what they undo.
    Each(Vec<String>),
}

impl Written {
    fn of(command: &NewCommand) -> serde_json::Result<Self> {
        if command.events.iter().all(|event| event.compensates.is_none()) {
            return serde_json::to_string(&command.metadata).map(Self::Shared);
        }
        let own = |event: &NewEvent| {
            let mut metadata = command.metadata.clone();
            metadata.set(Metadata::COMPENSATES, event.compensates.map(|id| id.to_string()));
            serde_json::to_string(&metadata)
        };
        command.events.iter().map(own).collect::<Result<_, _>>().map(Self::Each)
    }

    /// Beside the event at this place of the command.
    pub(crate) fn beside(&self, place: usize) -> &str {
        match self {
            Self::Shared(metadata) => metadata,
            Self::Each(metadata) => &metadata[place],
        }
    }
}

/// A stack that has been checked, with its metadata as it will be stored.
#[derive(Debug)]
pub(crate) struct CheckedStack {
    pub(crate) stack: Stack,
    /// One a command.
    pub(crate) metadata: Vec<Written>,
    /// Payloads and metadata.
    pub(crate) bytes: usize,
}

impl CheckedStack {
    /// Refuses what the database would refuse, before anyone else's commands share a batch with it.
    pub(crate) fn check(stack: Stack) -> Result<Self, AppendError> {
        let invalid = |reason: String| AppendError::Invalid { reason };
        if stack.commands.is_empty() || stack.commands.iter().any(|command| command.events.is_empty()) {
            return Err(invalid(format!("a command without events for {}", stack.stream)));
        }
        let mut ids: Vec<Uuid> = stack.commands.iter().map(|command| command.command_id).collect();
        ids.sort_unstable();
        if ids.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(invalid(format!("a command id occurs twice in a stack for {}", stack.stream)));
        }
        too_big("commands of a stack", stack.commands.len(), STACK_COMMANDS_MAX)?;
        let metadata = stack.commands.iter().map(Written::of);
        let metadata: Vec<Written> = metadata.collect::<Result<_, _>>().map_err(|error| invalid(error.to_string()))?;
        let bytes = measure(&stack, &metadata)?;
        too_big("bytes of a stack", bytes, STACK_BYTES_MAX)?;
        Ok(Self { stack, metadata, bytes })
    }
}

fn measure(stack: &Stack, metadata: &[Written]) -> Result<usize, AppendError> {
    let mut total = 0;
    for (command, metadata) in stack.commands.iter().zip(metadata) {
        for (place, event) in command.events.iter().enumerate() {
            if event.payload.contains('\0') {
                return Err(AppendError::Invalid {
                    reason: format!("U+0000 in the payload of a {}", event.event_type),
                });
            }
            let bytes = event.payload.len() + metadata.beside(place).len();
            too_big("bytes of an event with its headers", bytes + EVENT_OVERHEAD_BYTES, EVENT_BYTES_MAX)?;
            total += bytes;
        }
    }
    Ok(total)
}

fn too_big(what: &'static str, found: usize, limit: usize) -> Result<(), AppendError> {
    if found > limit { Err(AppendError::TooBig { what, found, limit }) } else { Ok(()) }
}
