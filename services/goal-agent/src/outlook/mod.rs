//! `plan`: what is left of a goal, and what would be left after some more calls.
//!
//! Nothing is written, and no id is taken: supposed calls are decided by the same rules, on a copy of the goal as the log has it now, and
//! supposed tasks have numbers that the log never gives. The goal is loaded as for a decision, so the answer never lags behind the views.
//!
//! Limits: [`CALLS_MAX`] calls, [`WORKERS_MAX`] workers; `past` says how much of the log is read, `telling` how long an answer is.

mod past;

mod names;
mod supposing;

mod hints;
mod telling;

use std::collections::BTreeSet;

use chrono::TimeDelta;
use domain::{
    Goal, GoalId, Timestamp,
    goal::schedule::{Circumstances, plan},
    time::micros,
};
use event_store::LoadedGoal;

use self::{
    past::Lately,
    supposing::Supposing,
    telling::{Told, Workers},
};
use crate::{
    Caller, GoalAgent, lane,
    refusal::Refusal,
    reply,
    request::{Outlook, Supposed},
};

/// Supposed calls in one request.
const CALLS_MAX: usize = 50;
/// Workers to plan with.
const WORKERS_MAX: u32 = 1_000;
/// Who has claimed a task in this time is counted on.
const LATELY: TimeDelta = TimeDelta::days(1);

/// Everything that an answer is made of.
struct Question {
    goal: Goal,
    id: GoalId,
    at: Timestamp,
    lately: Lately,
    workers: Option<u32>,
    what_if: Vec<Supposed>,
    /// Who asks.
    name: String,
}

impl GoalAgent {
    /// Plans what is left of a goal; with `what_if`, what would be left then, and how that differs.
    ///
    /// # Errors
    /// NOT_FOUND and VALIDATION of the goal and of numbers. A supposed call that would be refused is a part of the answer.
    pub async fn outlook(&self, caller: &Caller, request: Outlook) -> Result<reply::Outlook, Refusal> {
        let _place = self.doors.reads.enter()?;
        check(&request)?;
        let id: GoalId = self.id("goal", &request.goal).await?;
        // Before the goal is read: what is known to be in the log by now is in the answer.
        let head = self.head();
        let known = self.newest(id).await?;
        let lately = self.work_lately(caller, &known, head).await?;
        let question = Question {
            goal: known.goal,
            id,
            at: micros(chrono::Utc::now()),
            lately,
            workers: request.workers,
            what_if: request.what_if,
            name: caller.actor.id.clone(),
        };
        // A goal of ten thousand tasks takes some time, and others are to be answered meanwhile.
        tokio::task::spawn_blocking(move || question.answer())
            .await
            .map_err(|error| lane::internal("make a plan", &error))
    }

    async fn newest(&self, id: GoalId) -> Result<LoadedGoal, Refusal> {
        let store = self.lanes.store();
        let known = store.catch_up(&store.load(id).await?).await?;
        match known.goal.sequence {
            0 => Err(self.not_found(&id.to_string()).await),
            _ => Ok(known),
        }
    }
}

impl Question {
    fn answer(self) -> reply::Outlook {
        let (workers, circumstances) = self.circumstances(&self.goal);
        let now = plan(&self.goal, &circumstances);
        if self.what_if.is_empty() {
            return Told { question: &self, goal: &self.goal, workers, plan: &now, supposed: None }.reply();
        }
        let mut supposing = Supposing::new(&self);
        let calls = self.what_if.iter().enumerate().map(|(place, call)| supposing.suppose(place, call)).collect();
        let (workers, circumstances) = self.circumstances(&supposing.goal);
        let then = plan(&supposing.goal, &circumstances);
        let supposed = Some(telling::Compared { before: &now, calls, names: &supposing.names });
        Told { question: &self, goal: &supposing.goal, workers, plan: &then, supposed }.reply()
    }

    fn circumstances(&self, goal: &Goal) -> (Workers, Circumstances) {
        let workers = self.workers.map_or_else(|| self.lately_at_work(goal), Workers::Given);
        let samples = self.lately.samples.to_vec();
        (workers, Circumstances { at: self.at, workers: workers.count(), samples })
    }

    fn lately_at_work(&self, goal: &Goal) -> Workers {
        let holders = goal.tasks.values().filter_map(|task| Some(task.live_claim(self.at)?.holder.as_str()));
        let names: BTreeSet<&str> = self.lately.past.claimed_since(self.at - LATELY).chain(holders).collect();
        match u32::try_from(names.len()).unwrap_or(WORKERS_MAX).min(WORKERS_MAX) {
            0 => Workers::Nobody,
            count => Workers::Lately(count),
        }
    }
}

fn check(request: &Outlook) -> Result<(), Refusal> {
    match request.workers {
        Some(workers) if !(1..=WORKERS_MAX).contains(&workers) => {
            return Err(Refusal::validation("workers", format!("is {workers}; give 1 to {WORKERS_MAX}")));
        }
        _ => {}
    }
    match request.what_if.len() {
        many if many > CALLS_MAX => {
            Err(Refusal::validation("what_if", format!("has {many} calls; give at most {CALLS_MAX}")))
        }
        _ => Ok(()),
    }
}
