//! The view `positions`: when each event was recorded, what it was about, who did it and what it belongs to. `as_of` judges leases by it,
//! and whoever looks for events finds their positions here: the log itself is found by position and by stream alone.

use domain::{Metadata, Recorded, TaskId, Timestamp};
use uuid::Uuid;

use crate::{
    fold::{At, Fold, signed},
    ranged::version_table,
};

version_table! {
    /// One event. It never ends: what happened, happened.
    PositionVersion in "positions"
    key { position: i64 as "bigint" }
    always {
        goal: i64 as "bigint",
        workspace: String as "text",
        recorded_at: Timestamp as "timestamptz",
        event_id: Uuid as "uuid",
        event_type: String as "text",
        command_id: Uuid as "uuid",
    }
    maybe {
        task: i64 as "bigint",
        actor: String as "text",
        correlation_id: Uuid as "uuid",
        causation_id: Uuid as "uuid",
    }
    derived {}
    live {
        "(recorded_at)",
        "(goal, position)",
        "(actor, position)",
        "(event_type, position)",
        "(correlation_id, position)",
        "(event_id)",
        "(causation_id) WHERE causation_id IS NOT NULL",
    }
    past {}
}

impl Fold {
    pub(crate) fn note_position(&mut self, at: &At, recorded: &Recorded, task: Option<TaskId>) {
        self.positions.add(|| PositionVersion {
            position: at.position,
            from_position: at.position,
            to_position: None,
            goal: at.goal,
            workspace: at.workspace.to_owned(),
            recorded_at: at.time,
            event_id: recorded.event_id,
            event_type: recorded.event_type.clone(),
            command_id: recorded.command_id,
            task: task.map(|task| signed(task.0)),
            actor: at.actor.map(str::to_owned),
            correlation_id: id(recorded, Metadata::CORRELATION_ID),
            causation_id: id(recorded, Metadata::CAUSATION_ID),
        });
    }
}

/// What is no UUID is none of ours, and nobody can ask for it.
fn id(recorded: &Recorded, key: &str) -> Option<Uuid> {
    recorded.metadata.get(key)?.parse().ok()
}
