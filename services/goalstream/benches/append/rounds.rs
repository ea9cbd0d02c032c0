//! Rounds in which every store has its turn.

use std::{
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde::Serialize;
use tokio::task::JoinSet;

use crate::{
    STREAM_EVENTS,
    measure::{Spread, fraction},
    stores::Store,
};

/// How long the writers of a turn write before they are measured.
const WARM_UP: Duration = Duration::from_millis(300);

/// How often, and for how long.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    pub(crate) turn: Duration,
}

/// What came out at one number of writers.
#[derive(Serialize)]
pub(crate) struct Level {
    pub(crate) writers: usize,
    pub(crate) stores: Vec<Measured>,
}

/// What one store did in all its turns.
#[derive(Serialize)]
pub(crate) struct Measured {
    pub(crate) name: String,
    /// Commands a second, over the rounds.
    pub(crate) rate: Spread,
    /// Of single commands, over all rounds.
    pub(crate) latency_ms: Spread,
    /// Our log's rate over this one's, over the rounds.
    pub(crate) ours_faster: Spread,
    /// Our log's median latency over this one's, over the rounds.
    pub(crate) ours_latency: Spread,
}

/// One store's turn.
struct Turn {
    rate: f64,
    times: Vec<Duration>,
    p50_ms: f64,
}

/// Lets all stores take turns at one number of writers. Each round begins with another store.
pub(crate) async fn level(stores: &[Arc<Store>], writers: usize, plan: Plan) -> anyhow::Result<Level> {
    let mut turns: Vec<Vec<Turn>> = stores.iter().map(|_| Vec::new()).collect();
    for round in 0..plan.rounds {
        for place in 0..stores.len() {
            let next = (round + place) % stores.len();
            turns[next].push(turn(&stores[next], writers, plan.turn).await?);
        }
    }
    let measured = |(store, own): (&Arc<Store>, &Vec<Turn>)| Measured {
        name: store.name(),
        rate: Spread::of(own.iter().map(|turn| turn.rate)),
        latency_ms: Spread::of_times(own.iter().flat_map(|turn| turn.times.iter().copied())),
        ours_faster: Spread::of(turns[0].iter().zip(own).map(|(ours, own)| ours.rate / own.rate)),
        ours_latency: Spread::of(turns[0].iter().zip(own).map(|(ours, own)| ours.p50_ms / own.p50_ms)),
    };
    Ok(Level { writers, stores: stores.iter().zip(&turns).map(measured).collect() })
}

async fn turn(store: &Arc<Store>, writers: usize, length: Duration) -> anyhow::Result<Turn> {
    let begin = Instant::now() + WARM_UP;
    let window = begin..=begin + length;
    let mut tasks = JoinSet::new();
    for _ in 0..writers {
        tasks.spawn(write(Arc::clone(store), window.clone()));
    }
    let mut times = Vec::new();
    while let Some(written) = tasks.join_next().await {
        times.extend(written??);
    }
    let p50_ms = Spread::of_times(times.iter().copied()).p50;
    Ok(Turn { rate: fraction(times.len(), length.as_secs_f64()), times, p50_ms })
}

/// Appends until the window closes; how long those took that were answered within it.
async fn write(store: Arc<Store>, window: RangeInclusive<Instant>) -> anyhow::Result<Vec<Duration>> {
    /// No two writers ever share a stream.
    static STREAMS: AtomicU64 = AtomicU64::new(1);
    let mut times = Vec::new();
    loop {
        let stream = STREAMS.fetch_add(1, Ordering::Relaxed);
        for sequence in 0..STREAM_EVENTS {
            let begun = Instant::now();
            if begun > *window.end() {
                return Ok(times);
            }
            store.append(stream, sequence).await?;
            let ended = Instant::now();
            if window.contains(&ended) {
                times.push(ended - begun);
            }
        }
    }
}
