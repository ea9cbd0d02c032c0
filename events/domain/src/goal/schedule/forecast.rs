//! When all will be done: the tasks are handed to workers as they become free, again and again, each time with durations that were
//! measured, or with estimates that are as wrong as others were.
//!
//! What somebody holds goes on first, and then workers take of what is ready as they would by a claim, in the order of the agenda. There
//! is no chance in it: which measured duration a task gets follows from its place and the round, so that the same goal has the same
//! forecast, and two plans differ only by what differs in the goal.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::{
    Circumstances,
    durations::{Durations, percentile},
    net::{Net, Node, finish},
};
use crate::{Timestamp, time::micros};

/// How often the work is done, at most and at least.
const ROUNDS_MAX: usize = 200;
const ROUNDS_MIN: usize = 20;
/// Tasks that are done in all rounds together, unless that would be too few rounds.
const TASKS_MAX: usize = 100_000;

/// When all will be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    /// How many work at the same time.
    pub workers: u32,
    /// How long they take when every task takes what is expected of it, in seconds.
    pub seconds: u64,
    /// How many finished tasks it rests on.
    pub samples: usize,
    /// When they will be done; `None` when too little was measured to say.
    pub finish: Option<Finish>,
}

/// The end of all work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finish {
    /// As likely before as after.
    pub p50: Timestamp,
    /// Four times in five before.
    pub p80: Timestamp,
}

/// The forecast, and what it means for what is due.
pub(super) struct Outcome {
    pub(super) forecast: Forecast,
    pub(super) ends: Ends,
}

/// When things come to their end, in seconds from now: four times in five before, or as expected when that is not known.
pub(super) struct Ends {
    pub(super) all: u64,
    /// By place, of tasks that are due.
    pub(super) due: Vec<(usize, u64)>,
}

pub(super) fn forecast(net: &Net<'_>, durations: &Durations<'_>, circumstances: &Circumstances) -> Outcome {
    let Circumstances { at, workers, samples, .. } = circumstances;
    let crew = Crew::of(net, *workers, *at);
    let expected: Vec<u64> = (0..net.tasks.len()).map(|place| durations.of_place(place).0).collect();
    let once = crew.work_off(&expected);
    let seconds = once.iter().copied().max().unwrap_or(0);
    let due: Vec<usize> = net.work().filter(|place| net.tasks[*place].1.due.is_some()).collect();
    let mut forecast = Forecast { workers: *workers, seconds, samples: samples.len(), finish: None };
    if !durations.are_measured() {
        let ends = Ends { all: seconds, due: due.into_iter().map(|place| (place, once[place])).collect() };
        return Outcome { forecast, ends };
    }
    let mut all = Vec::new();
    let mut of_due = vec![Vec::new(); due.len()];
    for round in 0..rounds(net.work().len()) {
        let ends = crew.work_off(&drawn(net, durations, round));
        all.push(ends.iter().copied().max().unwrap_or(0));
        of_due.iter_mut().zip(&due).for_each(|(of_task, place)| of_task.push(ends[*place]));
    }
    all.sort_unstable();
    let likely = |mut ends: Vec<u64>| {
        ends.sort_unstable();
        percentile(&ends, 80)
    };
    let (p50, p80) = (percentile(&all, 50), percentile(&all, 80));
    forecast.finish = Some(Finish { p50: later(*at, p50), p80: later(*at, p80) });
    Outcome { forecast, ends: Ends { all: p80, due: due.into_iter().zip(of_due.into_iter().map(likely)).collect() } }
}

fn rounds(tasks: usize) -> usize {
    (TASKS_MAX / tasks.max(1)).clamp(ROUNDS_MIN, ROUNDS_MAX)
}

fn drawn(net: &Net<'_>, durations: &Durations<'_>, round: usize) -> Vec<u64> {
    let draw = |place: usize| mixed((round as u64) << 32 | place as u64);
    let of = |(place, (_, task)): (usize, &(_, &_))| durations.drawn(place, task, draw(place));
    net.tasks.iter().enumerate().map(of).collect()
}

/// Numbers that are near each other come out far from each other: the last step of splitmix64.
fn mixed(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// So many seconds later, or as late as can be said.
pub(super) fn later(at: Timestamp, seconds: u64) -> Timestamp {
    let seconds = i64::try_from(seconds).ok().and_then(chrono::TimeDelta::try_seconds);
    seconds.and_then(|seconds| at.checked_add_signed(seconds)).map_or(Timestamp::MAX_UTC, micros)
}

/// So many workers, and the order in which they take tasks.
struct Crew<'a> {
    net: &'a Net<'a>,
    workers: usize,
    /// By place: the lower the sooner.
    turns: Vec<usize>,
    /// By node: how many others have to come first.
    waiting: Vec<usize>,
}

/// Work on its way.
struct Progress {
    now: u64,
    waiting: Vec<usize>,
    /// Nodes that wait for nothing any more and have not been looked at.
    free: Vec<Node>,
    /// By place: when it was done.
    ends: Vec<u64>,
}

impl<'a> Crew<'a> {
    fn of(net: &'a Net<'a>, workers: u32, at: Timestamp) -> Self {
        let is_free = |place: &usize| net.tasks[*place].1.live_claim(at).is_none();
        let mut places: Vec<usize> = net.work().collect();
        places.sort_by_key(is_free);
        let mut turns = vec![0; net.tasks.len()];
        places.into_iter().enumerate().for_each(|(turn, place)| turns[place] = turn);
        let waiting = net.nodes().map(|node| net.waits(node).len()).collect();
        Self { net, workers: usize::try_from(workers).unwrap_or(usize::MAX).max(1), turns, waiting }
    }

    /// When each task is done, in seconds from now, if they take this long.
    fn work_off(&self, takes: &[u64]) -> Vec<u64> {
        let free = self.net.nodes().filter(|node| self.waiting[*node] == 0).collect();
        let mut progress = Progress { now: 0, waiting: self.waiting.clone(), free, ends: vec![0; takes.len()] };
        let (mut ready, mut begun) = (BinaryHeap::new(), BinaryHeap::new());
        loop {
            while let Some(node) = progress.free.pop() {
                match self.net.done_with(node).filter(|place| takes[*place] > 0) {
                    Some(place) => ready.push(Reverse((self.turns[place], place))),
                    None => self.pass(node, &mut progress),
                }
            }
            while begun.len() < self.workers
                && let Some(Reverse((_, place))) = ready.pop()
            {
                begun.push(Reverse((progress.now.saturating_add(takes[place]), place)));
            }
            let Some(Reverse((end, _))) = begun.peek() else { return progress.ends };
            progress.now = *end;
            // All that end together, so that the best of what they set free is taken first.
            while let Some(Reverse((end, place))) = begun.peek().copied()
                && end == progress.now
            {
                begun.pop();
                self.pass(finish(place), &mut progress);
            }
        }
    }

    fn pass(&self, node: Node, progress: &mut Progress) {
        if let Some(place) = self.net.done_with(node) {
            progress.ends[place] = progress.now;
        }
        for next in self.net.followers(node) {
            progress.waiting[*next] -= 1;
            if progress.waiting[*next] == 0 {
                progress.free.push(*next);
            }
        }
    }
}
