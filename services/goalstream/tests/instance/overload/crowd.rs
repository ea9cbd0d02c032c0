//! Callers that each call again as soon as they may.

use std::{
    collections::HashMap,
    fmt::{self, Display},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::calling;

/// Longer than any answer may take.
const TRY_BOUND: Duration = Duration::from_secs(60);
/// The longest that BUSY may send anybody away for.
const RETRY_AFTER_MS_MAX: u64 = 5_000;
/// One of so many callers does not do as it is told, and returns after this long.
const HASTY_EVERY: usize = 10;
const HASTE: Duration = Duration::from_millis(50);
/// One of so many calls reads, and this is how.
const READ_EVERY: u64 = 8;
const READ: &str = "find";
/// Strange answers that are kept: one tells as much as a thousand.
const STRANGE_MAX: usize = 5;

/// So many callers, all at once.
pub(super) struct Crowd {
    pub(super) seed: u64,
    pub(super) callers: usize,
    pub(super) duration: Duration,
}

/// What callers saw.
#[derive(Default)]
pub(super) struct Seen {
    /// The goal that each request created.
    pub(super) created: HashMap<String, String>,
    pub(super) writes: Accepted,
    pub(super) reads: Accepted,
    pub(super) refused: u64,
    /// Reads that were told that the views do not have the caller's own writes yet, and when to ask again.
    pub(super) behind: u64,
    /// The longest that anybody was sent away for.
    retry_after_ms_max: u64,
    /// Answers that are nothing of this.
    pub(super) strange: Vec<String>,
    elapsed: Duration,
}

/// How long each accepted call took, from its last try on.
#[derive(Default)]
pub(super) struct Accepted(Vec<Duration>);

struct Caller {
    client: reqwest::Client,
    url: String,
    name: String,
    is_hasty: bool,
    seen: Seen,
}

enum Try {
    Accepted(Value),
    Busy { retry_after_ms: u64 },
    Behind { retry_after_ms: u64 },
    Strange(String),
}

impl Crowd {
    /// Calls until the time is over; what was begun by then is carried to its end.
    pub(super) async fn call(&self, url: &str) -> Seen {
        let client = reqwest::Client::builder().timeout(TRY_BOUND).build().unwrap();
        let (begun, mut callers) = (Instant::now(), JoinSet::new());
        for number in 0..self.callers {
            let caller = Caller {
                client: client.clone(),
                url: format!("{url}/mcp"),
                name: format!("caller {number} of {}", self.seed),
                is_hasty: number % HASTY_EVERY == HASTY_EVERY - 1,
                seen: Seen::default(),
            };
            callers.spawn(caller.call_until(begun + self.duration));
        }
        let mut all = Seen::default();
        while let Some(seen) = callers.join_next().await {
            all.add(seen.unwrap());
        }
        all.elapsed = begun.elapsed();
        all
    }
}

impl Caller {
    async fn call_until(mut self, deadline: Instant) -> Seen {
        let mut number = 0;
        while Instant::now() < deadline && self.seen.strange.is_empty() {
            number += 1;
            match number % READ_EVERY {
                0 => self.insist(READ, json!({ "view": "ready", "limit": 5 }), deadline).await,
                _ => self.create(number, deadline).await,
            };
        }
        self.seen
    }

    async fn create(&mut self, number: u64, deadline: Instant) -> Option<Value> {
        let request = format!("{}: {number}", self.name);
        let tasks = json!([{ "title": "First" }, { "title": "Then" }]);
        let arguments = json!({ "title": request, "request_id": request, "tasks": tasks });
        let created = self.insist("create_goal", arguments, deadline).await?;
        self.seen.created.insert(request, created["goal"].as_str().unwrap().to_owned());
        Some(created)
    }

    /// Asks until it is let in, or the time is over.
    async fn insist(&mut self, tool: &str, arguments: Value, deadline: Instant) -> Option<Value> {
        while Instant::now() < deadline {
            let begun = Instant::now();
            match self.ask(tool, &arguments).await {
                Try::Accepted(told) => {
                    let accepted = if tool == READ { &mut self.seen.reads } else { &mut self.seen.writes };
                    accepted.0.push(begun.elapsed());
                    return Some(told);
                }
                Try::Busy { retry_after_ms } => {
                    self.seen.refused += 1;
                    self.seen.retry_after_ms_max = self.seen.retry_after_ms_max.max(retry_after_ms);
                    sleep(if self.is_hasty { HASTE } else { Duration::from_millis(retry_after_ms) }).await;
                }
                Try::Behind { retry_after_ms } => {
                    self.seen.behind += 1;
                    sleep(Duration::from_millis(retry_after_ms)).await;
                }
                Try::Strange(what) => {
                    self.seen.strange.push(what);
                    return None;
                }
            }
        }
        None
    }

    async fn ask(&self, tool: &str, arguments: &Value) -> Try {
        let answer = match self.send(tool, arguments).await {
            Ok(answer) => answer,
            Err(error) => return Try::Strange(format!("{error:?}")),
        };
        let (told, is_error) = (&answer["result"]["structuredContent"], &answer["result"]["isError"]);
        match (is_error.as_bool(), told["code"].as_str(), told["retry_after_ms"].as_u64()) {
            (Some(false), ..) => Try::Accepted(told.clone()),
            (Some(true), Some("BUSY"), Some(retry_after_ms @ 1..=RETRY_AFTER_MS_MAX)) => Try::Busy { retry_after_ms },
            (Some(true), Some("UNAVAILABLE"), Some(retry_after_ms @ 1..=RETRY_AFTER_MS_MAX)) if tool == READ => {
                Try::Behind { retry_after_ms }
            }
            _ => Try::Strange(answer.to_string()),
        }
    }

    async fn send(&self, tool: &str, arguments: &Value) -> reqwest::Result<Value> {
        calling::call(&self.client, &self.url, &self.name, tool, arguments).await?.json().await
    }
}

impl Seen {
    pub(super) fn add(&mut self, other: Self) {
        self.created.extend(other.created);
        self.writes.0.extend(other.writes.0);
        self.reads.0.extend(other.reads.0);
        self.refused += other.refused;
        self.behind += other.behind;
        self.retry_after_ms_max = self.retry_after_ms_max.max(other.retry_after_ms_max);
        self.strange.extend(other.strange);
        self.strange.truncate(STRANGE_MAX);
    }
}

impl Accepted {
    /// How long this share of them took at most.
    pub(super) fn within(&self, share: f64) -> Duration {
        let mut took = self.0.clone();
        took.sort_unstable();
        let place = (took.len() as f64 * share).ceil() as usize;
        took.get(place.max(1) - 1).copied().unwrap_or(Duration::MAX)
    }
}

impl Display for Accepted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return formatter.write_str("none");
        }
        let [p50, p99, most] = [0.5, 0.99, 1.0].map(|share| self.within(share).as_secs_f64() * 1_000.0);
        write!(formatter, "{} (p50 {p50:.0} ms, p99 {p99:.0} ms, at most {most:.0} ms)", self.0.len())
    }
}

impl Display for Seen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { writes, reads, refused, behind, retry_after_ms_max, elapsed, .. } = self;
        write!(
            formatter,
            "in {:.1} s {writes} writes and {reads} reads accepted, {refused} told BUSY and to return after {retry_after_ms_max} ms at \
             most, {behind} reads told that the views are behind",
            elapsed.as_secs_f64()
        )
    }
}
