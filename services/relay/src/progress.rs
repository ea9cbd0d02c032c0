//! How far the stream is behind the log, and for how long.
//!
//! Looked at from beside the carrying, so that it is told also while carrying hangs, and by a relay that stands by and must
//! not take an election's word for it that somebody carries.

use std::time::Duration;

use event_bus::{BusError, Server};
use event_store::LogReader;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::{LOOK_INTERVAL, Relay, STALL_BOUND};

/// Where the stream stood when it was last looked at.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// The last position that the stream has.
    pub carried: u64,
    looked_at: Instant,
    /// When the stream was last seen to move, to have everything, or not to answer: in none of them anybody failed to carry.
    moved_at: Instant,
    /// Where the log ended once and the stream has yet to arrive, and when that was.
    awaited: (u64, Instant),
}

impl Progress {
    fn begin(head: u64, carried: u64, now: Instant) -> Self {
        Self { carried, looked_at: now, moved_at: now, awaited: (head, now) }
    }

    fn look(self, head: u64, carried: u64, now: Instant) -> Self {
        let moved = carried != self.carried || carried >= head;
        Self {
            carried,
            looked_at: now,
            moved_at: if moved { now } else { self.moved_at },
            awaited: if carried >= self.awaited.0 { (head, now) } else { self.awaited },
        }
    }

    fn unanswered(self, head: u64, now: Instant) -> Self {
        Self { moved_at: now, ..self.look(head, self.carried, now) }
    }

    /// For how long the stream has lacked something that it still lacks.
    pub fn behind_for(&self) -> Duration {
        if self.carried < self.awaited.0 { self.awaited.1.elapsed() } else { Duration::ZERO }
    }

    /// Whether the stream answers, is behind, and has taken nothing for [`STALL_BOUND`]: nobody carries.
    pub fn is_stalled(&self) -> bool {
        self.looked_at.duration_since(self.moved_at) >= STALL_BOUND
    }
}

impl<L: LogReader, S: Server> Relay<L, S> {
    /// Never ends by itself.
    pub(crate) async fn watch_progress(&self) {
        let mut looks = interval(LOOK_INTERVAL);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            // First the log: what is committed while the stream is asked is nobody's delay.
            let (head, now) = (*self.log.wakeups().borrow(), Instant::now());
            let carried = match self.bus.last_sequence().await {
                Ok(last) => Some(last),
                Err(BusError::NoStream(_)) => Some(0),
                Err(_) => None,
            };
            self.progress.send_modify(|progress| *progress = next(*progress, head, carried, now));
            if let Some(carried) = carried {
                #[expect(clippy::cast_precision_loss, reason = "a lag of 2^53 events is not one to measure exactly")]
                metrics::gauge!("relay_lag_events").set(head.saturating_sub(carried) as f64);
            }
        }
    }
}

fn next(before: Option<Progress>, head: u64, carried: Option<u64>, now: Instant) -> Option<Progress> {
    match (before, carried) {
        (None, carried) => carried.map(|carried| Progress::begin(head, carried, now)),
        (Some(before), Some(carried)) => Some(before.look(head, carried, now)),
        (Some(before), None) => Some(before.unanswered(head, now)),
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    /// A look a second; what was seen in each, `None` where NATS did not answer.
    async fn after(looks: &[(u64, Option<u64>)]) -> Progress {
        let mut progress = None;
        for (head, carried) in looks {
            progress = next(progress, *head, *carried, Instant::now());
            advance(Duration::from_secs(1)).await;
        }
        progress.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_moves_is_behind_but_not_stalled() {
        let busy = after(&[(10, Some(4)), (20, Some(8)), (30, Some(9)), (40, Some(9)), (50, Some(11)), (60, Some(11))]);
        let busy = busy.await;
        assert!(!busy.is_stalled());
        // The ten events of the first look arrived with the fifth, which awaits fifty since.
        assert_eq!(busy.behind_for(), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_takes_nothing_is_stalled_after_the_bound() {
        let mut looks = vec![(5, Some(5)); 3];
        looks.extend([(7, Some(5)); 4]);
        let waiting = after(&looks).await;
        assert!(!waiting.is_stalled(), "{waiting:?}");
        looks.push((8, Some(5)));
        let stalled = after(&looks).await;
        assert!(stalled.is_stalled(), "{stalled:?}");
        looks.push((8, Some(6)));
        assert!(!after(&looks).await.is_stalled());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_carries_too_little_to_a_nats_that_is_away() {
        let mut looks = vec![(5, Some(5))];
        looks.extend([(9, None); 20]);
        assert_eq!(after(&looks).await.behind_for(), Duration::from_secs(20));
        looks.push((9, Some(5)));
        let back = after(&looks).await;
        assert!(!back.is_stalled());
        assert_eq!(back.behind_for(), Duration::from_secs(21));
    }

    #[tokio::test(start_paused = true)]
    async fn with_everything_there_is_no_delay() {
        let progress = after(&[(5, Some(5)), (5, Some(5))]).await;
        assert_eq!((progress.behind_for(), progress.is_stalled()), (Duration::ZERO, false));
    }
}
