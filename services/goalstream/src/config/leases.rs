//! What becomes of leases that have run out.

use std::time::Duration;

use anyhow::ensure;
use clap::Args;
use serde::Deserialize;

/// Whoever waits for a task is told about as late as this. A look costs little, and nothing is written while no lease has run out.
const SWEEP_SECONDS_DEFAULT: u64 = 10;
/// Longer than a day is as good as never.
const SWEEP_SECONDS_MAX: u64 = 24 * 60 * 60;

#[derive(Args, Debug, Default, Deserialize)]
#[group(skip)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Said {
    /// Write `claim_expired` for leases that have run out, every so many seconds (10); with 0 only the next claim of the task does.
    #[arg(long, global = true, env = "GOALSTREAM_SWEEP_SECONDS", value_name = "SECONDS")]
    sweep_seconds: Option<u64>,
}

/// What becomes of leases that have run out.
#[derive(Debug, Clone)]
pub(crate) struct Leases {
    /// `GOALSTREAM_SWEEP_SECONDS`; `None` when that is 0.
    pub(crate) sweep_interval: Option<Duration>,
}

impl Said {
    pub(super) fn resolve(self, file: Self) -> anyhow::Result<Leases> {
        let seconds = self.sweep_seconds.or(file.sweep_seconds).unwrap_or(SWEEP_SECONDS_DEFAULT);
        ensure!(
            seconds <= SWEEP_SECONDS_MAX,
            "sweep-seconds is {seconds}; give 1 to {SWEEP_SECONDS_MAX}, or 0 to turn it off"
        );
        Ok(Leases { sweep_interval: (seconds > 0).then(|| Duration::from_secs(seconds)) })
    }
}
