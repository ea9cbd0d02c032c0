//! Commands to append, all alike.

use std::sync::LazyLock;

use domain::{GoalEvent, Metadata, TaskId, Workspace};
use event_store::{NewCommand, NewEvent};
use uuid::Uuid;

use super::{PAYLOAD_BYTES, text};

/// A command whose events have payloads of [`PAYLOAD_BYTES`] (for tasks up to `TASK-9999`) and no metadata.
pub(crate) fn command(task: TaskId, events: usize) -> anyhow::Result<NewCommand> {
    static DESCRIPTION: LazyLock<String> = LazyLock::new(|| {
        let empty = serde_json::to_string(&described(TaskId(1), "")).unwrap_or_default();
        text(PAYLOAD_BYTES - empty.len())
    });
    let event = || NewEvent::of_goal(Uuid::now_v7(), &described(task, &DESCRIPTION));
    Ok(NewCommand {
        command_id: Uuid::now_v7(),
        workspace: Workspace::DEFAULT,
        metadata: Metadata::default(),
        events: (0..events).map(|_| event()).collect::<Result<_, _>>()?,
    })
}

fn described(task: TaskId, description: &str) -> GoalEvent {
    GoalEvent::TaskDescribed { task, from: None, to: Some(description.into()) }
}
