//! The stacks that share one call.

use std::collections::HashSet;

use domain::StreamId;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::{AppendError, Outcome, Stack, config::BATCH_BYTES_MAX, stack::CheckedStack};

/// One caller's stack and where the answer goes.
pub struct Submission {
    pub(super) stack: CheckedStack,
    reply: oneshot::Sender<Result<Vec<Outcome>, AppendError>>,
}

impl Submission {
    pub(super) fn new(stack: CheckedStack, reply: oneshot::Sender<Result<Vec<Outcome>, AppendError>>) -> Self {
        Self { stack, reply }
    }

    /// What is to be stored.
    pub fn stack(&self) -> &Stack {
        &self.stack.stack
    }

    pub(super) fn commands(&self) -> usize {
        self.stack.stack.commands.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.stack.bytes
    }

    /// Whether nobody waits for the answer any more.
    pub(super) fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    /// Whoever asked may have left; then the answer is nobody's.
    pub(super) fn answer(self, answer: Result<Vec<Outcome>, AppendError>) {
        let _left = self.reply.send(answer);
    }

    fn command_ids(&self) -> impl Iterator<Item = Uuid> {
        self.stack.stack.commands.iter().map(|command| command.command_id)
    }
}

#[derive(Default)]
pub(super) struct Batch {
    submissions: Vec<Submission>,
    streams: HashSet<StreamId>,
    command_ids: HashSet<Uuid>,
    bytes: usize,
}

impl Batch {
    pub(super) fn is_full(&self, commands_max: usize) -> bool {
        self.commands() >= commands_max || self.bytes >= BATCH_BYTES_MAX
    }

    /// A stack that is too big for any batch goes alone. A stream and a command id occur once: the functions rely on it.
    pub(super) fn has_room_for(&self, next: &Submission, commands_max: usize) -> bool {
        let fits = self.commands() + next.commands() <= commands_max && self.bytes + next.bytes() <= BATCH_BYTES_MAX;
        (self.is_empty() || fits)
            && !self.streams.contains(&next.stack.stack.stream)
            && !next.command_ids().any(|id| self.command_ids.contains(&id))
    }

    pub(super) fn push(&mut self, next: Submission) {
        self.bytes += next.bytes();
        self.streams.insert(next.stack.stack.stream.clone());
        self.command_ids.extend(next.command_ids());
        self.submissions.push(next);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.submissions.is_empty()
    }

    pub(super) fn commands(&self) -> usize {
        self.command_ids.len()
    }

    pub(super) fn into_submissions(self) -> Vec<Submission> {
        self.submissions
    }
}
