//! What can happen to goals and tasks.
//!
//! The crate is pure: [`decide`](goal::decide) takes the state and an instruction and answers with events or a
//! rejection; [`Goal::evolve`](goal::Goal::evolve) folds events into state and never refuses. It does no I/O and knows no clock and no
//! chance: time, ids and the actor arrive with the [`Instruction`](goal::Instruction), and the linter forbids the rest.
//!
//! Read in this order: [`goal::event`] (what is stored, for ever), [`goal::state`] (what the events add up to),
//! [`goal::command`] (what can be asked), `goal::decide` (the rules), [`rejection`] (how a rule says no), [`goal::schedule`] (what is
//! left, and when it will be done).
//! [`recorded`] and [`metadata`] describe an event as it stands in the log and on the bus.

pub mod goal;
pub mod ids;
pub mod limits;
pub mod metadata;
pub mod recorded;
pub mod rejection;
pub mod schema;
pub mod time;
pub mod upcast;

pub use goal::{Goal, GoalCommand, GoalEvent, Instruction};
pub use ids::{GoalId, StreamId, StreamKind, TaskId, Workspace};
pub use metadata::{Actor, ActorKind, Metadata};
pub use recorded::{Recorded, UnreadableEvent};
pub use rejection::Rejection;
pub use time::Timestamp;
