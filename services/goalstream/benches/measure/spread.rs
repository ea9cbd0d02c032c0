//! How measured values spread.

use std::time::Duration;

use serde::Serialize;

/// Percentiles of a number of values, in milliseconds for times.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Spread {
    pub(crate) values: usize,
    pub(crate) min: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
    pub(crate) mean: f64,
}

impl Spread {
    /// Of anything; all zero when there is nothing.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        // The nearest rank: the smallest value that so many percent do not exceed.
        let at = |percent: usize| {
            let rank = (sorted.len() * percent).div_ceil(100).max(1);
            sorted.get(rank - 1).copied().unwrap_or_default()
        };
        let mean = sorted.iter().sum::<f64>() / fraction(sorted.len().max(1), 1.0);
        Self { values: sorted.len(), min: at(0), p50: at(50), p99: at(99), max: at(100), mean }
    }

    /// Of times, in milliseconds.
    pub(crate) fn of_times(times: impl IntoIterator<Item = Duration>) -> Self {
        Self::of(times.into_iter().map(|time| time.as_secs_f64() * 1_000.0))
    }
}

/// One count or rate against another.
#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
pub(crate) fn fraction(count: usize, whole: f64) -> f64 {
    count as f64 / whole
}
