//! A session of agents, replayed: how many answers come from memory.
//!
//! `session.jsonl` holds the calls in their order: three workers take turns at the twelve tasks of one goal, one level after the other, and
//! read their task, the goal and what they build on again before each step, while a lead watches the tree. It was written after the way in which
//! agents are told to work; it is no recording of a model.

use std::collections::HashMap;

use anyhow::Context;
use goal_agent::request::{CreateGoal, TaskPlan};
use serde::Deserialize;
use serde_json::Value;

use crate::{door::Door, measure::fraction, node::Node, writer::create_goal};

const TASKS: usize = 12;
/// Sessions, each on a goal of its own.
const REPLAYS: usize = 20;
const FENCE: &str = "$fence";

/// One call.
#[derive(Deserialize)]
struct Step {
    by: String,
    tool: String,
    arguments: Value,
}

/// Part of the look-ups that found what they looked for, 0 to 1.
pub(crate) struct HitRates {
    pub(crate) calls: usize,
    /// Answers of queries.
    pub(crate) read_models: f64,
    /// Goals as they are decided on.
    pub(crate) aggregates: f64,
}

/// Replays the session and asks the instance how often its caches were of use meanwhile.
pub(crate) async fn replay(url: &str, node: &Node) -> anyhow::Result<HitRates> {
    let lines = include_str!("session.jsonl").lines().map(serde_json::from_str);
    let steps: Vec<Step> = lines.collect::<Result<_, _>>().context("understand the session")?;
    let before = Counted::now(url).await?;
    for _ in 0..REPLAYS {
        once(url, node, &steps).await?;
    }
    let after = Counted::now(url).await?;
    let rate = |cache| after.rate_since(&before, cache);
    Ok(HitRates { calls: REPLAYS * steps.len(), read_models: rate("read_models"), aggregates: rate("aggregate") })
}

async fn once(url: &str, node: &Node, steps: &[Step]) -> anyhow::Result<()> {
    let task = |task| TaskPlan { title: format!("Step {task}"), ..TaskPlan::default() };
    let tasks = (1..=TASKS).map(task).collect();
    let goal = CreateGoal { title: "A session".to_owned(), tasks, ..CreateGoal::default() };
    let planned = create_goal(&node.agent, goal).await?;
    let mut names = HashMap::from([("$goal".to_owned(), planned.goal.to_string())]);
    names.extend((1..).zip(planned.ids.values()).map(|(number, id)| (format!("$task{number}"), id.to_string())));
    let (mut doors, mut fences): (HashMap<&str, Door>, HashMap<&str, Value>) = (HashMap::new(), HashMap::new());
    for step in steps {
        let by = step.by.as_str();
        let mut arguments = step.arguments.clone();
        fill_in(&mut arguments, &names, fences.get(by));
        let door = doors.entry(by).or_insert_with(|| Door::of(url, by));
        let answer = door.call(&step.tool, &arguments).await?;
        if step.tool == "claim" {
            fences.insert(by, answer["fence"].clone());
        }
    }
    Ok(())
}

/// Puts the session's own ids, and the caller's newest fence, where the record has names for them.
fn fill_in(value: &mut Value, names: &HashMap<String, String>, fence: Option<&Value>) {
    match value {
        Value::String(name) if name == FENCE => *value = fence.cloned().unwrap_or_default(),
        Value::String(name) => {
            if let Some(id) = names.get(name.as_str()) {
                id.clone_into(name);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| fill_in(value, names, fence)),
        Value::Object(fields) => fields.values_mut().for_each(|value| fill_in(value, names, fence)),
        _ => {}
    }
}

/// The instance's counters, as Prometheus reads them.
struct Counted(String);

impl Counted {
    async fn now(url: &str) -> anyhow::Result<Self> {
        let metrics = reqwest::get(format!("{url}/metrics")).await?.error_for_status()?;
        Ok(Self(metrics.text().await?))
    }

    fn rate_since(&self, before: &Self, cache: &str) -> f64 {
        let grown = |name| self.sum(name, cache) - before.sum(name, cache);
        let (hits, misses) = (grown("cache_hits_total"), grown("cache_misses_total"));
        hits / (hits + misses).max(fraction(1, 1.0))
    }

    /// Over all labels but the cache's.
    fn sum(&self, name: &str, cache: &str) -> f64 {
        let label = format!("cache=\"{cache}\"");
        let lines = self.0.lines().filter(|line| line.starts_with(name) && line.contains(&label));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }
}
