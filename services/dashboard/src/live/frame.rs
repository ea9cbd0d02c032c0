//! An event as it is sent: bytes that are made once and shared by all clients.

use std::str::FromStr;
#[cfg(test)]
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use domain::{GoalEvent, Metadata, Recorded, Timestamp};
use goal_agent::rows::{ChangedRows, GoalRow, TaskRow};
use serde::Serialize;
use serde_json::Value;

/// The words a client wants to hear.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Vocabulary {
    /// Every event by its own name, with the rows it changed.
    #[default]
    Full,
    /// `goal_created`, `goal_updated` and `task_updated` with the changed row, and `server_status`.
    Coarse,
}

impl FromStr for Vocabulary {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        match word {
            "full" => Ok(Self::Full),
            "coarse" => Ok(Self::Coarse),
            _ => Err(()),
        }
    }
}

/// One event in both vocabularies.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) position: u64,
    full: Bytes,
    /// Empty when the event changed no row.
    coarse: Bytes,
}

impl Frame {
    pub(crate) fn bytes(&self, vocabulary: Vocabulary) -> &Bytes {
        match vocabulary {
            Vocabulary::Full => &self.full,
            Vocabulary::Coarse => &self.coarse,
        }
    }

    /// What it takes to keep it.
    pub(crate) fn size(&self) -> usize {
        self.full.len() + self.coarse.len()
    }
}

/// `{"type", "data", "meta", "rows"}`.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    event: Payload,
    meta: Meta<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<Rows<'a>>,
}

/// Today's shape of an event. One that a newer program wrote goes out as it is stored: clients may be newer as well.
#[derive(Serialize)]
#[serde(untagged)]
enum Payload {
    Known(Box<GoalEvent>),
    Newer { r#type: String, data: Value },
}

#[derive(Serialize)]
struct Meta<'a> {
    position: u64,
    at: Timestamp,
    workspace: &'a str,
    goal: &'a str,
    subject: String,
    sequence: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_kind: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<&'a str>,
    command_id: uuid::Uuid,
}

#[derive(Serialize)]
struct Rows<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    goals: &'a [GoalRow],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tasks: &'a [TaskRow],
}

/// Renders an event with the rows it changed.
pub(crate) fn render(event: &Recorded, rows: &ChangedRows) -> Frame {
    Frame { position: event.position, full: full(event, rows).into(), coarse: coarse(event, rows).into() }
}

fn full(event: &Recorded, rows: &ChangedRows) -> String {
    let payload = payload(event);
    let told = Told {
        meta: meta(event, &payload),
        event: payload,
        rows: (!rows.goals.is_empty() || !rows.tasks.is_empty())
            .then_some(Rows { goals: &rows.goals, tasks: &rows.tasks }),
    };
    message(Some(event.position), &event.event_type, &told)
}

/// A task's event also moves its goal's progress. That row goes first and without an id, so that the position counts as seen only
/// when both have arrived.
fn coarse(event: &Recorded, rows: &ChangedRows) -> String {
    let goal_name = if event.event_type == "goal_created" { "goal_created" } else { "goal_updated" };
    let id_of_goal = Some(event.position).filter(|_| rows.tasks.is_empty());
    let goals = rows.goals.iter().map(|row| named(id_of_goal, goal_name, row));
    let tasks = rows.tasks.iter().map(|row| named(Some(event.position), "task_updated", row));
    goals.chain(tasks).collect()
}

/// A message whose data are `{"type", "data"}`, as the coarse vocabulary has them.
pub(crate) fn named(id: Option<u64>, name: &str, data: &impl Serialize) -> String {
    #[derive(Serialize)]
    struct Named<'a, D> {
        r#type: &'a str,
        data: &'a D,
    }
    message(id, name, &Named { r#type: name, data })
}

/// One message of the stream. JSON from serde has no line breaks, so one data line holds it.
pub(crate) fn message(id: Option<u64>, name: &str, data: &impl Serialize) -> String {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    let data = serde_json::to_string(data).expect("events and rows have nothing that JSON cannot hold");
    format!("{id}event: {name}\ndata: {data}\n\n")
}

fn payload(event: &Recorded) -> Payload {
    match event.goal_event() {
        Ok(known) => Payload::Known(Box::new(known)),
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "an event of a newer program is sent as it is stored"
            );
            let mut stored: Value = serde_json::from_str(&event.payload).unwrap_or_default();
            let data = stored.get_mut("data").map(Value::take).unwrap_or_default();
            Payload::Newer { r#type: event.event_type.clone(), data }
        }
    }
}

fn meta<'a>(event: &'a Recorded, payload: &Payload) -> Meta<'a> {
    let task = match payload {
        Payload::Known(known) => known.task(),
        Payload::Newer { .. } => None,
    };
    Meta {
        position: event.position,
        at: event.recorded_at,
        workspace: event.workspace.as_str(),
        goal: &event.stream.id,
        subject: task.map_or_else(|| event.stream.id.clone(), |task| task.to_string()),
        sequence: event.sequence,
        actor: event.metadata.get(Metadata::ACTOR_ID),
        actor_kind: event.metadata.get(Metadata::ACTOR_KIND),
        client: event.metadata.get(Metadata::CLIENT),
        command_id: event.command_id,
    }
}

#[cfg(test)]
impl Frame {
    /// A frame without an event, for tests of how frames travel.
    pub(crate) fn fake(position: u64, padding_bytes: usize) -> Self {
        let text = |name: &str| format!("id: {position}\nevent: {name}\ndata: {}\n\n", "x".repeat(padding_bytes));
        Self { position, full: text("task_completed").into(), coarse: text("task_updated").into() }
    }

    /// The same, and how many bytes of such frames anybody still holds.
    pub(crate) fn counted(position: u64, padding_bytes: usize, held: &std::sync::Arc<AtomicUsize>) -> Self {
        let fake = Self::fake(position, padding_bytes);
        let counted = |bytes: Bytes| {
            held.fetch_add(bytes.len(), Ordering::Relaxed);
            Bytes::from_owner(Counted(bytes, held.clone()))
        };
        Self { position, full: counted(fake.full), coarse: counted(fake.coarse) }
    }
}

#[cfg(test)]
struct Counted(Bytes, std::sync::Arc<AtomicUsize>);

#[cfg(test)]
impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
impl Drop for Counted {
    fn drop(&mut self) {
        self.1.fetch_sub(self.0.len(), Ordering::Relaxed);
    }
}
