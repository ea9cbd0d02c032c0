//! A session of agents, replayed: how many answers come from memory.
//!
//! `session.jsonl` holds what three agents of a language model called, in that order, while they built a small program together for a quarter
//! of an hour: one planned and watched, two worked. What was refused then, or would be now, is left out. It is replayed without the pauses but for the
//! moment that the views need, so nothing is forgotten for its age.

use std::collections::HashMap;

use anyhow::Context;
use serde::Deserialize;
use serde_json::Value;

use crate::{door::Door, measure::fraction, node::Node};

/// Sessions, each on a goal of its own.
const REPLAYS: usize = 5;

/// One call.
#[derive(Deserialize)]
struct Step {
    by: String,
    tool: String,
    arguments: Value,
    /// The ids of what it made, by key; `goal` is the goal's.
    #[serde(default)]
    made: HashMap<String, String>,
}

/// Part of the look-ups that found what they looked for, 0 to 1.
pub(crate) struct HitRates {
    pub(crate) calls: usize,
    /// Answers of queries.
    pub(crate) read_models: f64,
    /// Goals as they are decided on.
    pub(crate) aggregates: f64,
}

/// Replays the session in an empty log and asks the instance how often its caches were of use meanwhile.
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
    let (mut names, mut doors): (HashMap<&str, String>, HashMap<&str, Door>) = (HashMap::new(), HashMap::new());
    for step in steps {
        let mut arguments = step.arguments.clone();
        rename(&mut arguments, &names);
        let door = doors.entry(&step.by).or_insert_with(|| Door::of(url, &step.by));
        let answer = door.call(&step.tool, &arguments).await?;
        node.views_caught_up().await?;
        for (key, then) in &step.made {
            let now = if key == "goal" { &answer["goal"] } else { &answer["ids"][key] };
            names.insert(then, now.as_str().with_context(|| format!("{key} has no id in {answer}"))?.to_owned());
        }
    }
    Ok(())
}

/// Puts the ids of today where those of the record are.
fn rename(value: &mut Value, names: &HashMap<&str, String>) {
    match value {
        Value::String(name) => {
            if let Some(id) = names.get(name.as_str()) {
                id.clone_into(name);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| rename(value, names)),
        Value::Object(fields) => fields.values_mut().for_each(|value| rename(value, names)),
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
