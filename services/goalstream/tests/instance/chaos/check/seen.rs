//! What one reader has seen: each position once and in order, and there what the log has.

use std::sync::Mutex;

use super::history::{History, Mark};
use crate::chaos::violation::Violation;

pub(crate) struct Seen {
    reader: String,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    last: u64,
    /// Not yet compared with the log.
    fresh: Vec<(u64, String)>,
    /// How often it was sent back to the snapshot.
    resets: u64,
}

impl Seen {
    pub(crate) fn new(reader: impl Into<String>) -> Self {
        Self { reader: reader.into(), inner: Mutex::default() }
    }

    pub(crate) fn reader(&self) -> &str {
        &self.reader
    }

    /// The last position.
    pub(crate) fn last(&self) -> u64 {
        self.inner.lock().unwrap().last
    }

    pub(crate) fn reset(&self) {
        self.inner.lock().unwrap().resets += 1;
    }

    pub(crate) fn resets(&self) -> u64 {
        self.inner.lock().unwrap().resets
    }

    /// Takes the next event, with a word for what it is.
    pub(crate) fn take(&self, position: u64, what: String) -> Option<Violation> {
        let mut inner = self.inner.lock().unwrap();
        let (reader, expected) = (self.reader.clone(), inner.last + 1);
        if position < expected {
            return Some(Violation::Repeated { reader, position });
        }
        inner.last = position;
        inner.fresh.push((position, what));
        (position > expected).then_some(Violation::Skipped { reader, expected, found: position })
    }

    /// Compares what came up to the history's head since the last time. `word` says what the log has, as the reader would.
    pub(crate) fn compare(&self, history: &History, word: impl Fn(&Mark) -> String) -> Vec<Violation> {
        let mut inner = self.inner.lock().unwrap();
        let (known, later) =
            std::mem::take(&mut inner.fresh).into_iter().partition(|(position, _)| *position <= history.head());
        inner.fresh = later;
        let differs = |(position, saw): (u64, String)| {
            let same = history.mark(position).is_some_and(|mark| word(mark) == saw);
            (!same).then(|| Violation::SawAnother { reader: self.reader.clone(), position, saw })
        };
        let known: Vec<_> = known;
        known.into_iter().filter_map(differs).collect()
    }
}
