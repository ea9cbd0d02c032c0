//! The view `positions`: when each event was recorded and what it was about. `as_of` judges leases by it.

use domain::{TaskId, Timestamp};

use crate::{
    fold::{At, Fold, signed},
    ranged::version_table,
};

version_table! {
    /// One event. It never ends: what happened, happened.
    PositionVersion in "positions"
    key { position: i64 as "bigint" }
    always { goal: i64 as "bigint", workspace: String as "text", recorded_at: Timestamp as "timestamptz" }
    maybe { task: i64 as "bigint" }
    derived {}
    live { "(recorded_at)" }
    past {}
}

impl Fold {
    pub(crate) fn note_position(&mut self, at: &At, task: Option<TaskId>) {
        self.positions.add(PositionVersion {
            position: at.position,
            from_position: at.position,
            to_position: None,
            goal: at.goal,
            workspace: at.workspace.to_owned(),
            recorded_at: at.time,
            task: task.map(|task| signed(task.0)),
        });
    }
}
