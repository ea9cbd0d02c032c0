//! What workers were told, compared with what is in the log.

use std::sync::Mutex;

use super::history::History;
use crate::chaos::violation::Violation;

/// A write that somebody has a receipt for.
#[derive(Debug, Clone)]
pub(crate) struct Acknowledged {
    pub(crate) request: String,
    pub(crate) position: u64,
    /// The task and the fence, when it was a claim.
    pub(crate) claim: Option<(String, u64)>,
}

/// Everything that workers were told in one round.
#[derive(Default)]
pub(crate) struct Receipts(Mutex<Told>);

#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    pub(crate) acknowledged: Vec<Acknowledged>,
    /// Requests that were refused at the first try. After a try without an answer a refusal says nothing: the first may still come in.
    pub(crate) refused: Vec<String>,
    /// Tries beyond the first.
    pub(crate) repeats: u64,
}

impl Receipts {
    pub(crate) fn acknowledge(&self, write: Acknowledged) {
        self.0.lock().unwrap().acknowledged.push(write);
    }

    pub(crate) fn refuse(&self, request: String) {
        self.0.lock().unwrap().refused.push(request);
    }

    pub(crate) fn repeat(&self) {
        self.0.lock().unwrap().repeats += 1;
    }

    /// What came since the last time.
    pub(crate) fn take(&self) -> Told {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Told {
    /// Each receipt belongs to a command at its position; no refusal belongs to any.
    pub(crate) fn compare(&self, history: &History) -> Vec<Violation> {
        let acknowledged = self.acknowledged.iter().filter_map(|write| write.compare(history));
        let stored = |request: &String| Some((request.clone(), history.command(request)?.last_position));
        let refused = self.refused.iter().filter_map(stored);
        acknowledged
            .chain(refused.map(|(request, position)| Violation::RefusedAndStored { request, position }))
            .collect()
    }
}

impl Acknowledged {
    fn compare(&self, history: &History) -> Option<Violation> {
        let (request, told) = (self.request.clone(), self.position);
        match history.command(&request) {
            None => Some(Violation::AcknowledgementLost { request, position: told }),
            Some(command) if command.last_position != told => {
                Some(Violation::OtherPosition { request, told, stored: command.last_position })
            }
            Some(command) if self.claim.is_some() && command.claim != self.claim => {
                Some(Violation::OtherClaim { request })
            }
            Some(_) => None,
        }
    }
}
