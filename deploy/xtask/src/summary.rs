//! What ran in a test run, how long it took and how it ended.

use std::time::{Duration, Instant};

use anyhow::bail;

use crate::progress::Progress;

/// How a section can end when nothing failed.
pub(crate) enum Outcome {
    Passed,
    /// Could not be run here, and why.
    Skipped(String),
    /// This checkout has nothing of the kind.
    Absent,
}

pub(crate) struct Summary<'a> {
    progress: &'a Progress,
    /// Continuous integration must not skip.
    strict: bool,
    rows: Vec<(String, String, Duration)>,
    failures: usize,
}

impl<'a> Summary<'a> {
    pub(crate) fn new(progress: &'a Progress) -> Self {
        let strict = std::env::var("CI").is_ok_and(|value| value == "true");
        Self { progress, strict, rows: Vec::new(), failures: 0 }
    }

    /// Runs a section to its end and keeps how that was. A failure does not stop the ones after it. True when it passed.
    pub(crate) async fn section(&mut self, name: &str, run: impl Future<Output = anyhow::Result<Outcome>>) -> bool {
        let started = Instant::now();
        self.progress.say(&format!("== {name}"));
        let (ending, passed) = match run.await {
            Ok(Outcome::Absent) => return true,
            Ok(Outcome::Passed) => ("passed".to_owned(), true),
            Ok(Outcome::Skipped(why)) if !self.strict => {
                self.progress.say(&format!("!!!! SKIPPED {name}: {why}"));
                (format!("SKIPPED: {why}"), false)
            }
            Ok(Outcome::Skipped(why)) => {
                self.failures += 1;
                (format!("FAILED: must not be skipped when CI=true: {why}"), false)
            }
            Err(error) => {
                self.failures += 1;
                self.progress.say(&format!("{name}: {error:#}"));
                ("FAILED".to_owned(), false)
            }
        };
        self.rows.push((name.to_owned(), ending, started.elapsed()));
        passed
    }

    /// Prints the table; fails when a section failed.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        self.progress.say("summary");
        for (name, ending, duration) in &self.rows {
            self.progress.say(&format!("  {name:<40} {:>7.1} s  {ending}", duration.as_secs_f32()));
        }
        if self.failures == 0 { Ok(()) } else { bail!("{} of {} sections failed", self.failures, self.rows.len()) }
    }
}
