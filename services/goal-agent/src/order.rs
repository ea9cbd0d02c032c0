//! A request as the lanes take it: which goal, which commands, under which idempotency key.

use domain::{
    Goal, GoalCommand, GoalEvent, GoalId, Instruction, Metadata, Recorded, TaskId, Workspace,
    goal::Expectation,
    time::{Timestamp, micros},
};
use event_store::Receipt;
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    Traceparent,
    caller::Caller,
    refusal::Refusal,
    undo::{Conflict, Undoing},
};

/// A request id, in characters.
const REQUEST_ID_CHARS_MAX: usize = 200;
/// A reason, in bytes: it is stored with every event of the command.
const WHY_BYTES_MAX: usize = 1_000;
/// A value of metadata that a door fills in, in bytes; longer ones are cut.
const METADATA_BYTES_MAX: usize = 200;
/// Names of command ids: uuid v5 of workspace, request id and ordinal.
const COMMAND_IDS: Uuid = Uuid::from_u128(0x8c1d_53a2_94f0_5d7e_b6a1_2f0e_6c47_11d9);

/// One command for one goal, ready to be decided.
pub(crate) struct Order {
    pub(crate) goal: GoalId,
    pub(crate) command_id: Uuid,
    pub(crate) workspace: Workspace,
    pub(crate) metadata: Metadata,
    pub(crate) asked: Asked,
}

/// What an order asks of its goal.
pub(crate) enum Asked {
    Instruction(Instruction),
    Undo(Undoing),
}

/// An order that was carried out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Done {
    /// `None` when there was nothing to do and no request id to remember it by.
    pub(crate) receipt: Option<Receipt>,
    /// What it led to; for a repetition, what it led to the first time.
    pub(crate) events: Vec<GoalEvent>,
    /// The ids of the events that these undo, one for each; empty when they undo nothing.
    pub(crate) compensates: Vec<Uuid>,
    /// What could not be undone. A repetition does not know.
    pub(crate) conflicts: Vec<Conflict>,
    /// The goal afterwards; for a repetition, as it stands now.
    pub(crate) goal: Goal,
}

impl Done {
    /// The goal's id.
    pub(crate) fn goal_id(&self) -> GoalId {
        self.goal.id.unwrap_or_default()
    }

    /// The tasks it added, with the caller's keys.
    pub(crate) fn added(&self) -> impl Iterator<Item = (TaskId, Option<&str>)> {
        self.events.iter().filter_map(|event| match event {
            GoalEvent::TaskAdded { task, key, .. } => Some((*task, key.as_deref())),
            _ => None,
        })
    }
}

/// What the orders of one request have in common.
pub(crate) struct Envelope<'a> {
    caller: &'a Caller,
    request_id: Option<&'a str>,
    request_hash: String,
    why: Option<&'a str>,
    /// Of the whole request; of the whole trace, where the caller is in one.
    correlation_id: Uuid,
    /// The moment the request came: what its leases count from and are judged by.
    pub(crate) at: Timestamp,
}

impl<'a> Envelope<'a> {
    /// Seals a request: `operation` and `body` make its hash, so that the same id with another body is told apart.
    pub(crate) fn seal(
        caller: &'a Caller,
        operation: &'static str,
        body: &impl Serialize,
        request_id: Option<&'a str>,
        why: Option<&'a str>,
    ) -> Result<Self, Refusal> {
        if let Some(id) = request_id {
            plain("request_id", id, 1, REQUEST_ID_CHARS_MAX)?;
        }
        if let Some(why) = why {
            if why.len() > WHY_BYTES_MAX {
                return Err(Refusal::validation("why", format!("is too long; give at most {WHY_BYTES_MAX} bytes")));
            }
            if why.contains('\0') {
                return Err(Refusal::validation("why", "has the character U+0000; leave it out"));
            }
        }
        let body = serde_json::to_vec(body).map_err(|error| Refusal::validation("request", error.to_string()))?;
        let hash = Sha256::new().chain_update(operation).chain_update([0]).chain_update(body).finalize();
        Ok(Self {
            caller,
            request_id,
            request_hash: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
            why,
            correlation_id: caller.traceparent.as_ref().map_or_else(Uuid::now_v7, Traceparent::trace_id),
            at: micros(chrono::Utc::now()),
        })
    }

