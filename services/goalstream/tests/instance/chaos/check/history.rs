//! The log as it was read so far, judged event by event. Knows no server, so that it can be shown a broken log.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use uuid::Uuid;

use crate::chaos::violation::Violation;

/// An event as the log's table has it.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) position: u64,
    pub(crate) event_id: Uuid,
    pub(crate) event_type: String,
    pub(crate) stream: String,
    pub(crate) sequence: u64,
    pub(crate) command_id: Uuid,
    pub(crate) command_pos: u64,
    pub(crate) command_len: u64,
    pub(crate) request: Option<String>,
    /// In microseconds.
    pub(crate) recorded_at: i64,
    pub(crate) payload: String,
}

/// A command as it stands in the log.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    pub(crate) last_position: u64,
    /// The task that it claimed, and the fence.
    pub(crate) claim: Option<(String, u64)>,
}

#[derive(Default)]
pub(crate) struct History {
    /// The last position.
    head: u64,
    /// When it was recorded.
    recorded_at: i64,
    /// By position: what readers must have seen there.
    marks: HashMap<u64, Mark>,
    sequences: HashMap<String, u64>,
    command_ids: HashSet<Uuid>,
    by_request: HashMap<String, Command>,
    /// What the next event must go on with, when a command is not at its end.
    open: Option<(Uuid, u64)>,
    /// By task: the fence of its last claim, and whether that is still held.
    claims: HashMap<String, (u64, bool)>,
    /// By task: the fences of claims whose lease was found to be over.
    lapsed: HashMap<String, Vec<u64>>,
    /// By task: what was done with it, for whoever looks for what went wrong.
    work: HashMap<String, Vec<String>>,
}

/// What is remembered of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) event_id: Uuid,
    pub(crate) event_type: String,
}

impl History {
    pub(crate) fn head(&self) -> u64 {
        self.head
    }

    pub(crate) fn mark(&self, position: u64) -> Option<&Mark> {
        self.marks.get(&position)
    }

    /// Position, type, and the request of each event of a task.
    pub(crate) fn work_on(&self, task: &str) -> &[String] {
        self.work.get(task).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn lapsed(&self, task: &str) -> &[u64] {
        self.lapsed.get(task).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn command(&self, request: &str) -> Option<&Command> {
        self.by_request.get(request)
    }

    /// Takes the next event and says what is wrong with it.
    pub(crate) fn take(&mut self, event: &Stored) -> Vec<Violation> {
        let mut wrong = Vec::new();
        let (expected, found) = (self.head + 1, event.position);
        if found != expected {
            wrong.push(Violation::Hole { expected, found });
        }
        // One hole is told once: from here on it goes on behind it.
        self.head = found;
        if event.recorded_at < self.recorded_at {
            wrong.push(Violation::TimeWentBack { position: found });
        }
        self.recorded_at = event.recorded_at;
        self.marks.insert(found, Mark { event_id: event.event_id, event_type: event.event_type.clone() });
        wrong.extend(self.take_sequence(event));
        wrong.extend(self.take_command(event));
        wrong.extend(self.take_claim(event));
        wrong
    }

    fn take_sequence(&mut self, event: &Stored) -> Option<Violation> {
        let last = self.sequences.insert(event.stream.clone(), event.sequence).unwrap_or_default();
        let broken = event.sequence != last + 1;
        broken.then(|| Violation::StreamBroken { position: event.position, stream: event.stream.clone() })
    }

    fn take_command(&mut self, event: &Stored) -> Option<Violation> {
        let position = event.position;
        let expected = self.open.take().unwrap_or((event.command_id, 0));
        let next = event.command_pos + 1;
        self.open = (next < event.command_len).then_some((event.command_id, next));
        if expected != (event.command_id, event.command_pos) {
            return Some(Violation::CommandTorn { position });
        }
        if event.command_pos > 0 {
            if let Some(command) = event.request.as_ref().and_then(|request| self.by_request.get_mut(request)) {
                command.last_position = position;
            }
            return None;
        }
        let command = Command { last_position: position, claim: None };
        let known = event.request.as_ref().is_some_and(|id| self.by_request.insert(id.clone(), command).is_some());
        let twice = !self.command_ids.insert(event.command_id) || known;
        twice.then(|| Violation::CommandTwice { position, request: event.request.clone() })
    }

    fn take_claim(&mut self, event: &Stored) -> Option<Violation> {
        let payload: Value = serde_json::from_str(&event.payload).unwrap();
        let task = payload["data"]["task"].as_str()?.to_owned();
        let told = format!("{} {} by {:?}", event.position, event.event_type, event.request);
        self.work.entry(task.clone()).or_default().push(told);
        match event.event_type.as_str() {
            "task_claimed" => {
                let fence = payload["data"]["fence"].as_u64().unwrap();
                if let Some(command) = event.request.as_ref().and_then(|request| self.by_request.get_mut(request)) {
                    command.claim = Some((task.clone(), fence));
                }
                let (last, held) = self.claims.insert(task.clone(), (fence, true)).unwrap_or_default();
                let position = event.position;
                match (held, fence > last) {
                    (true, _) => Some(Violation::TwoHolders { position, task }),
                    (false, false) => Some(Violation::FenceReused { position, task, fence }),
                    (false, true) => None,
                }
            }
            "claim_released" | "claim_expired" | "task_completed" | "task_failed" | "task_cancelled" => {
                if let Some((fence, held)) = self.claims.get_mut(&task) {
                    *held = false;
                    if event.event_type == "claim_expired" {
                        self.lapsed.entry(task).or_default().push(*fence);
                    }
                }
                None
            }
            _ => None,
        }
    }
}
