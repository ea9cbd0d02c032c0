//! `goalstream replay`: the goals as they were, folded anew from the events, and what has changed since.
//!
//! It asks no view: what it prints is what the log says.

use std::collections::BTreeMap;

use anyhow::Context;
use clap::Args;
use domain::{Goal, GoalId, Recorded, StreamId};
use event_store::Log;
use serde_json::{Map, Value, json};

use super::{history::change, print, progress};
use crate::{
    config::Settings,
    instance::{Servers, connect_log},
    telemetry,
};

/// Events read at once.
const PAGE_EVENTS: usize = 1_000;
/// Progress is told every so many events.
const TOLD_EVERY: u64 = 100_000;

type Goals = BTreeMap<GoalId, Goal>;

/// Fold the log up to a position and print every goal and task as it was then, one JSON line each.
#[derive(Args)]
pub(crate) struct Replay {
    /// The position to stop at; the end of the log when not given.
    #[arg(long, value_name = "POSITION")]
    to: Option<u64>,
    /// Print what has changed between then and now instead, a line for each goal and task.
    #[arg(long)]
    diff: bool,
    /// Print what has changed as JSON.
    #[arg(long, requires = "diff")]
    json: bool,
    /// Only this goal and its tasks.
    #[arg(long, value_name = "GOAL")]
    goal: Option<GoalId>,
}

impl Replay {
    pub(crate) async fn run(self, settings: Settings) -> anyhow::Result<()> {
        let _traces = telemetry::log(&settings.logging, "warn")?;
        let log = connect_log(&Servers::find(&settings)?, 1, 2).await?;
        let head = log.head().await?.position;
        let to = self.to.unwrap_or(head);
        anyhow::ensure!(to <= head, "--to {to} is beyond the log, which ends at position {head}");
        let mut goals = Goals::new();
        let mut reader = Reader { log: &log, goal: self.goal, position: 0, sequence: 0, ahead: Vec::new() };
        reader.fold(&mut goals, to).await?;
        if let Some(goal) = self.goal.filter(|goal| !goals.contains_key(goal)) {
            anyhow::bail!("--goal {goal} did not exist at position {to}");
        }
        match self.diff {
            false => goals.values().try_for_each(print_state)?,
            true => {
                let before = goals.clone();
                reader.fold(&mut goals, head).await?;
                print_differences(&before, &goals, self.json)?;
                progress(&format!("from position {to} to {head}"));
            }
        }
        log.close().await;
        Ok(())
    }
}

/// Reads on where it stopped, the whole log or one goal's stream.
struct Reader<'a> {
    log: &'a Log,
    goal: Option<GoalId>,
    position: u64,
    sequence: u64,
    /// What was read and lies behind the position that was asked for.
    ahead: Vec<Recorded>,
}

impl Reader<'_> {
    async fn fold(&mut self, goals: &mut Goals, to: u64) -> anyhow::Result<()> {
        let mut told = self.position / TOLD_EVERY;
        loop {
            let page = match std::mem::take(&mut self.ahead) {
                ahead if ahead.is_empty() => self.page().await.context("read the log")?,
                ahead => ahead,
            };
            if page.is_empty() {
                return Ok(());
            }
            let due = page.partition_point(|event| event.position <= to);
            self.ahead = page[due..].to_vec();
            for event in &page[..due] {
                let goal = event.goal_id().with_context(|| format!("position {} is no goal's", event.position))?;
                goals.entry(goal).or_default().evolve(&event.goal_event()?);
                (self.position, self.sequence) = (event.position, event.sequence);
            }
            if !self.ahead.is_empty() {
                return Ok(());
            }
            if self.position / TOLD_EVERY > told {
                told = self.position / TOLD_EVERY;
                progress(&format!("position {} of {to}", self.position));
            }
        }
    }

    async fn page(&self) -> Result<Vec<Recorded>, event_store::StoreError> {
        match self.goal {
            Some(goal) => self.log.read_stream(&StreamId::from(goal), self.sequence, PAGE_EVENTS).await,
            None => self.log.read_all(self.position, PAGE_EVENTS).await,
        }
    }
}

fn print_state(goal: &Goal) -> anyhow::Result<()> {
    for (subject, fields) in goal.subjects() {
        let mut line = Map::from_iter([("id".to_owned(), json!(subject))]);
        if let (Some(goal), true) = (goal.id, line["id"] != json!(goal.id)) {
            line.insert("goal".to_owned(), json!(goal));
        }
        line.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
        print(Value::Object(line))?;
    }
    Ok(())
}

fn print_differences(before: &Goals, after: &Goals, as_json: bool) -> anyhow::Result<()> {
    let nothing = Goal::default();
    for (id, later) in after {
        for (subject, differences) in before.get(id).unwrap_or(&nothing).differences(later) {
            match as_json {
                true => print(json!({ "id": subject, "diff": differences }))?,
                false => {
                    let changes: Vec<String> = differences.iter().map(change).collect();
                    print(format!("{subject}  {}", changes.join("; ")))?;
                }
            }
        }
    }
    Ok(())
}
