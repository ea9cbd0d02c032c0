//! How many frames a second reach a number of clients: many events at once, against a loop that only writes.

use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use tokio::{net::TcpStream, task::JoinSet};

use super::{
    bare::{self, Bare},
    socket,
};
use crate::{
    measure::{Spread, fraction},
    served::Served,
    writer::{Appended, Writer},
};

/// How often, to how many, how much.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    pub(crate) clients: usize,
    pub(crate) events: usize,
}

/// Frames a second, over the rounds.
pub(crate) struct Rates {
    pub(crate) plan: Plan,
    pub(crate) frame_bytes: usize,
    pub(crate) ours: Spread,
    pub(crate) bare: Spread,
    /// Ours over the bare loop's.
    pub(crate) ratio: Spread,
}

pub(crate) async fn measure(served: &Served, writer: &mut Writer, plan: Plan) -> anyhow::Result<Rates> {
    let before = writer.append(1).await?.position;
    let last = writer.append(plan.events).await?.position;
    let frames = bare::frames(&served.url, before, last).await.context("keep the frames")?;
    let bytes: usize = frames.iter().map(Bytes::len).sum();
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for round in 0..plan.rounds {
        // Each goes first in every second round.
        for turn in [round, round + 1] {
            if turn % 2 == 0 {
                ours.push(plan.rate(pushed(served, writer, plan).await.context("push")?));
            } else {
                bare.push(plan.rate(written(&frames, last, plan).await.context("write")?));
            }
        }
    }
    let ratio = Spread::of(ours.iter().zip(&bare).map(|(ours, bare)| ours / bare));
    Ok(Rates { plan, frame_bytes: bytes / plan.events, ours: Spread::of(ours), bare: Spread::of(bare), ratio })
}

impl Plan {
    fn rate(self, took: Duration) -> f64 {
        fraction(self.clients * self.events, took.as_secs_f64())
    }
}

/// By the executable: all events in one command, so that the log does not hold it back.
async fn pushed(served: &Served, writer: &mut Writer, plan: Plan) -> anyhow::Result<Duration> {
    let Appended { position, .. } = writer.append(1).await?;
    let mut readers = Vec::new();
    for _ in 0..plan.clients {
        readers.push(socket::follow(&served.url, position).await?);
    }
    let last = position + plan.events as u64;
    let reading = tokio::spawn(read(readers, last));
    writer.append(plan.events).await?;
    reading.await?
}

/// By the loop.
async fn written(frames: &[Bytes], last: u64, plan: Plan) -> anyhow::Result<Duration> {
    let (bare, readers) = Bare::start(frames.to_vec(), plan.clients).await?;
    let reading = tokio::spawn(read(readers, last));
    let writing = bare.begin();
    let took = reading.await??;
    writing.join().map_err(|_panic| anyhow::anyhow!("the loop panicked"))??;
    Ok(took)
}

/// From the first byte at any reader to the last frame at all of them.
async fn read(readers: Vec<TcpStream>, last: u64) -> anyhow::Result<Duration> {
    let mut reading = JoinSet::new();
    for mut reader in readers {
        let last = format!("id: {last}\n");
        reading.spawn(async move { socket::read_until(&mut reader, last.as_bytes()).await });
    }
    let mut times: Vec<(Instant, Instant)> = Vec::new();
    while let Some(read) = reading.join_next().await {
        times.push(read??);
    }
    let begun = times.iter().map(|(first, _)| *first).min().context("there are readers")?;
    let ended = times.iter().map(|(_, last)| *last).max().context("there are readers")?;
    Ok(ended - begun)
}
