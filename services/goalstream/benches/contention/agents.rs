//! Those who claim and complete.

use std::time::{Duration, Instant};

use anyhow::anyhow;
use domain::{ActorKind, TaskId};
use goal_agent::{
    Caller, GoalAgent, Refusal, request::Claim, request::Complete, request::CreateGoal, request::TaskPlan,
};
use tokio::task::JoinSet;

use super::AGENTS;
use crate::{instance::Instance, measure::fraction};

/// All agents, once through their tasks.
pub(super) struct Turn {
    /// Commands a second.
    pub(super) rate: f64,
    /// Of single commands.
    pub(super) times: Vec<Duration>,
}

/// Makes so many goals, shares their tasks out, so many to each agent, and lets the agents work.
pub(super) async fn turn(instance: &Instance, goals: usize, tasks: usize) -> anyhow::Result<Turn> {
    let mut all = Vec::new();
    for goal in 0..goals {
        all.extend(create(&instance.agent, goal, AGENTS * tasks / goals).await?);
    }
    instance.settle().await?;
    let begun = Instant::now();
    let mut agents = JoinSet::new();
    for (number, own) in all.chunks(tasks).enumerate() {
        agents.spawn(work(instance.agent.clone(), number, own.to_vec()));
    }
    let mut times = Vec::new();
    while let Some(worked) = agents.join_next().await {
        times.extend(worked??);
    }
    Ok(Turn { rate: fraction(times.len(), begun.elapsed().as_secs_f64()), times })
}

/// One goal; the ids of its tasks.
async fn create(agent: &GoalAgent, goal: usize, tasks: usize) -> anyhow::Result<Vec<TaskId>> {
    let caller = Caller::new("planner", ActorKind::Agent);
    let task = |task| TaskPlan { title: format!("Task {task} of goal {goal}"), ..TaskPlan::default() };
    let tasks = (0..tasks).map(task).collect();
    let request = CreateGoal { title: format!("Goal {goal}"), tasks, ..CreateGoal::default() };
    let planned = agent.create_goal(&caller, request).await.map_err(refused)?;
    Ok(planned.ids.into_values().collect())
}

/// One agent: how long each of its commands took.
async fn work(agent: GoalAgent, number: usize, tasks: Vec<TaskId>) -> anyhow::Result<Vec<Duration>> {
    let caller = Caller::new(format!("agent-{number}"), ActorKind::Agent);
    let mut times = Vec::new();
    for task in tasks {
        let begun = Instant::now();
        let claim = Claim { id: Some(task.to_string()), ..Claim::default() };
        let fence = agent.claim(&caller, claim).await.map_err(refused)?.fence;
        times.push(begun.elapsed());
        let begun = Instant::now();
        let complete = Complete { id: task.to_string(), fence, ..Complete::default() };
        agent.complete(&caller, complete).await.map_err(refused)?;
        times.push(begun.elapsed());
    }
    Ok(times)
}

fn refused(refusal: Refusal) -> anyhow::Error {
    anyhow!("{}: {refusal}", refusal.code())
}
