//! One who appends to a goal of its own, so that none waits for another's decision.

use std::time::Instant;

use domain::{ActorKind, StreamId, TaskId};
use event_store::{Log, Stack};
use goal_agent::{
    Caller, GoalAgent,
    reply::Planned,
    request::{CreateGoal, TaskPlan},
};

use crate::measure::command;

const TASKS: usize = 8;

/// One goal's writer.
pub(crate) struct Writer {
    log: Log,
    stream: StreamId,
    tasks: Vec<TaskId>,
    sequence: u64,
}

/// What became of one command.
pub(crate) struct Appended {
    /// Of its last event.
    pub(crate) position: u64,
    pub(crate) called: Instant,
    pub(crate) answered: Instant,
}

impl Writer {
    /// Creates its goal with a few tasks.
    pub(crate) async fn create(log: &Log, agent: &GoalAgent, title: &str) -> anyhow::Result<Self> {
        let task = |task| TaskPlan { title: format!("Task {task} of {title}"), ..TaskPlan::default() };
        let tasks = (1..=TASKS).map(task).collect();
        let planned =
            create_goal(agent, CreateGoal { title: title.to_owned(), tasks, ..CreateGoal::default() }).await?;
        let stream = StreamId::from(planned.goal);
        let sequence = log.read_stream(&stream, 0, TASKS + 1).await?.len() as u64;
        Ok(Self { log: log.clone(), stream, tasks: planned.ids.into_values().collect(), sequence })
    }

    /// One command that describes one of the goal's tasks anew, so many times; each command takes the next task.
    pub(crate) async fn append(&mut self, events: usize) -> anyhow::Result<Appended> {
        let next = usize::try_from(self.sequence)? % self.tasks.len();
        let commands = vec![command(self.tasks[next], events)?];
        let stack = Stack { stream: self.stream.clone(), expected_sequence: self.sequence, commands };
        let called = Instant::now();
        let outcomes = self.log.append(stack).await?;
        let answered = Instant::now();
        let Some(receipt) = outcomes.first().and_then(|outcome| outcome.receipt()) else {
            anyhow::bail!("not appended: {outcomes:?}");
        };
        self.sequence = receipt.sequence;
        Ok(Appended { position: receipt.last_position, called, answered })
    }
}

/// Creates a goal with its tasks.
pub(crate) async fn create_goal(agent: &GoalAgent, request: CreateGoal) -> anyhow::Result<Planned> {
    let caller = Caller::new("benchmark", ActorKind::System);
    agent.create_goal(&caller, request).await.map_err(|refusal| anyhow::anyhow!("create a goal: {refusal}"))
}
