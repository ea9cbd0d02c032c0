//! What `/health` looks at: the database, the bus, the relay, the views, the disk and the memory.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use dashboard::health::{Check, Finding, Health};
use event_bus::{Bus, BusError, ConnectionState, with_causes};
use projector::Projection;
use relay::{Progress, Relay, RelayState};
use tokio::sync::watch;

use super::Connected;
use crate::config::Settings;

/// Events that the views may be behind before it counts as less than there should be.
const VIEW_LAG_EVENTS_MAX: u64 = 5_000;
/// How long an event may wait for the relay or the projector before it counts as less than there should be.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// Free space below which it counts as less than there should be, in bytes.
const DISK_FREE_BYTES_MIN: u64 = 1024 * 1024 * 1024;
/// Free space below which no more work should be taken, in bytes.
const DISK_FREE_BYTES_LEAST: u64 = 64 * 1024 * 1024;
/// Memory of this process above which it counts as less than there should be, in bytes.
const MEMORY_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// What is said of a NATS that answers and stores nothing. It does not say so itself: 2.15 leaves a message that it cannot store without an
/// answer, and goes on doing so when there is room again.
const TAKES_NOTHING: &str =
    "NATS answers and its stream takes nothing: if its disk is or was full, make room, then restart nats-server";

/// The checks of this process; of the relay, if it is one, what it says itself.
pub(crate) fn checks(
    connected: &Connected,
    settings: &Settings,
    relay: Option<&Relay>,
    projector: watch::Receiver<Projection>,
) -> Health {
    let (log, bus) = (connected.log.clone(), connected.bus.connection());
    let (views_log, views) = (connected.log.clone(), connected.views.clone());
    let data_dir = settings.data_dir.clone();
    Health::new(vec![
        Check::needed("database", move || database(log.clone())),
        Check::spare("bus", move || std::future::ready(connection(*bus.borrow()))),
        relay.map_or_else(|| relay_elsewhere(connected), |relay| own_relay(connected, relay)),
        Check::needed("views", move || {
            let (log, views, projection) = (views_log.clone(), views.clone(), projector.borrow().clone());
            async move { lag(&log, &views, &projection).await }
        }),
        Check::needed("disk", move || std::future::ready(disk(data_dir.clone()))),
        Check::spare("memory", || std::future::ready(memory())),
    ])
}

fn own_relay(connected: &Connected, relay: &Relay) -> Check {
    let (log, state, progress) = (connected.log.clone(), relay.state(), relay.progress());
    Check::spare("relay", move || {
        std::future::ready(relaying(&state.borrow(), *progress.borrow(), *log.wakeups().borrow()))
    })
}

/// What it has carried tells how it is.
fn relay_elsewhere(connected: &Connected) -> Check {
    let (log, bus) = (connected.log.clone(), connected.bus.clone());
    Check::spare("relay", move || {
        let (log, bus) = (log.clone(), bus.clone());
        async move { carried(&log, &bus).await }
    })
}

async fn carried(log: &event_store::Log, bus: &Bus) -> Finding {
    if *bus.connection().borrow() == ConnectionState::Disconnected {
        return Finding::degraded("what the relay does cannot be seen while NATS is away");
    }
    let position = match bus.carries(log).await {
        Ok(position) => position,
        Err(error @ BusError::NoStream(_)) => return Finding::degraded(format!("{error}; does a relay run?")),
        Err(error) => return Finding::down(with_causes(&error)),
    };
    let finding = match waiting_for(log, position).await {
        Some(waited) => Finding::degraded(format!(
            "the stream has stood at position {position} for {} s, and the log goes on; does a relay run?",
            waited.as_secs()
        )),
        None => Finding::ok(),
    };
    finding.with("position", position).with("lag_events", log.wakeups().borrow().saturating_sub(position))
}

