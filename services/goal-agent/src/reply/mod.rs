//! What is answered, whichever door it goes out through: one file a tool. Empty fields are left out.
//!
//! `position` is the log position that the answer is true for, and the token for reading one's own writes elsewhere.

use domain::GoalEvent;
use schemars::JsonSchema;
use serde::Serialize;

use crate::order::Done;

mod place;
mod plan;

mod find;
mod flow;
mod get;
mod goals;
mod history;
mod outlook;

mod claim;
mod comment;
mod complete;
mod undo;
mod update;

mod standing;

pub use claim::{Claimed, Context, TaskResult};
pub use comment::Commented;
pub use complete::{Completed, NextTask};
pub use find::Found;
pub use flow::{Actors, Attempts, Flow};
pub use get::{GoalObject, Missing, Objects, TaskObject};
pub use goals::{GoalBrief, GoalWithTasks, Goals, TaskInFull, Tasks};
pub use history::{Happened, Happenings};
pub use outlook::{CriticalPath, Delay, Differences, Expected, Move, Outlook, Phase, Risk, Step, Tried, Turn};
pub use place::{Changes, FieldChange, Kept, KeptView, Place};
pub use plan::Planned;
pub(crate) use standing::{criteria, links, progress, ready, ready_from, unblocked};
pub use undo::{Compensation, Undone};
pub use update::{Changed, GoalReceipt, Updated};

/// Proof that a command is in the log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Stored {
    /// Log position of the command's last event.
    pub position: u64,
    /// Sequence of that event in its goal's stream.
    pub sequence: u64,
    /// The request id was known: this is what it led to the first time.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub duplicate: bool,
    /// It was so already.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unchanged: bool,
}

impl Stored {
    pub(crate) fn of(done: &Done, head: u64) -> Self {
        let unchanged = done.events.iter().all(|event| matches!(event, GoalEvent::CommandNoted {}));
        match &done.receipt {
            Some(receipt) => Self {
                position: receipt.last_position,
                sequence: receipt.sequence,
                duplicate: receipt.duplicate,
                unchanged,
            },
            None => Self { position: head, sequence: done.goal.sequence, duplicate: false, unchanged },
        }
    }
}
