//! Rounds in which every store has its turn.

use std::{
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use super::{STREAM_EVENTS, stores::Store};
use crate::measure::{Others, Spread, fraction};

/// How long the writers of a turn write before they are measured.
const WARM_UP: Duration = Duration::from_millis(300);

/// A turn in which others used more of the processors is disturbed, and its round is tried again.
const OTHERS_MAX: f64 = 0.12;
/// Rounds are tried so many times as often as they are wanted; then the least disturbed count.
const TRIES_MAX: usize = 5;

/// How often, for how long, and beside whom.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    pub(crate) turn: Duration,
    pub(crate) others: Others,
}

/// What came out at one number of writers.
pub(crate) struct Level {
    pub(crate) writers: usize,
    pub(crate) stores: Vec<Measured>,
    /// Of the processors, used by others in the most disturbed of the turns that count.
    pub(crate) others_used: f64,
    pub(crate) rounds_tried: usize,
}

/// What one store did in all its turns.
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
pub(super) struct Turn {
    pub(super) rate: f64,
    times: Vec<Duration>,
    p50_ms: f64,
    others_used: f64,
}

/// One turn of each store, in the stores' order.
type Round = Vec<Turn>;

/// Lets all stores take turns at one number of writers, until enough rounds were undisturbed.
pub(crate) async fn level(stores: &[Arc<Store>], writers: usize, plan: Plan) -> anyhow::Result<Level> {
    let mut rounds: Vec<Round> = Vec::new();
    let is_quiet = |round: &&Round| disturbance(round) <= OTHERS_MAX;
    while rounds.iter().filter(is_quiet).count() < plan.rounds && rounds.len() < plan.rounds * TRIES_MAX {
        rounds.push(round(stores, rounds.len(), writers, plan).await?);
    }
    let rounds_tried = rounds.len();
    rounds.sort_by(|one, other| disturbance(one).total_cmp(&disturbance(other)));
    rounds.truncate(plan.rounds);
    let measured = |(place, store): (usize, &Arc<Store>)| {
        let both = || rounds.iter().map(|round| (&round[0], &round[place]));
        Measured {
            name: store.name(),
            rate: Spread::of(both().map(|(_, its)| its.rate)),
            latency_ms: Spread::of_times(both().flat_map(|(_, its)| its.times.iter().copied())),
            ours_faster: Spread::of(both().map(|(ours, its)| ours.rate / its.rate)),
            ours_latency: Spread::of(both().map(|(ours, its)| ours.p50_ms / its.p50_ms)),
        }
    };
    let others_used = rounds.iter().map(|round| disturbance(round)).fold(0.0, f64::max);
    Ok(Level { writers, stores: stores.iter().enumerate().map(measured).collect(), others_used, rounds_tried })
}

fn disturbance(round: &[Turn]) -> f64 {
    round.iter().map(|turn| turn.others_used).fold(0.0, f64::max)
}

/// Each round begins with another store.
async fn round(stores: &[Arc<Store>], number: usize, writers: usize, plan: Plan) -> anyhow::Result<Round> {
    let mut turns: Vec<Option<Turn>> = stores.iter().map(|_| None).collect();
    for place in 0..stores.len() {
        let next = (number + place) % stores.len();
        turns[next] = Some(turn(&stores[next], writers, plan).await?);
    }
    Ok(turns.into_iter().flatten().collect())
}

pub(super) async fn turn(store: &Arc<Store>, writers: usize, plan: Plan) -> anyhow::Result<Turn> {
    let begin = Instant::now() + WARM_UP;
    let window = begin..=begin + plan.turn;
    let before = plan.others.now();
    let mut tasks = JoinSet::new();
    for _ in 0..writers {
        tasks.spawn(write(Arc::clone(store), window.clone()));
    }
    let mut times = Vec::new();
    while let Some(written) = tasks.join_next().await {
        times.extend(written??);
    }
    let others_used = plan.others.share(before);
    let p50_ms = Spread::of_times(times.iter().copied()).p50;
    let rate = fraction(times.len(), plan.turn.as_secs_f64());
    Ok(Turn { rate, times, p50_ms, others_used })
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
