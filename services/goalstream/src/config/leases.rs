//! What becomes of leases that have run out.

use std::time::Duration;

use anyhow::ensure;
use clap::Args;
use serde::Deserialize;

/// Longer than a day is as good as never.
const SWEEP_SECONDS_MAX: u64 = 24 * 60 * 60;

#[derive(Args, Debug, Default, Deserialize)]
#[group(skip)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Said {
    /// Write `claim_expired` for leases that have run out, every so many seconds; else the next claim of the task does.
    #[arg(long, global = true, env = "GOALSTREAM_SWEEP_SECONDS", value_name = "SECONDS")]
    sweep_seconds: Option<u64>,
}

/// What becomes of leases that have run out.
#[derive(Debug, Clone)]
pub(crate) struct Leases {
    /// `GOALSTREAM_SWEEP_SECONDS`; `None` means not at all.
    pub(crate) sweep_interval: Option<Duration>,
}

impl Said {
    pub(super) fn resolve(self, file: Self) -> anyhow::Result<Leases> {
        let seconds = self.sweep_seconds.or(file.sweep_seconds);
        ensure!(
            seconds.is_none_or(|seconds| (1..=SWEEP_SECONDS_MAX).contains(&seconds)),
            "sweep-seconds is {}; give 1 to {SWEEP_SECONDS_MAX}, or leave it out",
            seconds.unwrap_or_default()
        );
        Ok(Leases { sweep_interval: seconds.map(Duration::from_secs) })
    }
}
