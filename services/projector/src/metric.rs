//! What is measured.

use std::time::Duration;

use metrics::{counter, gauge, histogram};

/// Events in the log that the views do not have yet.
pub(crate) fn lag(events: u64) {
    gauge!("projector_lag_events").set(events as f64);
}

/// A page was projected.
pub(crate) fn projected(events: usize, took: Duration) {
    counter!("projector_events_total").increment(events as u64);
    histogram!("projector_page_duration_seconds").record(took.as_secs_f64());
}

/// A page was not projected.
pub(crate) fn failed() {
    counter!("projector_errors_total").increment(1);
}

/// 1 while the projection is stopped for good: the alarm.
pub(crate) fn stopped(is: bool) {
    gauge!("projector_stopped").set(if is { 1.0 } else { 0.0 });
}
