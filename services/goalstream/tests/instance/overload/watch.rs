//! How the instance is meanwhile: its memory, how far the views are behind, and whether it still says that it lives.

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
/// The memory of the first half of the time is what it grows from: connections and caches fill in it.
const WARM_UP_SHARE: usize = 2;

/// Somebody who looks until told to stop.
pub(super) struct Watch {
    stop: oneshot::Sender<()>,
    watching: JoinHandle<Watched>,
}

#[derive(Default)]
pub(super) struct Watched {
    resident_bytes: Vec<u64>,
    lag_events_max: u64,
    livez_max: Duration,
}

impl Watch {
    pub(super) fn begin(up: &Up) -> Self {
        let (stop, mut stopped) = oneshot::channel();
        let (status, url) = (format!("/proc/{}/status", up.pid()), up.url.clone());
        let watching = tokio::spawn(async move {
            let mut watched = Watched::default();
            loop {
                watched.look(&status, &url).await;
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
    async fn look(&mut self, status: &str, url: &str) {
        let begun = Instant::now();
        reqwest::get(format!("{url}/livez")).await.unwrap().error_for_status().unwrap();
        self.livez_max = self.livez_max.max(begun.elapsed());
        self.lag_events_max = self.lag_events_max.max(lag_events(url).await);
        self.resident_bytes.push(resident_bytes(&std::fs::read_to_string(status).unwrap()));
    }

    /// From the most of the first half to the most of all.
    pub(super) fn growth_bytes(&self) -> u64 {
        let first = self.resident_bytes.len().div_ceil(WARM_UP_SHARE);
        most(&self.resident_bytes) - most(&self.resident_bytes[..first])
    }
}

/// How many events the views are behind the log.
pub(super) async fn lag_events(url: &str) -> u64 {
    let health: Value = reqwest::get(format!("{url}/health")).await.unwrap().json().await.unwrap();
    let checks = health["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == "views").unwrap()["lag_events"].as_u64().unwrap()
}

fn most(bytes: &[u64]) -> u64 {
    bytes.iter().copied().max().unwrap_or_default()
}

fn resident_bytes(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

impl Display for Watched {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = |bytes: u64| bytes / 1_000_000;
        write!(
            formatter,
            "resident {} MB at first, {} MB at most, {} MB at last; views {} events behind at most; /livez within {:.0} ms",
            megabytes(self.resident_bytes.first().copied().unwrap_or_default()),
            megabytes(most(&self.resident_bytes)),
            megabytes(self.resident_bytes.last().copied().unwrap_or_default()),
            self.lag_events_max,
            self.livez_max.as_secs_f64() * 1_000.0
        )
    }
}