/// How long ago the event behind a position was stored, if it is there and that is longer than it should wait for anybody.
async fn waiting_for(log: &event_store::Log, position: u64) -> Option<Duration> {
    if *log.wakeups().borrow() <= position {
        return None;
    }
    let next = log.read_all(position, 1).await.ok()?;
    let waited = (chrono::Utc::now() - next.first()?.recorded_at).to_std().ok()?;
    (waited > WAIT_MAX).then_some(waited)
}

async fn database(log: event_store::Log) -> Finding {
    let begun = Instant::now();
    match log.head().await {
        Ok(head) => {
            Finding::ok().with("position", head.position).with("answer_ms", begun.elapsed().as_secs_f64() * 1_000.0)
        }
        Err(error) => Finding::down(error.to_string()),
    }
}

fn connection(state: ConnectionState) -> Finding {
    match state {
        ConnectionState::Connected => Finding::ok(),
        ConnectionState::Disconnected => {
            Finding::down("NATS cannot be reached; events wait in the log and views follow it")
        }
    }
}

/// `progress` is what this process has seen of the stream, if it relays.
fn relaying(state: &RelayState, progress: Option<Progress>, head: u64) -> Finding {
    let stalled = progress.is_some_and(|progress| progress.is_stalled());
    let finding = match state {
        RelayState::Alarm { message } => Finding::down(message.clone()),
        RelayState::Waiting { reason } if stalled => Finding::degraded(format!("{reason}; {TAKES_NOTHING}")),
        RelayState::Waiting { reason } => Finding::degraded(reason.clone()),
        _ if stalled => Finding::degraded("the bus is behind the log and takes nothing; views and pages read the log"),
        RelayState::Publishing | RelayState::Standby | RelayState::Starting => Finding::ok(),
    };
    let Some(progress) = progress else { return finding };
    let behind_ms = u64::try_from(progress.behind_for().as_millis()).unwrap_or(u64::MAX);
    let finding = finding.with("position", progress.carried).with("behind_ms", behind_ms);
    finding.with("lag_events", head.saturating_sub(progress.carried))
}

async fn lag(log: &event_store::Log, views: &read_models::Views, projection: &Projection) -> Finding {
    if let Projection::Stopped { error } = projection {
        return Finding::down(error.clone());
    }
    let (head, reached) = (*log.wakeups().borrow(), views.reached());
    let behind = head.saturating_sub(reached);
    let finding = match behind {
        _ if !projection.is_healthy() => {
            Finding::degraded("the views cannot be written at the moment; they are tried again")
        }
        0..=VIEW_LAG_EVENTS_MAX => match waiting_for(log, reached).await {
            Some(waited) => Finding::degraded(format!(
                "the views have stood at position {reached} for {} s, and the log goes on; does a projector run?",
                waited.as_secs()
            )),
            None => Finding::ok(),
        },
        _ => Finding::degraded(format!("the views are {behind} events behind the log")),
    };
    finding.with("position", reached).with("lag_events", behind)
}

#[cfg_attr(
    target_os = "linux",
    expect(clippy::useless_conversion, reason = "the counts are narrower on other systems")
)]
fn disk(data_dir: PathBuf) -> Finding {
    // With servers elsewhere there may be no data directory; then there is nothing to run full here.
    let Ok(space) = nix::sys::statvfs::statvfs(&data_dir) else { return Finding::ok() };
    let free = u64::from(space.blocks_available()) * u64::from(space.fragment_size());
    let finding = match free {
        DISK_FREE_BYTES_MIN.. => Finding::ok(),
        DISK_FREE_BYTES_LEAST.. => Finding::degraded("little disk space is left"),
        _ => Finding::down("no disk space is left"),
    };
    finding.with("free_bytes", free)
}

fn memory() -> Finding {
    let Some(used) = resident_bytes() else { return Finding::ok() };
    let finding = match used {
        0..=MEMORY_BYTES_MAX => Finding::ok(),
        _ => Finding::degraded("this process uses unusually much memory"),
    };
    finding.with("resident_bytes", used)
}

/// Only Linux tells a process so cheaply.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
