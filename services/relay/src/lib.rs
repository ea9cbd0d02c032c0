//! Carries the log to the bus, position by position.
//!
//! The relay keeps no checkpoint: it asks the stream for its last sequence and goes on from there, so a stream that lost its tail heals and
//! a relay that died leaves nothing behind. It never decides which of two histories is right: where stream and log disagree it stops,
//! says so once and waits for a person.
//!
//! Read in this order: [`Relay`] (what it is doing, for health), `carry` (log to bus), `election` (one relay at a time, for thrift),
//! [`progress`] (how far behind the stream is, and whether anybody carries at all).
//!
//! Order: one page is sent after the other, each event only on top of the one before it. Limits: a page of [`PAGE_EVENTS`], the window of
//! [`event_bus::Publisher`], delays between [`RETRY_DELAY_MIN`] and [`RETRY_DELAY_MAX`].

mod carry;
mod election;
mod place;
pub mod progress;

use std::{sync::atomic::AtomicU64, time::Duration};

use event_bus::{Bus, Nats, Server};
use event_store::{Log, LogReader};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use progress::Progress;

/// Events read from the log at once.
pub const PAGE_EVENTS: usize = 512;
/// First and longest wait before the stream is asked again where it stands.
pub const RETRY_DELAY_MIN: Duration = Duration::from_millis(20);
/// See [`RETRY_DELAY_MIN`].
pub const RETRY_DELAY_MAX: Duration = Duration::from_secs(5);
/// How often a relay looks where the stream stands, and one that carries, busy or idle, whether it is still what it was.
pub const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// How long a stream that is behind may take nothing before that counts as nobody carrying.
pub const STALL_BOUND: Duration = Duration::from_secs(5);
/// How often a relay that has raised an alarm looks whether somebody has mended things.
pub const ALARM_INTERVAL: Duration = Duration::from_secs(5);
/// How often a relay that stands by tries to take over.
pub const STANDBY_INTERVAL: Duration = Duration::from_secs(1);

/// What a relay is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayState {
    /// Not started yet.
    Starting,
    /// Another relay carries the events.
    Standby,
    /// Everything committed is on the bus, or on its way.
    Publishing,
    /// NATS or Postgres does not answer; it goes on by itself.
    Waiting {
        /// What did not answer.
        reason: String,
    },
    /// Stopped until somebody has acted: the message says what is wrong and what to do.
    Alarm {
        /// For a person.
        message: String,
    },
}

/// One relay. Several at once are safe: the stream takes each event only once, and only on top of the one before it.
pub struct Relay<L: LogReader = Log, S: Server = Nats> {
    log: L,
    bus: Bus<S>,
    state: watch::Sender<RelayState>,
    progress: watch::Sender<Option<Progress>>,
    /// Where the stream was found to have something else than the log; 0 when it was not. See `carry`.
    disputed: AtomicU64,
}

impl<L: LogReader, S: Server> Relay<L, S> {
    /// A relay that has yet to [run](Relay::run).
    pub fn new(log: L, bus: Bus<S>) -> Self {
        let (state, progress) = (watch::Sender::new(RelayState::Starting), watch::Sender::new(None));
        Self { log, bus, state, progress, disputed: AtomicU64::new(0) }
    }

    /// What it is doing, now and whenever that changes.
    pub fn state(&self) -> watch::Receiver<RelayState> {
        self.state.subscribe()
    }

    /// Where the stream stands; `None` until a relay that runs has had its first answer.
    pub fn progress(&self) -> watch::Receiver<Option<Progress>> {
        self.progress.subscribe()
    }

    /// Carries events without asking whether another relay does, until cancelled.
    pub async fn run_regardless(&self, cancellation: CancellationToken) {
        let working = async { tokio::join!(self.carry_for_ever(), self.watch_progress()) };
        cancellation.run_until_cancelled(working).await;
    }

    fn is_now(&self, state: RelayState) {
        self.state.send_if_modified(|now| {
            let changed = *now != state;
            *now = state;
            changed
        });
    }
}

impl Relay {
    /// Carries events whenever no other relay does, until cancelled. Failures are waited out, alarms wait for a person.
    pub async fn run(&self, cancellation: CancellationToken) {
        let working = async { tokio::join!(self.carry_when_elected(), self.watch_progress()) };
        cancellation.run_until_cancelled(working).await;
    }
}
