//! How long tasks will still take.

use super::{super::state::Task, net::Net, past::Sample};
use crate::{Timestamp, goal::TaskStatus};

/// So many finished tasks have to be known before anything is concluded from them.
pub const SAMPLES_MIN: usize = 5;
/// What a task counts as when nothing at all is known, so that longer chains are longer.
const SECONDS_ASSUMED: u64 = 60 * 60;
/// Of a task that is in review, or was begun longer ago than it should take, one part in so many is left: it is not done, and nobody
/// knows what is missing.
const LEAST_LEFT: u64 = 10;

/// An estimate is taken to be this many times too long or too short at most, where hardly any was made before: tasks of all sizes say how
/// long tasks are, and little of how wrong somebody is about one of them.
const WRONG_TIMES_MAX: u64 = 4;

/// How it is known how long a task takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Basis {
    /// Somebody has estimated it.
    Estimate,
    /// Half of the tasks that were done took no longer.
    Measured,
    /// Nothing is known: an hour.
    Assumed,
    /// Its parts take the time.
    Parts,
}

/// What each task is expected to take.
pub(super) struct Durations<'a> {
    expected: Vec<(u64, Basis)>,
    samples: &'a [Sample],
    /// What was expected of a task that is done, and what it took, in seconds: of those that had been estimated, or, when these are too
    /// few, of all of them, each held against the median.
    expected_and_took: Vec<(u64, u64)>,
    at: Timestamp,
}

impl<'a> Durations<'a> {
    pub(super) fn of(net: &Net<'_>, samples: &'a [Sample], at: Timestamp) -> Self {
        let mut took: Vec<u64> = samples.iter().map(|sample| sample.seconds).collect();
        took.sort_unstable();
        let measured = (took.len() >= SAMPLES_MIN).then(|| percentile(&took, 50));
        let expect = |(_, task): &(_, &Task)| {
            let (whole, basis) = match (has_parts(net, task), task.estimate_minutes, measured) {
                (true, ..) => (0, Basis::Parts),
                (false, Some(minutes), _) => (seconds(minutes), Basis::Estimate),
                (false, None, Some(median)) => (median, Basis::Measured),
                (false, None, None) => (SECONDS_ASSUMED, Basis::Assumed),
            };
            (left(task, whole, at), basis)
        };
        let estimated = samples.iter().filter_map(|sample| Some((seconds(sample.estimate_minutes?), sample.seconds)));
        let estimated: Vec<_> = estimated.filter(|(estimate, _)| *estimate > 0).collect();
        let median = measured.unwrap_or(0).max(1);
        let expected_and_took = match estimated.len() >= SAMPLES_MIN {
            true => estimated,
            false => {
                let within =
                    |seconds: u64| seconds.clamp(median / WRONG_TIMES_MAX, median.saturating_mul(WRONG_TIMES_MAX));
                took.into_iter().map(|seconds| (median, within(seconds))).collect()
            }
        };
        Self { expected: net.tasks.iter().map(expect).collect(), samples, expected_and_took, at }
    }

    /// Of the task at this place: how many seconds, and how that is known.
    pub(super) fn of_place(&self, place: usize) -> (u64, Basis) {
        self.expected[place]
    }

    pub(super) fn are_measured(&self) -> bool {
        self.samples.len() >= SAMPLES_MIN
    }

    /// What the task may take, if it goes with it as with one of those that are done: an estimate comes out as wrong as that one's was, or,
    /// where hardly any was estimated, as much longer or shorter, within bounds, as that one was than half of them. `draw` chooses which.
    pub(super) fn drawn(&self, place: usize, task: &Task, draw: u64) -> u64 {
        let whole = match (self.expected[place].1, task.estimate_minutes) {
            (Basis::Parts, _) => return 0,
            (Basis::Estimate, Some(minutes)) => {
                let (expected, took) = self.expected_and_took[chosen(draw, self.expected_and_took.len())];
                seconds(minutes).saturating_mul(took) / expected
            }
            _ => self.samples[chosen(draw, self.samples.len())].seconds,
        };
        left(task, whole, self.at)
    }
}

/// A task with parts is the sum of them, unless all were given up or put aside.
fn has_parts(net: &Net<'_>, task: &Task) -> bool {
    let counts = |place: usize| {
        let part = net.tasks[place].1;
        !part.archived && part.status != TaskStatus::Cancelled
    };
    task.children.iter().filter_map(|part| net.place(*part)).any(counts)
}

/// What is left of it at this moment. What somebody spends on it without a lease is not known.
fn left(task: &Task, whole: u64, at: Timestamp) -> u64 {
    let least = whole.div_ceil(LEAST_LEFT);
    match (task.status, task.live_claim(at)) {
        (TaskStatus::InReview, _) => least,
        (_, Some(claim)) => {
            let spent = u64::try_from((at - claim.since).num_seconds()).unwrap_or(0);
            whole.saturating_sub(spent).max(least)
        }
        _ => whole,
    }
}

fn seconds(minutes: u32) -> u64 {
    u64::from(minutes) * 60
}

fn chosen(draw: u64, among: usize) -> usize {
    usize::try_from(draw % among as u64).unwrap_or(0)
}

/// So many percent of these are no larger. They are sorted, and there is at least one.
pub(super) fn percentile(sorted: &[u64], percent: usize) -> u64 {
    sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1]
}
