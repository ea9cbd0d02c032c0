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

#[cfg(test)]
mod tests {
    use domain::{GoalId, Metadata, Workspace};

    use super::*;
    use crate::{NewCommand, NewEvent};

    const COMMANDS_MAX: usize = 4;
    /// Four of them are less than a batch may have, five are more.
    const BIG: usize = BATCH_BYTES_MAX / 9 * 2;

    /// Commands of these ids, each with one event of so many bytes.
    fn submission(goal: u64, ids: &[u128], bytes: usize) -> Submission {
        let event = || NewEvent {
            event_id: Uuid::nil(),
            event_type: "goal_retitled".into(),
            event_version: "1".into(),
            payload: "x".repeat(bytes),
            compensates: None,
        };
        let command = |id: &u128| NewCommand {
            command_id: Uuid::from_u128(*id),
            workspace: Workspace::DEFAULT,
            metadata: Metadata::default(),
            events: vec![event()],
        };
        let commands = ids.iter().map(command).collect();
        let stack = Stack { stream: GoalId(goal).into(), expected_sequence: 0, commands };
        Submission::new(CheckedStack::check(stack).unwrap(), oneshot::channel().0)
    }

    fn batch(of: impl IntoIterator<Item = Submission>) -> Batch {
        let mut batch = Batch::default();
        of.into_iter().for_each(|submission| batch.push(submission));
        batch
    }

    #[test]
    fn a_stream_and_a_command_occur_once() {
        let batch = batch([submission(1, &[1, 2], 10)]);
        let has_room = |goal, ids| batch.has_room_for(&submission(goal, ids, 10), COMMANDS_MAX);
        assert!(has_room(2, &[3]));
        assert!(!has_room(1, &[3]), "its stream is there");
        assert!(!has_room(2, &[3, 2]), "one of its commands is there");
    }

    #[test]
    fn it_is_full_of_commands_or_of_bytes() {
        let of_commands = |ids: &[u128]| batch([submission(1, ids, 10)]);
        assert!(!of_commands(&[1, 2, 3]).is_full(COMMANDS_MAX));
        assert!(of_commands(&[1, 2, 3, 4]).is_full(COMMANDS_MAX));
        assert!(of_commands(&[1, 2, 3]).has_room_for(&submission(2, &[4], 10), COMMANDS_MAX));
        assert!(of_commands(&[1, 2]).has_room_for(&submission(2, &[4, 5, 6], 10), 5));
        assert!(!of_commands(&[1, 2, 3]).has_room_for(&submission(2, &[4, 5], 10), COMMANDS_MAX));

        let of_bytes = |count| batch((1..=count).map(|number| submission(number, &[number.into()], BIG)));
        assert!(!of_bytes(4).is_full(10));
        assert!(of_bytes(5).is_full(10));
        assert!(of_bytes(3).has_room_for(&submission(9, &[9], BIG), 10));
        assert!(!of_bytes(4).has_room_for(&submission(9, &[9], BIG), 10));
    }

    #[test]
    fn what_is_too_big_for_any_goes_alone() {
        assert!(batch([]).has_room_for(&submission(1, &[1, 2, 3, 4, 5, 6], BIG), COMMANDS_MAX));
    }
}
