//! How the server is. The checks are the executable's; here they are run, bounded and told.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use domain::Timestamp;
use futures::future::{BoxFuture, join_all};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::Mutex;

/// How long a check may take before it counts as down.
pub const CHECK_TIMEOUT: Duration = Duration::from_secs(2);
/// How old a report may be and still be told again, so that asking often costs nothing.
pub const REPORT_AGE_MAX: Duration = Duration::from_secs(1);

/// How something is, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ServerStatus")]
pub enum Status {
    /// As it should be.
    Ok,
    /// It works, with less than there should be.
    Degraded,
    /// It does not work.
    Down,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Finding {
    /// How it is.
    pub status: Status,
    /// In a sentence, when there is more to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Numbers, by name with the unit last: `free_bytes`, `lag_events`.
    #[serde(flatten)]
    pub values: serde_json::Map<String, Value>,
}

impl Finding {
    /// As it should be.
    pub fn ok() -> Self {
        Self { status: Status::Ok, message: None, values: serde_json::Map::new() }
    }

    /// It works, with less than there should be.
    pub fn degraded(message: impl Into<String>) -> Self {
        Self { status: Status::Degraded, message: Some(message.into()), ..Self::ok() }
    }

    /// It does not work.
    pub fn down(message: impl Into<String>) -> Self {
        Self { status: Status::Down, message: Some(message.into()), ..Self::ok() }
    }

    /// With a number to show.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }
}

type Run = Arc<dyn Fn() -> BoxFuture<'static, Finding> + Send + Sync>;

/// One thing that is looked at.
#[derive(Clone)]
pub struct Check {
    name: &'static str,
    needed: bool,
    run: Run,
}

impl Check {
    /// Something without which no work can be taken: when it is down, so is the server. `name` for example `database`.
    pub fn needed<F>(name: &'static str, run: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Finding> + Send + 'static,
    {
        Self { name, needed: true, run: Arc::new(move || Box::pin(run())) }
    }

    /// Something that can be away for a while: the server is degraded then, and still ready. `name` for example `bus`.
    pub fn spare<F>(name: &'static str, run: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Finding> + Send + 'static,
    {
        Self { needed: false, ..Self::needed(name, run) }
    }

    async fn look(&self) -> Checked {
        let begun = Instant::now();
        let finding = tokio::time::timeout(CHECK_TIMEOUT, (self.run)()).await;
        let finding =
            finding.unwrap_or_else(|_| Finding::down(format!("no answer within {} s", CHECK_TIMEOUT.as_secs())));
        let duration_ms = (begun.elapsed().as_secs_f64() * 10_000.0).round() / 10.0;
        let since = SystemTime::now().into();
        Checked { name: self.name, needed: self.needed, duration_ms: Some(duration_ms), since, finding }
    }
}

/// All checks, and what they found last.
pub struct Health {
    checks: Vec<Check>,
    last: Mutex<Option<(Instant, Report)>>,
}

/// What all checks found at one time.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// Down when something needed is down, degraded when anything else is not ok.
    pub status: Status,
    /// In the order in which they were given.
    pub checks: Vec<Checked>,
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Checked {
    /// What was looked at.
    pub name: &'static str,
    /// Whether the server can do no work without it.
    pub needed: bool,
    /// How long it took to look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
    /// Since when it is as it is, as far as this process knows; told by `/api/v1/servers`.
    #[serde(skip)]
    pub since: Timestamp,
    /// What was found.
    #[serde(flatten)]
    pub finding: Finding,
}

impl Health {
    /// The checks, in the order in which they are shown.
    pub fn new(checks: Vec<Check>) -> Self {
        Self { checks, last: Mutex::new(None) }
    }

    /// Runs all checks at once, unless somebody just did. Those who ask meanwhile wait for the same report.
    pub async fn report(&self) -> Report {
        let mut last = self.last.lock().await;
        if let Some((at, report)) = &*last
            && at.elapsed() < REPORT_AGE_MAX
        {
            return report.clone();
        }
        let mut report = Report::of(join_all(self.checks.iter().map(Check::look)).await);
        if let Some((_, before)) = &*last {
            report.remember(before);
        }
        *last = Some((Instant::now(), report.clone()));
        report
    }
}

impl Report {
    fn of(checks: Vec<Checked>) -> Self {
        let worst = checks.iter().map(Checked::weight).max();
        Self { status: worst.unwrap_or(Status::Ok), checks }
    }

    /// Whether work can be taken.
    pub fn is_ready(&self) -> bool {
        self.status != Status::Down
    }

    /// What is as it was before has been so since then.
    fn remember(&mut self, before: &Self) {
        for (now, before) in self.checks.iter_mut().zip(&before.checks) {
            if now.finding.status == before.finding.status {
                now.since = before.since;
            }
        }
    }

    /// What does not change while nothing changes: statuses and messages.
    pub(crate) fn told(&self) -> Value {
        let checks = self.checks.iter().map(|checked| {
            let Finding { status, message, .. } = &checked.finding;
            serde_json::json!({ "name": checked.name, "status": status, "message": message })
        });
        serde_json::json!({ "status": self.status, "checks": checks.collect::<Vec<_>>() })
    }
}

impl Checked {
    /// What it means for the whole.
    fn weight(&self) -> Status {
        if self.needed { self.finding.status } else { self.finding.status.min(Status::Degraded) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn status_of(database: Finding, bus: Finding) -> Status {
        let checked =
            |name, needed, finding| Checked { name, needed, duration_ms: None, since: Timestamp::UNIX_EPOCH, finding };
        Report::of(vec![checked("database", true, database), checked("bus", false, bus)]).status
    }

    #[test]
    fn the_whole_is_down_only_with_something_needed() {
        assert_eq!(status_of(Finding::ok(), Finding::ok()), Status::Ok);
        assert_eq!(status_of(Finding::ok(), Finding::down("gone")), Status::Degraded);
        assert_eq!(status_of(Finding::degraded("slow"), Finding::ok()), Status::Degraded);
        assert_eq!(status_of(Finding::down("gone"), Finding::ok()), Status::Down);
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_that_hangs_is_down_and_does_not_hold_up_the_rest() {
        let health = Health::new(vec![
            Check::needed("database", std::future::pending),
            Check::spare("disk", || async { Finding::ok().with("free_bytes", 7) }),
        ]);
        let report = health.report().await;
        assert_eq!(report.checks[0].finding, Finding::down("no answer within 2 s"));
        assert_eq!(report.checks[1].finding.values["free_bytes"], 7);
        assert!(!report.is_ready());
    }

    #[tokio::test]
    async fn many_who_ask_at_once_share_one_look() {
        let looks = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&looks);
        let health = Health::new(vec![Check::needed("database", move || {
            counted.fetch_add(1, Ordering::Relaxed);
            async { Finding::ok() }
        })]);
        join_all((0..50).map(|_| health.report())).await;
        assert_eq!(looks.load(Ordering::Relaxed), 1);
    }
}
