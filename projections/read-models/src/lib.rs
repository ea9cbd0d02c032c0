//! The query tables: what the log adds up to, kept so that questions about now and about any moment before are ordinary queries.
//!
//! A view is a guess that can be remade: dropped, built again from the log, and proven equal. This crate alone touches schema
//! `read`; it never reads the log itself and never decides anything.
//!
//! Read in this order: [`rows`] (what callers see), `fold` (what each event does to each view), `ranged` and `apply` (how a page of events
//! becomes one transaction), `told` (what the live feed is handed from memory), [`Views`] and the queries in `read`, then `rebuild`.
//!
//! Order and limits: one page is projected at a time in a process, and the checkpoint's row decides between processes. Reads take one
//! snapshot each and never block the projector. All bounds are in [`limits`].

pub mod error;
pub mod limits;
pub mod rows;

mod fold;
mod views;

mod apply;
mod catalogue;
mod copied;
mod own_connection;
mod ranged;
mod shape;
mod writing;

mod announcement;
mod answered;
mod cache;
mod reached;
mod read;
mod store;
mod told;
mod transaction;
mod weight;

mod building;
mod rebuild;
mod statistics;

#[cfg(feature = "fuzzing")]
pub mod fuzzing;

pub use apply::{Applied, EventPage};
pub use catalogue::ViewState;
pub use error::{ApplyError, InvalidQuestion, NotYet, OpenError, ReadError, RebuildError};
pub use read::{
    ActorRow, Amounts, Answer, AttemptRow, AttemptsRequest, Ended, FindPage, FindRequest, FindView, FlowBucket,
    FlowRequest, GoalTree, GoalsPage, GoalsRequest, Happening, HappeningsRequest, HeldTask, LapsedClaim, Objects,
    ObjectsRequest, Portion, ReadAt, TaskStanding, TasksPage,
};
pub use rebuild::{Comparison, RebuildProgress, Rebuilt};
pub use store::Views;
pub use views::VIEWS;
