//! Workers that create, find, claim, complete and change, at whichever node, and repeat each request until it is answered.

mod request;
mod work;

mod contend;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{sync::watch, task::JoinSet, time::sleep};

use super::{
    chance::Chance,
    check::{Receipts, Register},
    world::World,
};
use contend::Contended;

const WORKERS: u64 = 6;
/// What each does in a round at least, and while the fault lasts. The last step begins when it is over, so that everybody finds out
/// whether all is well again.
const STEPS_MIN: usize = 5;
/// And at most, so that a long fault does not make a long log.
const STEPS_MAX: usize = 15;
/// Between two steps, so that the fault meets work of every kind and not only the first of it.
const PACE: std::ops::Range<Duration> = Duration::from_millis(5)..Duration::from_millis(80);
/// Goals that are worked on; older ones rest.
const GOALS_MAX: usize = 40;

/// What the workers share.
pub(crate) struct Load {
    world: Arc<World>,
    pub(crate) receipts: Receipts,
    /// The newest goals that somebody has a receipt for, with its position.
    goals: Mutex<Vec<(String, u64)>>,
    pub(crate) register: Register,
    contended: Mutex<Vec<Contended>>,
}

/// One worker in one round.
struct Worker {
    load: Arc<Load>,
    client: reqwest::Client,
    chance: Chance,
    name: String,
    /// Makes the ids of its requests in this round.
    round: u64,
    requests: u64,
}

impl Load {
    pub(crate) fn new(world: Arc<World>) -> Arc<Self> {
        let (receipts, register) = (Receipts::default(), Register::default());
        Arc::new(Self { world, receipts, goals: Mutex::default(), register, contended: Mutex::default() })
    }

    /// Starts the workers of a round. They end when the fault is over and they have done their part.
    pub(crate) fn start(self: &Arc<Self>, seed: u64, round: u64, over: &watch::Receiver<bool>) -> JoinSet<()> {
        let mut workers = JoinSet::new();
        for number in 1..=WORKERS {
            let worker = Worker {
                load: Arc::clone(self),
                client: reqwest::Client::new(),
                chance: Chance::of(seed, round, number),
                name: format!("worker-{number}"),
                round,
                requests: 0,
            };
            workers.spawn(worker.run(over.clone()));
        }
        workers
    }

    fn remember(&self, goal: String, position: u64) {
        let mut goals = self.goals.lock().unwrap();
        goals.push((goal, position));
        let rest = goals.len().saturating_sub(GOALS_MAX);
        goals.drain(..rest);
    }
}

impl Worker {
    async fn run(mut self, mut over: watch::Receiver<bool>) {
        let mut steps = 1;
        while steps < STEPS_MIN || (steps < STEPS_MAX && !*over.borrow()) {
            // What went wrong has been told.
            if self.step().await.is_none() {
                return;
            }
            steps += 1;
            sleep(self.chance.between(PACE)).await;
        }
        over.wait_for(|over| *over).await.unwrap();
        let _told = self.step().await;
    }
}
