//! How the instance is meanwhile: its memory, how fast its log grows, how far the views are behind, and whether it still says that it
//! lives.

use std::{
    fmt::{self, Display},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, sleep},
};

use crate::instance::Up;

/// How often we look.
const INTERVAL: Duration = Duration::from_millis(250);
/// Memory is measured from the first so much of the time on: connections are open by then, and what is bounded by bytes is full.
const WARM_UP_SHARE: usize = 2;
/// The time is looked at in so many parts.
const PARTS: usize = 5;

/// Somebody who looks until told to stop.
pub(super) struct Watch {
    stop: oneshot::Sender<()>,
    watching: JoinHandle<Watched>,
}

#[derive(Default)]
pub(super) struct Watched {
    looks: Vec<Look>,
    lag_events_max: u64,
    livez_max: Duration,
}

/// What was seen at one time since the beginning.
struct Look {
    at: Duration,
    resident_bytes: u64,
    /// Where the log ended.
    head: u64,
}

impl Watch {
    pub(super) fn begin(up: &Up) -> Self {
        let (stop, mut stopped) = oneshot::channel();
        let (status, url) = (format!("/proc/{}/status", up.pid()), up.url.clone());
        let watching = tokio::spawn(async move {
            let (mut watched, begun) = (Watched::default(), Instant::now());
            loop {
                watched.look(begun, &status, &url).await;
                tokio::select! {
                    () = sleep(INTERVAL) => {}
                    _ = &mut stopped => return watched,
                }
            }
        });
        Self { stop, watching }
    }

    pub(super) async fn end(self) -> Watched {
        self.stop.send(()).unwrap();
        self.watching.await.unwrap()
    }
}

impl Watched {
    /// On a connection of its own each time, as a prober does.
    async fn look(&mut self, begun: Instant, status: &str, url: &str) {
        let asked = Instant::now();
        reqwest::get(format!("{url}/livez")).await.unwrap().error_for_status().unwrap();
        self.livez_max = self.livez_max.max(asked.elapsed());
        let health = health(url).await;
        self.lag_events_max = self.lag_events_max.max(lag_in(&health));
        let resident_bytes = resident_bytes(&std::fs::read_to_string(status).unwrap());
        // A database that did not say in time where the log ends is asked again the next time.
        if let Some(head) = check(&health, "database")["position"].as_u64() {
            self.looks.push(Look { at: begun.elapsed(), resident_bytes, head });
        }
    }

    /// From the most until it was warm to the most of all.
    pub(super) fn growth_bytes(&self) -> u64 {
        most(&self.looks) - most(self.warming_up())
    }

    fn warming_up(&self) -> &[Look] {
        &self.looks[..self.looks.len().div_ceil(WARM_UP_SHARE)]
    }

    /// Whether the last part of the time brought at least this share of what the first one did.
    pub(super) fn keeps_its_pace(&self, share: f64) -> bool {
        let pace = self.pace();
        matches!(pace[..], [first, .., last] if last >= share * first)
    }

    /// Events a second that the log grew by, in each part of the time.
    fn pace(&self) -> Vec<f64> {
        let parts = self.looks.chunks(self.looks.len().div_ceil(PARTS).max(1));
        let pace = |part: &[Look]| {
            let (first, last) = (part.first()?, part.last()?);
            Some((last.head - first.head) as f64 / (last.at - first.at).as_secs_f64().max(f64::MIN_POSITIVE))
        };
        parts.filter_map(pace).collect()
    }
}

fn most(looks: &[Look]) -> u64 {
    looks.iter().map(|look| look.resident_bytes).max().unwrap_or_default()
}

/// How many events the views are behind the log.
pub(super) async fn lag_events(url: &str) -> u64 {
    lag_in(&health(url).await)
}

async fn health(url: &str) -> Value {
    reqwest::get(format!("{url}/health")).await.unwrap().json().await.unwrap()
}

fn lag_in(health: &Value) -> u64 {
    check(health, "views")["lag_events"].as_u64().unwrap()
}

fn check<'a>(health: &'a Value, name: &str) -> &'a Value {
    health["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap()
}

fn resident_bytes(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

impl Display for Watched {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = |look: Option<&Look>| look.map_or(0, |look| look.resident_bytes) / 1_000_000;
        let pace: Vec<String> = self.pace().iter().map(|pace| format!("{pace:.0}")).collect();
        write!(
            formatter,
            "resident {} MB at first, {} MB when warm, {} MB at most, {} MB at last; {} events/s, one part of the time after the \
             other; views {} events behind at most; /livez within {:.0} ms",
            megabytes(self.looks.first()),
            most(self.warming_up()) / 1_000_000,
            most(&self.looks) / 1_000_000,
            megabytes(self.looks.last()),
            pace.join(", "),
            self.lag_events_max,
            self.livez_max.as_secs_f64() * 1_000.0
        )
    }
}
