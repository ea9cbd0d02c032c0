//! Whether claims and completions of one task, made at the same time at two nodes, can be put in an order that explains every answer.
//!
//! The order must respect time: what was answered before another request was made comes before it. The search is the one of Wing and
//! Gong with the memory of Lowe: try each request that may come next, and never the same set and state twice.

use std::collections::HashSet;

use tokio::time::Instant;

/// What was asked of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    Claim,
    /// Done, or failed: it is over, either way.
    Complete(u64),
    Release(u64),
    /// Nobody asks for this: the lease of the claim with this fence was over, and somebody found it so.
    Lapse(u64),
}

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// A claim's fence.
    Fence(u64),
    Done,
    Refused(String),
}

/// One request from its first try to its last answer.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) request: Request,
    pub(crate) called: Instant,
    /// `None` when nobody knows: it may have happened at any time since, happen later, or never.
    pub(crate) answer: Option<(Told, Instant)>,
}

/// A task as a single worker would see it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Task {
    /// The last one given.
    fence: u64,
    held: bool,
    over: bool,
}

impl Task {
    fn told(&mut self, request: Request) -> Told {
        let refused = |code: &str| Told::Refused(code.to_owned());
        match request {
            Request::Claim if self.over => refused("CONFLICT"),
            Request::Claim if self.held => refused("CLAIMED"),
            Request::Claim => {
                (self.fence, self.held) = (self.fence + 1, true);
                Told::Fence(self.fence)
            }
            Request::Complete(fence) | Request::Release(fence) if fence != self.fence => refused("FENCED"),
            Request::Complete(_) => {
                (self.held, self.over) = (false, true);
                Told::Done
            }
            Request::Release(_) => {
                self.held = false;
                Told::Done
            }
            Request::Lapse(fence) => {
                self.held &= fence != self.fence;
                Told::Done
            }
        }
    }
}

/// Whether some order explains all answers.
pub(crate) fn is_explained(operations: &[Operation]) -> bool {
    Search { operations, tried: HashSet::new() }.goes_on(Task::default(), &vec![false; operations.len()])
}

struct Search<'a> {
    operations: &'a [Operation],
    /// Which operations had happened, and what the task was then: nothing came of it.
    tried: HashSet<(Vec<bool>, Task)>,
}

impl Search<'_> {
    fn goes_on(&mut self, task: Task, happened: &[bool]) -> bool {
        let waiting = || self.operations.iter().zip(happened).filter(|(_, happened)| !**happened);
        let answers = waiting().filter_map(|(operation, _)| operation.answer.as_ref());
        let Some(first_answer) = answers.map(|(_, at)| *at).min() else { return true };
        if !self.tried.insert((happened.to_vec(), task)) {
            return false;
        }
        for next in 0..self.operations.len() {
            let operation = &self.operations[next];
            // What was called after an answer cannot have come before it.
            if happened[next] || operation.called > first_answer {
                continue;
            }
            let mut after = task;
            let told = after.told(operation.request);
            if operation.answer.as_ref().is_none_or(|(answer, _)| *answer == told) {
                let mut happened = happened.to_vec();
                happened[next] = true;
                if self.goes_on(after, &happened) {
                    return true;
                }
            }
        }
        false
    }
}
