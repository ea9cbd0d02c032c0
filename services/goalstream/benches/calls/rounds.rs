//! Rounds in which every contender has its turn.

use std::time::{Duration, Instant};

use futures::future::join_all;
use uuid::Uuid;

use super::{
    client::Client,
    contender::Contender,
    stored::{Kept, TITLE},
};
use crate::{
    measure::{Spread, fraction},
    node::Node,
    served::Served,
};

/// How often, and for how long.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    pub(crate) turn: Duration,
}

/// What came out at one number of clients.
pub(crate) struct Level {
    pub(crate) clients: usize,
    pub(crate) contenders: Vec<Measured>,
}

/// What one contender did in all its turns.
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) transport: &'static str,
    pub(crate) is_ours: bool,
    /// Calls a second, round by round.
    pub(crate) rates: Vec<f64>,
    /// Median of a call, round by round, in milliseconds.
    pub(crate) p50s_ms: Vec<f64>,
    /// Of single calls, over all rounds.
    pub(crate) latency_ms: Spread,
    pub(crate) refused: usize,
    pub(crate) kept: Kept,
}

/// A contender's open clients, and what they have seen so far.
struct Entrant<'a> {
    contender: &'a Contender,
    clients: Vec<Client>,
    turns: Vec<Turn>,
}

#[derive(Default)]
struct Turn {
    times: Vec<Duration>,
    acknowledged: Vec<String>,
    refused: usize,
}

/// Lets all take turns at one number of clients, then counts what each has stored.
pub(crate) async fn level(
    contenders: &[Contender],
    clients: usize,
    plan: Plan,
    served: &Served,
    node: &Node,
) -> anyhow::Result<Level> {
    let mut entrants = Vec::new();
    for contender in contenders {
        let mut opened = Vec::new();
        for _ in 0..clients {
            opened.push(contender.open(served, node).await?);
        }
        entrants.push(Entrant { contender, clients: opened, turns: Vec::new() });
    }
    for round in 0..plan.rounds {
        // Each round begins with another one.
        for place in 0..entrants.len() {
            let next = (round + place) % entrants.len();
            entrants[next].turn(plan.turn).await;
        }
    }
    let mut measured = Vec::new();
    for entrant in entrants {
        measured.push(entrant.finish(plan.turn, node).await?);
    }
    Ok(Level { clients, contenders: measured })
}

impl Entrant<'_> {
    async fn turn(&mut self, lasts: Duration) {
        let end = Instant::now() + lasts;
        let turns = join_all(self.clients.iter_mut().map(|client| call_until(client, end))).await;
        self.turns.push(turns.into_iter().fold(Turn::default(), Turn::and));
    }

    async fn finish(mut self, lasts: Duration, node: &Node) -> anyhow::Result<Measured> {
        let turns = &self.turns;
        let acknowledged: Vec<String> = turns.iter().flat_map(|turn| turn.acknowledged.iter().cloned()).collect();
        Ok(Measured {
            name: self.contender.name(),
            transport: self.contender.transport(),
            is_ours: self.contender.is_ours(),
            rates: turns.iter().map(|turn| fraction(turn.times.len(), lasts.as_secs_f64())).collect(),
            p50s_ms: turns.iter().map(|turn| Spread::of_times(turn.times.iter().copied()).p50).collect(),
            latency_ms: Spread::of_times(turns.iter().flat_map(|turn| turn.times.iter().copied())),
            refused: turns.iter().map(|turn| turn.refused).sum(),
            kept: Kept::look(&acknowledged, self.contender, &mut self.clients, node).await?,
        })
    }
}

impl Turn {
    fn and(mut self, other: Self) -> Self {
        self.times.extend(other.times);
        self.acknowledged.extend(other.acknowledged);
        self.refused += other.refused;
        self
    }
}

/// Creates tasks until the moment has come; the times of those that were answered before it.
async fn call_until(client: &mut Client, end: Instant) -> Turn {
    let mut turn = Turn::default();
    while Instant::now() < end {
        let title = format!("{TITLE}{}", Uuid::new_v4().simple());
        let begun = Instant::now();
        match client.create(&title).await {
            Ok(()) => turn.acknowledged.push(title),
            Err(_refused) => {
                turn.refused += 1;
                continue;
            }
        }
        if Instant::now() <= end {
            turn.times.push(begun.elapsed());
        }
    }
    turn
}
