//! Stored payloads, read by every way there is and folded.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use cqrs_es::persist::SerializedEvent;
use domain::{
    Goal, GoalEvent, TaskId, Timestamp,
    goal::{
        TaskStatus,
        compensate::{Undone, undo},
        graph,
    },
    upcast,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// Events of one stream: enough for two or three tasks to meet. Longer ones are slower to try and say no more.
const EVENTS_MAX: usize = 16;

/// What a row says of its payload.
#[derive(Deserialize)]
struct Tag {
    r#type: String,
}

/// Lines of payloads, such as `{"type":"goal_archived","data":{}}`; a number before one is its version.
pub fn stored_payload(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut goal = Goal::default();
    for line in text.lines().take(EVENTS_MAX) {
        let (version, payload) = line.find('{').map_or(("", line), |begin| line.split_at(begin));
        let version = if version.is_empty() { "1" } else { version };
        if let Some(event) = read(version, payload) {
            happens(&mut goal, &event);
        }
    }
    judge(&goal);
}

fn read(version: &str, payload: &str) -> Option<GoalEvent> {
    let name = serde_json::from_str::<Tag>(payload).map_or_else(|_| String::new(), |tag| tag.r#type);
    let event = match upcast::read(&name, version, payload) {
        // Stored beside a payload that does not say its own name, or says two, there is none that could be asserted.
        Ok(_) if name.is_empty() => return None,
        Ok(event) => event,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return None;
        }
    };
    assert_eq!(event.name(), name);
    let written = serde_json::to_string(&event).expect("an event is JSON");
    let again = upcast::read(event.name(), event.version(), &written);
    assert_eq!(again.ok().as_ref(), Some(&event), "{written}");
    assert_eq!(cold(&event, version, &written).as_ref(), Some(&event), "{written}");
    Some(event)
}

/// As postgres-es reads it on a cold load.
fn cold(event: &GoalEvent, version: &str, payload: &str) -> Option<GoalEvent> {
    let payload: Value = serde_json::from_str(payload).ok()?;
    let (name, version) = (event.name().to_owned(), version.to_owned());
    let mut stored = SerializedEvent::new("GOAL-0001".into(), 1, "goal".into(), name, version, payload, json!({}));
    for upcaster in upcast::upcasters() {
        if upcaster.can_upcast(&stored.event_type, &stored.event_version) {
            stored = upcaster.upcast(stored);
        }
    }
    serde_json::from_value(stored.payload).ok()
}

/// What happened, happened: however odd, it is folded and undone without a fault of ours.
fn happens(goal: &mut Goal, event: &GoalEvent) {
    let before = goal.clone();
    goal.evolve(event);
    assert_eq!(goal.sequence, before.sequence + 1);
    let task = event.task().and_then(|task| before.task(task));
    // Whether it can be undone is up to the rules.
    let undoing =
        undo(goal, &[Undone { event, before: task, result: None, said: None }], "somebody", Timestamp::UNIX_EPOCH);
    assert_eq!(undoing.goal.sequence, goal.sequence + undoing.events.len() as u64);
}

/// What holds at the end of any history. Looking at every task after each event as well would find little more, and take most of the time.
fn judge(goal: &Goal) {
    let _ = graph::find_cycle(goal, goal.tasks.keys().copied());
    for (id, task) in &goal.tasks {
        let blockers = graph::blockers(goal, *id);
        let ready = graph::is_ready(goal, *id, Timestamp::UNIX_EPOCH);
        assert!(!ready || blockers.is_empty(), "{id} is ready and waits for {blockers:?}");
        assert!(graph::descendants(goal, *id).len() <= 2 * goal.tasks.len(), "a circle of parents ends");
        assert_eq!(task.children.iter().collect::<BTreeSet<_>>().len(), task.children.len(), "{id} has each part once");
        for part in &task.children {
            assert_eq!(goal.task(*part).map(|part| part.parent), Some(Some(*id)), "{part} is a part of {id}");
        }
    }
    judge_agenda(goal);
}

/// It says what looking at every task would.
fn judge_agenda(goal: &Goal) {
    let tasks = || goal.tasks.iter().filter(|(_, task)| !task.archived);
    let mut open: Vec<_> = tasks().filter(|(_, task)| task.status.is_open()).collect();
    let mut holds_up = BTreeMap::<TaskId, u32>::new();
    let waiting = goal.tasks.values().filter(|task| !task.is_settled());
    waiting.flat_map(|task| &task.after).for_each(|on| *holds_up.entry(*on).or_default() += 1);
    let holds_up = |id: &TaskId| holds_up.get(id).copied().unwrap_or(0);
    open.sort_by_key(|(id, task)| (Reverse(task.priority), Reverse(holds_up(id)), **id));
    assert!(goal.agenda.open().eq(open.iter().map(|(id, _)| **id)), "{:?}", goal.agenda);
    let mut counts = BTreeMap::<TaskStatus, u32>::new();
    tasks().for_each(|(_, task)| *counts.entry(task.status).or_default() += 1);
    for (status, count) in counts {
        assert_eq!(goal.agenda.count(status), count, "{status:?}");
    }
}
