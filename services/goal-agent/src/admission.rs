//! How many requests are worked on at the same time. The rest is told BUSY at once, and when to return.
//!
//! Whoever is let in is answered soon, because few are before it; letting more in would make everybody wait longer and nobody be answered
//! earlier. Those who are sent away get times that follow each other as quickly as requests are being answered. So a crowd does not
//! return in one moment, only to be sent away again.
//!
//! Order: none; who comes while there is room goes first. Limits: [`WRITES_MAX`], [`CHOOSING_MAX`] and [`READS_MAX`].

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::refusal::Refusal;

/// Writes at the same time: as many as one batch of the log can hold.
pub(crate) const WRITES_MAX: usize = 256;
/// Claims of whatever is ready, among the writes: they choose one after the other.
pub(crate) const CHOOSING_MAX: usize = 64;
/// Reads at the same time: many times as many as there are connections to read over, and each is short.
pub(crate) const READS_MAX: usize = 256;

/// How soon nobody is asked to return, and how late.
const RETURN_AFTER_MIN: Duration = Duration::from_millis(25);
const RETURN_AFTER_MAX: Duration = Duration::from_secs(5);
/// Of so many answers the time between two is told.
const ANSWERS_TOLD_BY: u32 = 64;
/// The longest time between two answers that counts: a longer one is no pace but a pause.
const PAUSE: Duration = Duration::from_millis(20);

/// One bound, and who is sent away by it.
pub(crate) struct Admission {
    what: &'static str,
    places: Semaphore,
    pace: Mutex<Pace>,
}

/// A place among those that are worked on.
pub(crate) struct Place<'a> {
    admission: &'a Admission,
    _permit: SemaphorePermit<'a>,
}

/// How fast requests are answered, and when whoever was sent away last returns.
#[derive(Default)]
struct Pace {
    interval: Duration,
    answered: Option<Instant>,
    returning: Option<Instant>,
}

impl Admission {
    pub(crate) fn new(what: &'static str, max: usize) -> Self {
        Self { what, places: Semaphore::new(max), pace: Mutex::default() }
    }

    /// Lets a request in, if there is room.
    pub(crate) fn enter(&self) -> Result<Place<'_>, Refusal> {
        let Ok(permit) = self.places.try_acquire() else {
            return Err(Refusal::Busy { retry_after_ms: self.pace().return_after_ms(Instant::now()) });
        };
        metrics::gauge!("goal_requests", "kind" => self.what).increment(1.0);
        Ok(Place { admission: self, _permit: permit })
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        metrics::gauge!("goal_requests", "kind" => self.admission.what).decrement(1.0);
        self.admission.pace().answered(Instant::now());
    }
}

impl Pace {
    fn answered(&mut self, now: Instant) {
        let interval = self.answered.replace(now).map_or(PAUSE, |before| (now - before).min(PAUSE));
        self.interval = (self.interval * (ANSWERS_TOLD_BY - 1) + interval) / ANSWERS_TOLD_BY;
    }

    /// When the next one who is sent away may return: after the one before it, by the time of one answer.
    fn return_after_ms(&mut self, now: Instant) -> u64 {
        let soonest = now + RETURN_AFTER_MIN;
        let after_last = self.returning.map_or(soonest, |last| last + self.interval);
        let returning = after_last.clamp(soonest, now + RETURN_AFTER_MAX);
        self.returning = Some(returning);
        u64::try_from((returning - now).as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace_of(interval: Duration, begun: Instant) -> Pace {
        let mut pace = Pace::default();
        (0..1_000).for_each(|answer| pace.answered(begun + interval * answer));
        pace
    }

    #[test]
    fn so_many_are_let_in_and_one_who_left_makes_room() {
        let admission = Admission::new("test", 2);
        let (first, _second) = (admission.enter().unwrap(), admission.enter().unwrap());
        assert!(matches!(admission.enter().err(), Some(Refusal::Busy { retry_after_ms: 1.. })));
        drop(first);
        assert!(admission.enter().is_ok());
    }

    #[test]
    fn those_who_are_sent_away_return_as_fast_as_others_are_answered() {
        let now = Instant::now();
        let mut pace = pace_of(Duration::from_millis(2), now);
        let times: Vec<u64> = (0..1_000).map(|_| pace.return_after_ms(now)).collect();
        assert_eq!(times[0], 25);
        assert!(times.is_sorted());
        assert!((1_800..=2_200).contains(&times[999]), "{}", times[999]);
    }

    #[test]
    fn nobody_is_sent_away_for_long_and_a_crowd_that_has_returned_is_forgotten() {
        let now = Instant::now();
        let mut pace = pace_of(Duration::from_secs(3_600), now);
        let longest = (0..10_000).map(|_| pace.return_after_ms(now)).max();
        assert_eq!(longest, Some(5_000));
        assert_eq!(pace.return_after_ms(now + Duration::from_secs(60)), 25);
    }
}
