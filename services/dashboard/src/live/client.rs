//! One client's way through the log.

use std::{collections::VecDeque, convert::Infallible, future::pending, time::Duration};

use bytes::Bytes;
use futures::{Stream, stream};
use serde_json::json;
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};
use uuid::Uuid;

use super::{
    Live, Seat,
    frame::{Frame, Vocabulary, message},
    portion::{self, Appetite},
    window::{Found, Window},
};

/// How long a client whose position we have not seen yet is waited with: it may have it from a receipt, or from a node that is ahead of us.
const AHEAD_PATIENCE: Duration = Duration::from_secs(10);
/// A browser that loses the connection returns after so long.
const RETRY_MS: u64 = 3_000;
/// At shutdown clients are sent away for between these, each for another while, so that they do not return in one instant.
const BYE_RETRY_MIN_MS: u64 = 1_000;
const BYE_RETRY_SPREAD_MS: u64 = 5_000;
/// Steps through the spread so that any run of clients lies evenly in it.
const BYE_RETRY_STEP_MS: u64 = 1_931;

/// Why a client is reset that was ahead of us for too long.
const UNKNOWN_POSITION: &str = "its position is not known here";

/// What a client asks for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wish {
    /// The last position it has; without it, only what comes from now on.
    pub(crate) after: Option<u64>,
    pub(super) vocabulary: Vocabulary,
    /// Whether it wants to hear how the server is.
    pub(super) server_status: bool,
    /// The log it has that position from.
    pub(super) epoch: Option<Uuid>,
}

/// Where the frames come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// The log, until the window has what comes next.
    Log,
    /// The window, for the rest of the stream.
    Window,
}

struct Client {
    seat: Seat,
    vocabulary: Vocabulary,
    hears_status: bool,
    position: u64,
    era: u64,
    source: Source,
    appetite: Appetite,
    /// When we stop waiting for a position that was never seen here.
    ahead_until: Option<Instant>,
    /// Whether the log was asked if it has that position.
    is_compared: bool,
    bell: watch::Receiver<u64>,
    server_status: watch::Receiver<Bytes>,
    /// Ready to be sent. Filled only when empty, so it is bounded by one portion.
    ready: VecDeque<Bytes>,
    ended: bool,
}

/// Everything a client is sent, until it is reset, the server stops or it goes away.
pub(super) fn stream(seat: Seat, wish: Wish) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let client = Client::greet(seat, wish);
    stream::unfold(client, |mut client| async move { client.next().await.map(|bytes| (Ok(bytes), client)) })
}

impl Client {
    fn greet(seat: Seat, wish: Wish) -> Self {
        let live = &seat.live;
        let (end, era) = live.read(|window| (window.end(), window.era()));
        let position = wish.after.unwrap_or(end);
        let mut server_status = live.server_status.subscribe();
        server_status.mark_changed();
        let mut client = Self {
            vocabulary: wish.vocabulary,
            hears_status: wish.server_status,
            position,
            era,
            source: Source::Log,
            appetite: Appetite::default(),
            ahead_until: (position > end).then(|| Instant::now() + AHEAD_PATIENCE),
            is_compared: false,
            bell: live.bell.subscribe(),
            server_status,
            ready: VecDeque::new(),
            ended: false,
            seat,
        };
        client.say(Some(RETRY_MS), "hello", client.place(position));
        if wish.epoch.is_some_and(|epoch| epoch != client.live().epoch) {
            client.reset("it comes from another log");
        }
        client
    }

