//! How work went lately: in the goal, and where that says too little, in the workspace.
//!
//! Read from the log, whose newest events say most: [`GOAL_EVENTS_MAX`] of the goal, [`LOG_EVENTS_MAX`] of everything.

use std::sync::Arc;

use domain::{
    Recorded, Workspace,
    goal::schedule::{Past, SAMPLES_MIN, Sample},
};
use event_store::LoadedGoal;

use crate::{Caller, GoalAgent, refusal::Refusal};

/// Events of a goal that are looked through, the newest.
const GOAL_EVENTS_MAX: u64 = 20_000;
/// Events of the whole log that are looked through when those of the goal say too little.
const LOG_EVENTS_MAX: u64 = 5_000;
/// Events read at once.
const PAGE_EVENTS: usize = 2_000;

/// What is known of the time before.
pub(super) struct Lately {
    /// Of the goal.
    pub(super) past: Past,
    /// How long work took.
    pub(super) samples: Arc<[Sample]>,
    /// Whether that is work on this goal alone.
    pub(super) of_goal: bool,
    /// The log position up to which the goal is known.
    pub(super) position: u64,
}

impl GoalAgent {
    /// Of a goal that is known up to this position of the log at least.
    pub(super) async fn work_lately(&self, caller: &Caller, known: &LoadedGoal, head: u64) -> Result<Lately, Refusal> {
        let (past, position) = self.past_of(known).await?;
        let of_goal = past.samples().len() >= SAMPLES_MIN;
        let samples = match of_goal {
            true => past.samples().copied().collect(),
            false => self.samples_of(&caller.workspace).await?,
        };
        Ok(Lately { past, samples, of_goal, position: position.max(head) })
    }

    /// The newest part of what made the goal what it is, and its last position.
    async fn past_of(&self, known: &LoadedGoal) -> Result<(Past, u64), Refusal> {
        let (stream, until) = (known.stream(), known.goal.sequence);
        let (mut past, mut position, mut after) = (Past::default(), 0, until.saturating_sub(GOAL_EVENTS_MAX));
        while after < until {
            let page = self.log.read_stream(&stream, after, PAGE_EVENTS).await?;
            let Some(last) = page.last() else { break };
            after = last.sequence;
            for event in page.iter().filter(|event| event.sequence <= until) {
                add(&mut past, event);
                position = event.position;
            }
        }
        Ok((past, position))
    }

    async fn samples_of(&self, workspace: &Workspace) -> Result<Arc<[Sample]>, Refusal> {
        if let Some(samples) = self.measured.get(workspace) {
            return Ok(samples);
        }
        let head = self.log.head().await?.position;
        let (mut past, mut after) = (Past::default(), head.saturating_sub(LOG_EVENTS_MAX));
        while after < head {
            let page = self.log.read_all(after, PAGE_EVENTS).await?;
            let Some(last) = page.last() else { break };
            after = last.position;
            page.iter().filter(|event| event.workspace == *workspace).for_each(|event| add(&mut past, event));
        }
        let samples: Arc<[Sample]> = past.samples().copied().collect();
        self.measured.insert(workspace.clone(), Arc::clone(&samples));
        Ok(samples)
    }
}

/// What this version cannot read it cannot measure either; the goal itself would not have been loaded.
fn add(past: &mut Past, event: &Recorded) {
    if Past::EVENTS.contains(&event.event_type.as_str())
        && let Ok(happened) = event.goal_event()
    {
        past.add(&happened, event.recorded_at);
    }
}
