//! How many commands were stored together, as the program's own metrics say it.

use std::sync::OnceLock;

use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Commands of one goal that were decided on top of each other and stored as one.
const STACK: &str = "goal_stack_commands";
/// Commands of all goals that went to Postgres in one call.
const BATCH: &str = "append_batch_commands";

/// The process's metrics: there is one recorder, whoever asks.
pub(super) struct Stacked(&'static PrometheusHandle);

/// Sum and count of both since something.
#[derive(Default)]
pub(super) struct Totals {
    stack: [f64; 2],
    batch: [f64; 2],
}

/// Commands, on average.
pub(super) struct Means {
    pub(super) stack: f64,
    pub(super) batch: f64,
}

impl Stacked {
    pub(super) fn new() -> anyhow::Result<Self> {
        static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
        if RECORDER.get().is_none() {
            // With buckets, sum and count are those of all time.
            let builder = PrometheusBuilder::new();
            let builder = builder.set_buckets_for_metric(Matcher::Suffix("_commands".to_owned()), &[1.0])?;
            let _ = RECORDER.set(builder.install_recorder()?);
        }
        RECORDER.get().map(Self).context("the recorder was installed above")
    }

    pub(super) fn now(&self) -> Totals {
        let text = self.0.render();
        let value = |name: String| {
            let line = text.lines().find_map(|line| line.strip_prefix(&name)?.strip_prefix(' '));
            line.and_then(|value| value.trim().parse().ok()).unwrap_or(0.0)
        };
        let both = |name| [value(format!("{name}_sum")), value(format!("{name}_count"))];
        Totals { stack: both(STACK), batch: both(BATCH) }
    }
}

impl Totals {
    pub(super) fn since(&self, before: &Self) -> Self {
        let less = |now: [f64; 2], before: [f64; 2]| [now[0] - before[0], now[1] - before[1]];
        Self { stack: less(self.stack, before.stack), batch: less(self.batch, before.batch) }
    }

    pub(super) fn add(&mut self, more: &Self) {
        let sum = |all: [f64; 2], more: [f64; 2]| [all[0] + more[0], all[1] + more[1]];
        *self = Self { stack: sum(self.stack, more.stack), batch: sum(self.batch, more.batch) };
    }

    pub(super) fn means(&self) -> Means {
        let mean = |[sum, count]: [f64; 2]| sum / count.max(1.0);
        Means { stack: mean(self.stack), batch: mean(self.batch) }
    }
}
