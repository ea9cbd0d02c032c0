//! The one way in: every door asks here, so that a rule, a receipt or a refusal is the same whichever way it came.
//!
//! A request ([`request`]) from a [`Caller`] is let in or told BUSY, and becomes an order: commands for one goal, under an idempotency key. Its goal's lane decides
//! it on top of what came before and stores what it led to; the caller gets a [`reply`] or a [`Refusal`]. Reads come from the views and
//! wait, within a bound, for the caller's own writes.
//!
//! It knows no protocol, and decides nothing itself: that is `domain`'s. Read [`GoalAgent`], then `order`, then `lane`.
//!
//! Limits: `admission` says how many requests are worked on at the same time, `lane` how many commands wait.

mod admission;
mod agent;
pub mod arguments;
mod caller;
mod change;
mod claim;
mod complete;
mod fitting;
mod flow;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod history;
mod keys;
mod kin;
mod lane;
mod likely;
mod listing;
mod locate;
mod moment;
mod order;
mod outlook;
mod place;
mod plan;
mod portion;
mod read;
mod refusal;
pub mod reply;
pub mod request;
mod room;
mod sweep;
mod traceparent;
mod undo;

pub use agent::GoalAgent;
pub use caller::Caller;
pub use domain::{ActorKind, goal::GoalStatus};
pub use fitting::NothingReady;
pub use history::{RecordedPage, Records};
pub use listing::{EveryTask, TasksPage};
pub use moment::{InvalidMoment, Moment};
pub use read::GoalsPage;
pub use read_models::rows;
pub use refusal::{Described, Refusal};
pub use traceparent::Traceparent;
pub use undo::Conflict;