    /// The order for one goal of the request. `ordinal` is the item's place in it, so that each has an idempotency key of its own.
    pub(crate) fn order(
        &self,
        ordinal: usize,
        goal: GoalId,
        commands: Vec<GoalCommand>,
        expect: Vec<Expectation>,
    ) -> Order {
        let instruction = Instruction { at: self.at, expect, commands, noted: self.is_repeatable() };
        self.sealed(ordinal, goal, Asked::Instruction(instruction), self.metadata())
    }

    /// The order to undo something in one goal of the request.
    pub(crate) fn undoing(&self, ordinal: usize, goal: GoalId, undoing: Undoing) -> Order {
        let mut metadata = self.metadata();
        metadata.set(Metadata::CAUSATION_ID, undoing.newest().map(|id| id.to_string()));
        self.sealed(ordinal, goal, Asked::Undo(undoing), metadata)
    }

    fn sealed(&self, ordinal: usize, goal: GoalId, asked: Asked, metadata: Metadata) -> Order {
        let command_id = self.command_id(ordinal);
        Order { goal, command_id, workspace: self.caller.workspace.clone(), metadata, asked }
    }

    /// Whether a repeat can be told by its id.
    pub(crate) fn is_repeatable(&self) -> bool {
        self.request_id.is_some()
    }

    /// Never of the stream: a repeated `create_goal` must not make a second goal. One that nobody can repeat is of the time, so that the
    /// log's index of them grows at its end.
    pub(crate) fn command_id(&self, ordinal: usize) -> Uuid {
        match self.request_id {
            Some(request) => command_id(&self.caller.workspace, request, ordinal),
            None => Uuid::now_v7(),
        }
    }

    /// Refuses when the id was used before for another request than this one, or by somebody else.
    pub(crate) fn is_of(&self, stored: &Recorded) -> Result<(), Refusal> {
        is_of(&self.metadata(), stored)
    }

    fn metadata(&self) -> Metadata {
        let mut metadata = Metadata::default();
        let caller = self.caller;
        metadata.set(Metadata::ACTOR_ID, Some(cut(&caller.actor.id)));
        metadata.set(Metadata::ACTOR_KIND, Some(caller.actor.kind.as_str()));
        metadata.set(Metadata::CLIENT, caller.client.as_deref().map(cut));
        metadata.set(Metadata::SESSION, caller.session.as_deref().map(cut));
        metadata.set(Metadata::TRACEPARENT, caller.traceparent.as_ref().map(Traceparent::to_string));
        metadata.set(Metadata::CORRELATION_ID, Some(self.correlation_id.to_string()));
        metadata.set(Metadata::WHY, self.why);
        if let Some(request) = self.request_id {
            metadata.set(Metadata::REQUEST_ID, Some(request));
            metadata.set(Metadata::REQUEST_HASH, Some(self.request_hash.as_str()));
        }
        metadata
    }
}

/// The id of a request's command, of those that it may have.
pub(crate) fn command_id(workspace: &Workspace, request_id: &str, ordinal: usize) -> Uuid {
    Uuid::new_v5(&COMMAND_IDS, format!("{workspace}\n{request_id}\n{ordinal}").as_bytes())
}

/// Whether a stored event is of the request with this metadata. The same id with another body is told apart, and so is another actor's:
/// agents that count their requests would else get each other's answers, and with them each other's fences.
pub(crate) fn is_of(request: &Metadata, stored: &Recorded) -> Result<(), Refusal> {
    let same = |key| stored.metadata.get(key) == request.get(key);
    match same(Metadata::REQUEST_HASH) && same(Metadata::ACTOR_ID) {
        true => Ok(()),
        false => Err(Refusal::validation(
            "request_id",
            "was used before for another request, or by somebody else; give each request its own",
        )),
    }
}

/// Doors fill these in from what clients say of themselves: control characters go, and so does what is too long.
fn cut(value: &str) -> String {
    let mut kept = String::new();
    for character in value.chars().filter(|character| !character.is_control()) {
        if kept.len() + character.len_utf8() > METADATA_BYTES_MAX {
            break;
        }
        kept.push(character);
    }
    kept
}

fn plain(field: &str, value: &str, least: usize, most: usize) -> Result<(), Refusal> {
    let length = value.chars().count();
    match length < least || length > most || value.chars().any(char::is_control) {
        true => {
            Err(Refusal::validation(field, format!("give {least} to {most} characters without control characters")))
        }
        false => Ok(()),
    }
}
