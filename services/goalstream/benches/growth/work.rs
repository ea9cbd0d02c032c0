//! The work that is timed.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use anyhow::{anyhow, ensure};
use domain::{ActorKind, TaskId};
use goal_agent::{Caller, Refusal, request::Find, request::Get};
use read_models::RebuildProgress;

use crate::{history, instance::Instance, latency::writers, measure::Spread, writer::Writer};

/// A step between the tasks that are read, prime, so that no size of a log brings the same ones back soon.
const STEP: u64 = 7_919;
/// Of the tasks, those whose ids are sure to be in use: ids are taken in blocks, and the last blocks are not used up.
const TASKS_PERCENT: u64 = 80;
/// Words that a search asks for; some hundreds of tasks in a hundred thousand events have both.
const WORDS: usize = 2;

pub(super) struct Work<'a> {
    instance: &'a Instance,
    writers: Vec<Writer>,
    caller: Caller,
    /// Calls so far, so that each asks for something else.
    calls: u64,
}

impl<'a> Work<'a> {
    pub(super) async fn new(instance: &'a Instance) -> anyhow::Result<Self> {
        let writers = writers::all(instance).await?;
        Ok(Self { instance, writers, caller: Caller::new("reader", ActorKind::Agent), calls: 0 })
    }

    /// One event a command, each on another goal than the one before.
    pub(super) async fn append(&mut self, calls: usize) -> anyhow::Result<Spread> {
        let (mut times, writers) = (Vec::new(), self.writers.len());
        for call in 0..calls {
            let appended = self.writers[call % writers].append(1).await?;
            times.push(appended.answered - appended.called);
        }
        self.instance.settle().await?;
        Ok(Spread::of_times(times))
    }

    /// One task, out of so many.
    pub(super) async fn get(&mut self, calls: usize, tasks: u64) -> anyhow::Result<Spread> {
        let mut times = Vec::new();
        for _ in 0..calls {
            self.calls += 1;
            let task = TaskId(1 + self.calls * STEP % (tasks * TASKS_PERCENT / 100));
            let begun = Instant::now();
            let get = Get { ids: vec![task.to_string()], ..Get::default() };
            let found = self.instance.agent.get(&self.caller, get).await.map_err(refused)?;
            times.push(begun.elapsed());
            ensure!(found.tasks.len() == 1, "{task} is not there");
        }
        Ok(Spread::of_times(times))
    }

    /// Tasks with two words.
    pub(super) async fn find(&mut self, calls: usize) -> anyhow::Result<Spread> {
        let mut times = Vec::new();
        for _ in 0..calls {
            self.calls += 1;
            let find = Find { q: Some(history::words(self.calls * STEP, WORDS)), ..Find::default() };
            let begun = Instant::now();
            self.instance.agent.find(&self.caller, find).await.map_err(refused)?;
            times.push(begun.elapsed());
        }
        Ok(Spread::of_times(times))
    }

    /// All views, once; in seconds.
    pub(super) async fn rebuild(&self) -> anyhow::Result<f64> {
        let (begun, told) = (Instant::now(), AtomicU64::new(0));
        let tell = |progress: RebuildProgress| {
            let tenths = progress.position * 10 / progress.live.max(1);
            if told.swap(tenths, Ordering::Relaxed) != tenths {
                super::say(format!("rebuilt: {} of {} events", progress.position, progress.live));
            }
        };
        projector::rebuild(&self.instance.log, &self.instance.views, "all", &tell).await?;
        let took = begun.elapsed().as_secs_f64();
        self.instance.views.drop_retired_after(std::time::Duration::ZERO).await?;
        Ok(took)
    }
}

fn refused(refusal: Refusal) -> anyhow::Error {
    anyhow!("{}: {refusal}", refusal.code())
}
