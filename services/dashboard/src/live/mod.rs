//! The live stream: every event after a position, in order, each once, to any number of clients.
//!
//! [`follow`] is the one reader of the log in this process. It renders each event once and adds it to the [window](Window) of the newest
//! frames; clients copy references from it at their own pace and wait for a bell. So a client has no queue of its own: one that is
//! slow finds one day that its place has left the window, is told `reset` and let go, and nobody else notices. One that begins
//! further back than the window is first served from the log, page by page, and then moves over at exactly its position. One whose position
//! is not in the window yet is waited with when the log has it, and reset when not even the log has.
//!
//! Read on with `client` (one client's way), `portion` (how much it holds), `follow` (from the log to frames), `frame` (what is sent), `stream` (HTTP).

pub(crate) mod stream;

mod client;
mod portion;

mod follow;
mod frame;
mod window;

#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::future::BoxFuture;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::health::Report;
use frame::{Frame, Vocabulary};
use window::{Found, Window};

pub(crate) use follow::{end_before, follow, replay, warm_start};
pub(crate) use stream::routes;

/// Reads so many frames at most right after a position from the log, waiting for the first; none when the log cannot be read at all.
pub(crate) type Replay = Arc<dyn Fn(u64, usize) -> BoxFuture<'static, Vec<Frame>> + Send + Sync>;

/// Where the log ends, when that is before a position; `None` when it is not, and when the log does not say so in time.
pub(crate) type EndBefore = Arc<dyn Fn(u64) -> BoxFuture<'static, Option<u64>> + Send + Sync>;

/// Clients for which the log is read, or asked where it ends, at the same time; more wait their turn. What is read is larger than what
/// a client then holds of it.
const REPLAYS_MAX: usize = 4;

/// The bounds of the live stream.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Clients at the same time; more are answered with 503.
    pub clients_max: usize,
    /// Events in the window. A client may fall behind by so many.
    pub window_events_max: usize,
    /// Bytes of frames in the window.
    pub window_bytes_max: usize,
    /// How far back a client may begin. One from further back is told to read a snapshot.
    pub replay_events_max: u64,
    /// A silent stream says this often that it is alive.
    pub heartbeat: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            clients_max: 2_000,
            window_events_max: 4_096,
            window_bytes_max: 32 * 1024 * 1024,
            replay_events_max: 10_000,
            heartbeat: Duration::from_secs(15),
        }
    }
}

/// What all clients share.
pub struct Live {
    epoch: Uuid,
    limits: Limits,
    window: RwLock<Window>,
    /// The end of the window, for those who wait.
    bell: watch::Sender<u64>,
    /// How the server is, as those are told who want it; empty until it is known.
    server_status: watch::Sender<Bytes>,
    replay: Replay,
    end_before: EndBefore,
    replays: Semaphore,
    clients: AtomicUsize,
    /// Clients that ever came.
    arrivals: AtomicU64,
    shutdown: CancellationToken,
}

impl Live {
    /// A stream whose window begins behind a position.
    pub(crate) fn new(
        epoch: Uuid,
        after: u64,
        (replay, end_before): (Replay, EndBefore),
        limits: Limits,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            epoch,
            limits,
            window: RwLock::new(Window::new(after, limits.window_events_max, limits.window_bytes_max)),
            bell: watch::Sender::new(after),
            server_status: watch::Sender::new(Bytes::new()),
            replay,
            end_before,
            replays: Semaphore::new(REPLAYS_MAX),
            clients: AtomicUsize::new(0),
            arrivals: AtomicU64::new(0),
            shutdown,
        }
    }

    /// Clients that are connected now.
    pub fn clients(&self) -> usize {
        self.clients.load(Ordering::Relaxed)
    }

    /// The last position that was pushed.
    pub fn position(&self) -> u64 {
        self.read(Window::end)
    }

    pub(crate) fn shutdown(&self) -> &CancellationToken {
        &self.shutdown
    }

    /// Starts another run of the log behind a position.
    pub(crate) fn begin_anew(&self, after: u64) {
        self.window.write().unwrap_or_else(PoisonError::into_inner).begin_anew(after);
        self.bell.send_replace(after);
    }

    /// Adds the next frames and wakes all clients once.
    pub(crate) fn publish(&self, frames: Vec<Frame>) {
        let Some(end) = frames.last().map(|frame| frame.position) else { return };
        {
            let mut window = self.window.write().unwrap_or_else(PoisonError::into_inner);
            frames.into_iter().for_each(|frame| window.push(frame));
        }
        self.bell.send_replace(end);
    }

    /// Tells how the server is, when that has changed.
    pub(crate) fn tell_server_status(&self, report: &Report) {
        let message = Bytes::from(frame::named(None, "server_status", &report.told()));
        self.server_status.send_if_modified(|told| {
            let changed = *told != message;
            *told = message;
            changed
        });
    }

    fn after(&self, position: u64, era: u64, vocabulary: Vocabulary) -> Found {
        self.read(|window| window.after(position, era, vocabulary))
    }

    fn read<T>(&self, what: impl FnOnce(&Window) -> T) -> T {
        what(&self.window.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A client's place among the allowed ones, given back when it goes.
struct Seat {
    live: Arc<Live>,
    /// Which client it is, counted from the start of the process.
    number: u64,
}

impl Seat {
    fn take(live: &Arc<Live>) -> Option<Self> {
        let free = |taken: usize| (taken < live.limits.clients_max).then_some(taken + 1);
        live.clients.fetch_update(Ordering::Relaxed, Ordering::Relaxed, free).ok()?;
        metrics::gauge!("sse_clients").increment(1.0);
        Some(Self { live: Arc::clone(live), number: live.arrivals.fetch_add(1, Ordering::Relaxed) })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.live.clients.fetch_sub(1, Ordering::Relaxed);
        metrics::gauge!("sse_clients").decrement(1.0);
    }
}