    /// The next bytes. May be dropped while it waits.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                return Some(bytes);
            }
            if self.ended {
                return None;
            }
            self.step().await;
        }
    }

    async fn step(&mut self) {
        // Looked at before the window, so that a bell in between is heard.
        self.bell.mark_unchanged();
        if self.live().shutdown.is_cancelled() {
            return self.bye();
        }
        match self.live().after(self.position, self.era, self.vocabulary) {
            Found::Frames { bytes, end } => {
                self.source = Source::Window;
                self.take(bytes, end);
            }
            Found::Nothing if self.ahead_until().is_some() && !self.is_compared => self.compare_with_log().await,
            Found::Nothing => self.wait().await,
            Found::Gone { behind } if behind > self.live().limits.replay_events_max => {
                self.reset("it is too far behind");
            }
            Found::Gone { .. } if self.source == Source::Log => self.read_log().await,
            Found::Gone { .. } => self.reset("it reads too slowly"),
            Found::OtherEra => self.reset("the log began anew"),
        }
    }

    async fn wait(&mut self) {
        let ahead_until = self.ahead_until();
        let hears_status = self.hears_status;
        let heartbeat = self.live().limits.heartbeat;
        let shutdown = self.live().shutdown.clone();
        tokio::select! {
            _ = self.bell.changed() => {}
            () = shutdown.cancelled() => {}
            _ = self.server_status.changed(), if hears_status => {
                let status = self.server_status.borrow_and_update().clone();
                self.ready.extend((!status.is_empty()).then_some(status));
            }
            () = until(ahead_until) => self.reset(UNKNOWN_POSITION),
            () = sleep(heartbeat) => self.beat(),
        }
    }

    fn ahead_until(&self) -> Option<Instant> {
        self.ahead_until.filter(|_| self.position > self.live().read(Window::end))
    }

    /// A position that was never seen here is on its way to us, or not of this log: only the log knows. One that the log does not have
    /// would be waited for in vain, and silently pass over what is written up to there.
    async fn compare_with_log(&mut self) {
        let ahead_until = self.ahead_until();
        let shutdown = self.live().shutdown.clone();
        let asking = async {
            let _turn = self.live().replays.acquire().await;
            (self.live().end_before)(self.position).await
        };
        tokio::select! {
            end = asking => {
                self.is_compared = true;
                if let Some(head) = end {
                    self.reset_beyond(head);
                }
            }
            () = shutdown.cancelled() => {}
            () = until(ahead_until) => self.reset(UNKNOWN_POSITION),
        }
    }

    /// Reads on in the log. While the log is away the client only hears that we are alive.
    async fn read_log(&mut self) {
        let shutdown = self.live().shutdown.clone();
        let reading = async {
            let _turn = self.live().replays.acquire().await;
            (self.live().replay)(self.position, self.appetite.events()).await
        };
        tokio::select! {
            frames = reading => self.take_from_log(&frames),
            () = shutdown.cancelled() => {}
            () = sleep(self.live().limits.heartbeat) => self.beat(),
        }
    }

    fn take_from_log(&mut self, frames: &[Frame]) {
        if frames.is_empty() {
            return self.reset("the log cannot be read");
        }
        let contiguous = frames.iter().zip(self.position + 1..).all(|(frame, expected)| frame.position == expected);
        if !contiguous {
            tracing::error!(after = self.position, "the log was replayed with a hole");
            return self.reset("the log has a hole");
        }
        let bytes: Vec<Bytes> = portion::of(frames.iter().map(|frame| frame.bytes(self.vocabulary))).cloned().collect();
        self.appetite = self.appetite.after(&bytes, frames.len());
        let end = self.position + bytes.len() as u64;
        self.take(bytes, end);
    }

    fn take(&mut self, bytes: Vec<Bytes>, end: u64) {
        self.position = end;
        self.ready.extend(bytes.into_iter().filter(|bytes| !bytes.is_empty()));
    }

    fn beat(&mut self) {
        self.ready.push_back(Bytes::from_static(b": alive\n\n"));
    }

    /// Sends the client back to the snapshot.
    fn reset(&mut self, reason: &str) {
        self.reset_to(self.place(self.live().position()), reason);
    }

    /// Says where the log ends, too: what the client has seen from there on is not in it.
    fn reset_beyond(&mut self, head: u64) {
        let place = json!({ "epoch": self.live().epoch, "position": self.live().position(), "head": head });
        self.reset_to(place, "its position is beyond the end of the log");
    }

    fn reset_to(&mut self, place: serde_json::Value, reason: &str) {
        tracing::debug!(position = self.position, reason, "a client of the live stream is reset");
        metrics::counter!("sse_lag_resets_total").increment(1);
        self.say(None, "reset", place);
        self.ended = true;
    }

    fn bye(&mut self) {
        let retry_ms = BYE_RETRY_MIN_MS + self.seat.number * BYE_RETRY_STEP_MS % BYE_RETRY_SPREAD_MS;
        self.say(Some(retry_ms), "bye", json!({ "retry_ms": retry_ms }));
        self.ended = true;
    }

    fn place(&self, position: u64) -> serde_json::Value {
        json!({ "epoch": self.live().epoch, "position": position })
    }

    fn say(&mut self, retry_ms: Option<u64>, name: &str, data: serde_json::Value) {
        let retry = retry_ms.map(|retry_ms| format!("retry: {retry_ms}\n")).unwrap_or_default();
        self.ready.push_back((retry + &message(None, name, &data)).into());
    }

    fn live(&self) -> &Live {
        &self.seat.live
    }
}

async fn until(when: Option<Instant>) {
    match when {
        Some(when) => sleep_until(when).await,
        None => pending().await,
    }
}
