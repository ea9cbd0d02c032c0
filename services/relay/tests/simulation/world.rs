//! What all parts of one run share: its chance, its time, the trace of its steps, and the first promise that was broken.

use std::{
    collections::{BTreeSet, VecDeque},
    fmt::Write,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::{
    chance::{Chance, mixed},
    flaw::Flaw,
    promise::Promise,
};

/// Steps that a failure shows.
const SHOWN_STEPS: usize = 60;

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct World(Arc<Shared>);

struct Shared {
    begun: Instant,
    flaw: Option<Flaw>,
    state: Mutex<State>,
}

struct State {
    chance: Chance,
    calm: bool,
    steps: u64,
    /// A digest of every step and its time: equal traces are equal runs.
    trace: u64,
    last: VecDeque<Step>,
    kinds: BTreeSet<&'static str>,
    broken: Vec<(Promise, String)>,
}

struct Step {
    at: Duration,
    what: &'static str,
    number: u64,
}

impl World {
    pub(crate) fn new(seed: u64, flaw: Option<Flaw>) -> Self {
        let state = State {
            chance: Chance::new(seed),
            calm: false,
            steps: 0,
            trace: 0,
            last: VecDeque::with_capacity(SHOWN_STEPS),
            kinds: BTreeSet::new(),
            broken: Vec::new(),
        };
        Self(Arc::new(Shared { begun: Instant::now(), flaw, state: Mutex::new(state) }))
    }

    /// A model was asked, or did something of its own.
    pub(crate) fn step(&self, what: &'static str, number: u64) {
        let at = self.now();
        let mut state = self.state();
        state.steps += 1;
        let micros = at.subsec_micros();
        state.trace = what.bytes().fold(mixed(state.trace ^ at.as_secs() ^ number), |trace, byte| {
            trace.rotate_left(5) ^ u64::from(byte) ^ u64::from(micros)
        });
        if state.last.len() == SHOWN_STEPS {
            state.last.pop_front();
        }
        state.last.push_back(Step { at, what, number });
        state.kinds.insert(what);
    }

    /// Virtual time since the run began.
    pub(crate) fn now(&self) -> Duration {
        self.0.begun.elapsed()
    }

    pub(crate) fn below(&self, bound: u64) -> u64 {
        self.state().chance.below(bound)
    }

    pub(crate) fn one_in(&self, cases: u64) -> bool {
        self.below(cases) == 0
    }

    /// Whether something goes wrong now, in one of so many cases; never again after the world was healed.
    pub(crate) fn fails(&self, one_in: u64) -> bool {
        let mut state = self.state();
        !state.calm && state.chance.below(one_in) == 0
    }

    pub(crate) fn uuid(&self) -> Uuid {
        self.state().chance.uuid()
    }

    pub(crate) fn has(&self, flaw: Flaw) -> bool {
        self.0.flaw == Some(flaw)
    }

    /// As long as an answer takes: mostly no time at all, now and then much.
    pub(crate) async fn moment(&self) {
        let (kind, amount) = (self.below(100), self.below(1_000));
        match kind {
            0..60 => tokio::task::yield_now().await,
            60..90 => sleep(Duration::from_millis(amount % 4)).await,
            90..99 => sleep(Duration::from_millis(amount % 60)).await,
            _ => sleep(Duration::from_millis(amount)).await,
        }
    }

    /// Up to so long.
    pub(crate) async fn pause(&self, longest: Duration) {
        let milliseconds = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        sleep(Duration::from_millis(self.below(milliseconds))).await;
    }

    /// From now on nothing goes wrong any more.
    pub(crate) fn heal(&self) {
        self.state().calm = true;
    }

    /// Ends the run soon: what follows may follow from it.
    pub(crate) fn broken(&self, promise: Promise, how: impl Into<String>) {
        self.state().broken.push((promise, how.into()));
    }

    pub(crate) fn is_broken(&self) -> bool {
        !self.state().broken.is_empty()
    }

    /// What became of the run.
    pub(crate) fn report(&self) -> Report {
        let state = self.state();
        let mut last_steps = String::new();
        for Step { at, what, number } in &state.last {
            let _ = writeln!(last_steps, "{:>10.3} s  {what} {number}", at.as_secs_f64());
        }
        let (kinds, broken) = (state.kinds.clone(), state.broken.clone());
        Report { steps: state.steps, trace: state.trace, kinds, broken, last_steps }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of a run.
pub(crate) struct Report {
    pub(crate) steps: u64,
    pub(crate) trace: u64,
    /// What kinds of steps there were.
    pub(crate) kinds: BTreeSet<&'static str>,
    /// The first one counts most.
    pub(crate) broken: Vec<(Promise, String)>,
    pub(crate) last_steps: String,
}
