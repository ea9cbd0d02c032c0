//! Who asked what of which task, when, and what they were told.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use serde_json::Value;
use tokio::time::Instant;

use super::History;
use super::linear::{Operation, Request, Told, is_explained};
use crate::chaos::violation::Violation;

/// Every task that was claimed, completed or given back.
#[derive(Default)]
pub(crate) struct Register(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    by_task: BTreeMap<String, Vec<Operation>>,
    /// Tasks that were asked something since the last judgement.
    changed: BTreeSet<String>,
    /// Claims of whatever is ready that were refused after a try without an answer: the first may have come in all the same, for a task that
    /// the log alone knows.
    stray: Vec<(String, Instant)>,
}

impl Register {
    /// A request that was answered. After a try without an answer the answer to another one does not tell what becomes of the
    /// first, unless it is a receipt: a refusal is not remembered, so the first may still come in.
    pub(crate) fn answered(
        &self,
        tool: &str,
        arguments: &Value,
        called: Instant,
        told: Result<&Value, &str>,
        tries: u64,
    ) {
        let Some(request) = request(tool, arguments) else { return };
        let answer = match told {
            Ok(told) => told["fence"].as_u64().filter(|_| request == Request::Claim).map_or(Told::Done, Told::Fence),
            Err(code) => Told::Refused(code.to_owned()),
        };
        // Without an id the best task was wanted, and only an answer tells which that was.
        let task = arguments["id"].as_str().or_else(|| told.ok().and_then(|told| told["task"].as_str()));
        let Some(task) = task else {
            if tries > 1 {
                let id = arguments["request_id"].as_str().unwrap_or_default().to_owned();
                self.0.lock().unwrap().stray.push((id, called));
            }
            return;
        };
        if told.is_err() && tries > 1 {
            self.add(task, Operation { request, called, answer: None });
        }
        self.add(task, Operation { request, called, answer: Some((answer, Instant::now())) });
    }

    /// A request about which nobody knows.
    pub(crate) fn unanswered(&self, tool: &str, arguments: &Value, called: Instant) {
        if let (Some(request), Some(task)) = (request(tool, arguments), arguments["id"].as_str()) {
            self.add(task, Operation { request, called, answer: None });
        }
    }

    /// Tasks whose answers no order explains, of those that were asked something since the last time.
    pub(crate) fn judge(&self, history: &History) -> Vec<Violation> {
        self.find_strays(history);
        let mut entries = self.0.lock().unwrap();
        let changed = std::mem::take(&mut entries.changed);
        let unexplained = changed.into_iter().filter(|task| {
            let asked = &entries.by_task[task];
            let lapse =
                |fence: &u64| Operation { request: Request::Lapse(*fence), called: asked[0].called, answer: None };
            !is_explained(&asked.iter().cloned().chain(history.lapsed(task).iter().map(lapse)).collect::<Vec<_>>())
        });
        let told = |task: String| Violation::NotLinear {
            operations: format!("{:?}", entries.by_task[&task]),
            log: history.work_on(&task).join("; "),
            task,
        };
        unexplained.map(told).collect()
    }

    fn find_strays(&self, history: &History) {
        let strays = std::mem::take(&mut self.0.lock().unwrap().stray);
        for (id, called) in strays {
            match history.command(&id).and_then(|command| command.claim.as_ref()) {
                Some((task, _)) => self.add(task, Operation { request: Request::Claim, called, answer: None }),
                None => self.0.lock().unwrap().stray.push((id, called)),
            }
        }
    }

    fn add(&self, task: &str, operation: Operation) {
        let mut entries = self.0.lock().unwrap();
        entries.changed.insert(task.to_owned());
        entries.by_task.entry(task.to_owned()).or_default().push(operation);
    }
}

/// What a tool call asks of a task's claim, if anything.
fn request(tool: &str, arguments: &Value) -> Option<Request> {
    let fence = arguments["fence"].as_u64();
    match (tool, fence) {
        ("claim", None) => Some(Request::Claim),
        ("claim", Some(fence)) => Some(Request::Release(fence)),
        ("complete", Some(fence)) => Some(Request::Complete(fence)),
        _ => None,
    }
}
