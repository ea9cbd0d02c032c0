//! A caller: decides, sends, repeats under the same command ids until it has been told, and now and then once more.

use std::{sync::Arc, time::Duration};

use domain::{GoalId, Metadata, StreamId, Workspace};
use event_store::{AppendError, NewCommand, NewEvent, Outcome, Stack, batcher::Queue};
use tokio::time::timeout;

use crate::{ledger::Ledger, node::Node, postgres::is_unstorable, promise::Promise, world::World};

/// Goals that all writers share.
const GOALS: u64 = 3;
/// Events of one command at most.
const EVENTS_MAX: u64 = 3;
/// How long a caller waits before it tries again, at most.
const RETRY_AFTER_MAX: Duration = Duration::from_millis(700);
/// How long an impatient caller waits for an answer, at most.
const IMPATIENCE_MS_MAX: u64 = 2_000;

pub(crate) struct Writer {
    pub(crate) world: World,
    pub(crate) nodes: Arc<Vec<Node>>,
    pub(crate) ledger: Ledger,
    /// Stacks to write.
    pub(crate) stacks: u64,
    /// Commands of one stack at most.
    pub(crate) commands_max: u64,
}

impl Writer {
    pub(crate) async fn run(self) {
        for _ in 0..self.stacks {
            self.world.moment().await;
            let (goal, commands) = self.work();
            self.ledger.sent(&commands);
            self.write(goal, commands).await;
        }
    }

    /// What is wanted next: something new, mostly, and something that was done before.
    fn work(&self) -> (u64, Vec<NewCommand>) {
        let (mut goal, mut commands) = (1 + self.world.below(GOALS), Vec::new());
        if self.world.one_in(4)
            && let Some((of_goal, command)) = self.ledger.repeat()
        {
            (goal, commands) = (of_goal, vec![command]);
        }
        if commands.is_empty() && self.world.one_in(25) {
            return (goal, vec![self.unstorable_command()]);
        }
        let least = u64::from(commands.is_empty());
        let new = least + self.world.below(1 + self.commands_max - commands.len() as u64 - least);
        commands.extend((0..new).map(|_| self.command()));
        (goal, commands)
    }

    fn unstorable_command(&self) -> NewCommand {
        let mut command = self.command();
        command.events[0].payload = r#"{"data":"\u0000"}"#.to_owned();
        command
    }

    fn command(&self) -> NewCommand {
        NewCommand {
            command_id: self.world.uuid(),
            workspace: Workspace::DEFAULT,
            metadata: Metadata::default(),
            events: (0..=self.world.below(EVENTS_MAX)).map(|_| self.event()).collect(),
        }
    }

    fn event(&self) -> NewEvent {
        NewEvent {
            event_id: self.world.uuid(),
            event_type: "goal_tagged".to_owned(),
            event_version: "1".to_owned(),
            payload: r#"{"data":{}}"#.to_owned(),
            compensates: None,
        }
    }

    /// Until every command has its receipt, or was refused.
    async fn write(&self, goal: u64, mut commands: Vec<NewCommand>) {
        while !commands.is_empty() && !self.world.is_broken() {
            let stack = self.decided(goal, &mut commands);
            let unstorable = is_unstorable(&stack);
            let answer = self.send(stack).await;
            self.world.step(kind(&answer), goal);
            match answer {
                Some(Ok(outcomes)) => self.told(goal, &mut commands, &outcomes),
                Some(Err(AppendError::Invalid { .. })) if unstorable => {
                    self.ledger.refused(&commands);
                    return;
                }
                Some(Err(error @ (AppendError::Invalid { .. } | AppendError::TooBig { .. }))) => {
                    self.world.broken(Promise::Refused, format!("what can be stored was refused: {error}"));
                }
                // Nothing is known, or nothing was done.
                None | Some(Err(_)) => self.world.pause(RETRY_AFTER_MAX).await,
            }
        }
    }

    /// Decided anew, so with new events, on what the stream is believed to hold; the belief may be wrong either way.
    fn decided(&self, goal: u64, commands: &mut [NewCommand]) -> Stack {
        let events = commands.iter_mut().flat_map(|command| &mut command.events);
        events.for_each(|event| event.event_id = self.world.uuid());
        let believed = self.ledger.sequence(goal);
        let expected_sequence = match self.world.below(12) {
            0 => believed.saturating_sub(1),
            1 => believed + 1,
            _ => believed,
        };
        Stack { stream: StreamId::from(GoalId(goal)), expected_sequence, commands: commands.to_vec() }
    }

    /// The answer, if there was one.
    async fn send(&self, stack: Stack) -> Answer {
        let node = &self.nodes[self.world.below(self.nodes.len() as u64) as usize];
        let queue = node.queue()?;
        let answer = self.ask(&queue, stack).await;
        let still_runs = node.queue().is_some_and(|now| Arc::ptr_eq(&now, &queue));
        if still_runs && matches!(answer, Some(Err(AppendError::Closed))) {
            self.world.broken(Promise::Acknowledged, "a caller was forgotten");
        }
        answer
    }

    async fn ask(&self, queue: &Queue, stack: Stack) -> Answer {
        self.world.step("append", stack.expected_sequence);
        if self.world.one_in(10) {
            let patience = Duration::from_millis(self.world.below(IMPATIENCE_MS_MAX));
            return timeout(patience, queue.append(stack)).await.ok();
        }
        Some(queue.append(stack).await)
    }

    /// Keeps what has to be sent again.
    fn told(&self, goal: u64, commands: &mut Vec<NewCommand>, outcomes: &[Outcome]) {
        if outcomes.len() != commands.len() {
            self.world
                .broken(Promise::Acknowledged, format!("{} commands have {} outcomes", commands.len(), outcomes.len()));
        }
        let mut told = outcomes.iter();
        commands.retain(|command| match told.next() {
            Some(Outcome::Appended(receipt)) => {
                self.ledger.stands_at(goal, receipt.sequence);
                self.ledger.acknowledged(goal, command, *receipt, true);
                false
            }
            Some(Outcome::Duplicate(receipt)) => {
                self.world.step("duplicate", receipt.first_position);
                self.ledger.acknowledged(goal, command, *receipt, false);
                false
            }
            Some(Outcome::Conflict { current_sequence }) => {
                self.world.step("conflict", *current_sequence);
                self.ledger.stands_at(goal, *current_sequence);
                true
            }
            None => true,
        });
    }
}

type Answer = Option<Result<Vec<Outcome>, AppendError>>;

fn kind(answer: &Answer) -> &'static str {
    match answer {
        None => "no answer",
        Some(Ok(_)) => "outcomes",
        Some(Err(AppendError::Busy { .. })) => "busy",
        Some(Err(AppendError::Unavailable { .. })) => "unavailable",
        Some(Err(AppendError::Closed)) => "killed",
        Some(Err(AppendError::Invalid { .. } | AppendError::TooBig { .. })) => "refused",
    }
}
