//! What must not be. One is enough to fail a run.

use std::sync::{Mutex, MutexGuard};

use super::plan::Side;

/// A promise that was not kept, with what is needed to look for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Violation {
    // The log.
    Hole { expected: u64, found: u64 },
    WentBack { checked: u64, head: u64 },
    Rewritten { position: u64 },
    StreamBroken { position: u64, stream: String },
    CommandTorn { position: u64 },
    CommandTwice { position: u64, request: Option<String> },
    FenceReused { position: u64, task: String, fence: u64 },
    TwoHolders { position: u64, task: String },
    TimeWentBack { position: u64 },
    // What workers were told.
    AcknowledgementLost { request: String, position: u64 },
    OtherPosition { request: String, told: u64, stored: u64 },
    OtherClaim { request: String },
    RefusedAndStored { request: String, position: u64 },
    UnexpectedRefusal { request: String, answer: String },
    NotRead { goal: String, min_position: u64, answer: String },
    Stuck { request: String, last: String },
    NotLinear { task: String, operations: String, log: String },
    // What readers saw.
    Skipped { reader: String, expected: u64, found: u64 },
    Repeated { reader: String, position: u64 },
    SawAnother { reader: String, position: u64, saw: String },
    NotCaughtUp { reader: String, at: u64, head: u64 },
    // The nodes.
    LeftInTransaction { connection: String, since: String },
    NodeEnded { side: Side, status: String },
    Alarm { side: Side, line: String },
    CommandFailed { command: String, said: String },
    WentOnWithAnOlderLog { what: &'static str, said: String },
}

impl Violation {
    /// Whether it makes no sense to go on.
    pub(crate) fn ends_the_run(&self) -> bool {
        matches!(self, Self::Stuck { .. } | Self::NotCaughtUp { .. } | Self::WentBack { .. })
    }
}

/// Where everybody puts what they find.
#[derive(Default)]
pub(crate) struct Violations(Mutex<Vec<Violation>>);

impl Violations {
    pub(crate) fn add(&self, violation: Violation) {
        println!("VIOLATION {violation:?}");
        self.list().push(violation);
    }

    pub(crate) fn add_all(&self, violations: impl IntoIterator<Item = Violation>) {
        violations.into_iter().for_each(|violation| self.add(violation));
    }

    /// Those found since the last time.
    pub(crate) fn take(&self) -> Vec<Violation> {
        std::mem::take(&mut *self.list())
    }

    fn list(&self) -> MutexGuard<'_, Vec<Violation>> {
        self.0.lock().unwrap()
    }
}
