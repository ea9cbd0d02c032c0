//! Those who append: one a goal, so that none waits for another's decision.

use std::time::{Duration, Instant};

use domain::{ActorKind, StreamId, TaskId};
use event_store::{Log, Stack};
use goal_agent::{Caller, request::CreateGoal, request::TaskPlan};
use tokio::task::JoinSet;

use crate::{instance::Instance, measure::command};

const GOALS: u32 = 16;
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
    pub(crate) position: u64,
    pub(crate) called: Instant,
    pub(crate) answered: Instant,
}

impl Writer {
    /// Describes one of the goal's tasks anew, each in turn.
    pub(crate) async fn append(&mut self) -> anyhow::Result<Appended> {
        let next = usize::try_from(self.sequence)? % self.tasks.len();
        let commands = vec![command(self.tasks[next], 1)?];
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

/// Creates the goals with their tasks.
pub(crate) async fn all(instance: &Instance) -> anyhow::Result<Vec<Writer>> {
    let caller = Caller::new("benchmark", ActorKind::System);
    let mut writers = Vec::new();
    for goal in 1..=GOALS {
        let task = |task| TaskPlan { title: format!("Task {task} of goal {goal}"), ..TaskPlan::default() };
        let tasks = (1..=TASKS).map(task).collect();
        let request = CreateGoal { title: format!("Goal {goal}"), tasks, ..CreateGoal::default() };
        let planned =
            instance.agent.create_goal(&caller, request).await.map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
        let stream = StreamId::from(planned.goal);
        let sequence = instance.log.read_stream(&stream, 0, TASKS + 1).await?.len() as u64;
        writers.push(Writer {
            log: instance.log.clone(),
            stream,
            tasks: planned.ids.into_values().collect(),
            sequence,
        });
    }
    Ok(writers)
}

/// All write at once, evenly, so that together they reach the rate.
pub(crate) async fn write(writers: Vec<Writer>, rate: u32, seconds: u32) -> anyhow::Result<Vec<Appended>> {
    let count = u32::try_from(writers.len())?;
    let (each, interval) = (rate * seconds / count, Duration::from_secs(count.into()) / rate);
    let begin = tokio::time::Instant::now();
    let mut tasks = JoinSet::new();
    for (place, mut writer) in (0..).zip(writers) {
        tasks.spawn(async move {
            let mut ticks = tokio::time::interval_at(begin + interval / count * place, interval);
            let mut appended = Vec::new();
            for _ in 0..each {
                ticks.tick().await;
                appended.push(writer.append().await?);
            }
            anyhow::Ok(appended)
        });
    }
    let mut all = Vec::new();
    while let Some(written) = tasks.join_next().await {
        all.extend(written??);
    }
    Ok(all)
}
