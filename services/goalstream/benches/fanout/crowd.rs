//! Ten thousand clients that watch quietly: when each of them reads an event, and what each costs.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::{net::TcpStream, task::JoinSet, time::timeout};

use super::socket::{self, PATIENCE};
use crate::{
    measure::{Spread, fraction},
    served::Served,
    writer::{Appended, Writer},
};

/// Connections that are opened at the same time.
const OPENING_MAX: usize = 64;
/// Clients that are there before memory is looked at: what is needed once for all is not theirs.
const WARM_UP_CLIENTS: usize = 100;
/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;

/// How many watch how much.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) clients: usize,
    /// Between two events.
    pub(crate) interval: Duration,
    pub(crate) events: usize,
}

/// What they saw.
pub(crate) struct Watched {
    pub(crate) plan: Plan,
    /// From the append's answer to each client's reading.
    pub(crate) commit_to_read_ms: Spread,
    /// Clients that were sent back to the snapshot.
    pub(crate) resets: usize,
    /// Of the server's own memory, more with all clients than before them.
    pub(crate) bytes_a_client: f64,
}

/// What one client saw: positions, and when they came.
#[derive(Default)]
struct Seen {
    frames: Vec<(u64, Instant)>,
    was_reset: bool,
}

pub(crate) async fn watch(served: &Served, writer: &mut Writer, plan: Plan) -> anyhow::Result<Watched> {
    let after = writer.append(1).await?.position;
    let last = after + plan.events as u64;
    let mut watching = JoinSet::new();
    let first = plan.clients.min(WARM_UP_CLIENTS);
    open(&mut watching, served, first, after, last).await?;
    let (others, before) = (plan.clients - first, served.memory_bytes()?);
    open(&mut watching, served, others, after, last).await?;
    let (mut appended, mut ticks) = (HashMap::new(), tokio::time::interval(plan.interval));
    for _ in 0..plan.events {
        ticks.tick().await;
        let Appended { position, answered, .. } = writer.append(1).await?;
        appended.insert(position, answered);
    }
    let memory = served.memory_bytes()?;
    let (mut times, mut resets) = (Vec::new(), 0);
    while let Some(seen) = timeout(PATIENCE, watching.join_next()).await.context("wait for the last frames")? {
        let seen = seen??;
        resets += usize::from(seen.was_reset);
        ensure!(seen.was_reset || seen.frames.len() == plan.events, "a client missed an event");
        let delay = |(position, read): &(u64, Instant)| Some(read.saturating_duration_since(*appended.get(position)?));
        times.extend(seen.frames.iter().filter_map(delay));
    }
    let bytes = usize::try_from(memory.saturating_sub(before))?;
    Ok(Watched {
        plan,
        commit_to_read_ms: Spread::of_times(times),
        resets,
        bytes_a_client: fraction(bytes, fraction(others.max(1), 1.0)),
    })
}

/// Opens clients that watch from behind a position to another one.
async fn open(
    watching: &mut JoinSet<anyhow::Result<Seen>>,
    served: &Served,
    clients: usize,
    after: u64,
    last: u64,
) -> anyhow::Result<()> {
    let opening = stream::iter(0..clients).map(|_| socket::follow(&served.url, after));
    let sockets: Vec<TcpStream> = opening.buffer_unordered(OPENING_MAX).try_collect().await.context("open clients")?;
    for socket in sockets {
        watching.spawn(see(socket, last));
    }
    Ok(())
}

/// Notes each frame up to and with a position.
async fn see(socket: TcpStream, last: u64) -> anyhow::Result<Seen> {
    let (mut rest, mut seen) = (Vec::new(), Seen::default());
    loop {
        timeout(PATIENCE, socket.readable()).await.context("wait for a frame")??;
        read(&socket, &mut rest)?;
        let arrived = Instant::now();
        while let Some(end) = rest.windows(2).position(|bytes| bytes == b"\n\n") {
            let frame: Vec<u8> = rest.drain(..end + 2).collect();
            let frame = String::from_utf8_lossy(&frame);
            if let Some(position) = position(&frame) {
                seen.frames.push((position, arrived));
            }
            seen.was_reset |= frame.contains("event: reset\n");
        }
        if seen.was_reset || seen.frames.last().is_some_and(|(position, _)| *position >= last) {
            return Ok(seen);
        }
    }
}

/// What there is. Memory is used only while there is something: most clients wait most of the time.
fn read(socket: &TcpStream, rest: &mut Vec<u8>) -> anyhow::Result<()> {
    let mut buffer = [0; READ_BYTES];
    match socket.try_read(&mut buffer) {
        Ok(0) => anyhow::bail!("the stream ended"),
        Ok(read) => rest.extend_from_slice(&buffer[..read]),
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Of the frame; its first line says it, behind the length of its chunk.
fn position(frame: &str) -> Option<u64> {
    frame.lines().find_map(|line| line.strip_prefix("id: "))?.trim().parse().ok()
}
