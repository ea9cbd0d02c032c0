//! A goal with its tasks: one stream, so that parents, dependencies, claims and fences are judged inside one decision.

mod agenda;
mod aggregate;
pub mod command;
pub mod compensate;
mod decide;
mod difference;
pub mod event;
mod fields;
pub mod graph;
pub mod schedule;
pub mod state;
pub mod text;
pub mod vocabulary;

pub use agenda::Agenda;
pub use command::{Expectation, GoalCommand, Instruction, PlannedTask, TaskReference};
pub use decide::decide;
pub use difference::Difference;
pub use event::GoalEvent;
pub use fields::Fields;
pub use state::{Claim, Comment, Criterion, Goal, Task};
pub use text::Text;
pub use vocabulary::{CommentKind, GoalStatus, Link, Priority, Subject, TaskStatus};
