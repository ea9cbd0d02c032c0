//! What can be asked, whichever door it comes through: one file a tool, but that making and adding tasks share their plan.
//!
//! Typed to the last field: an unknown one is refused by name, and nothing is JSON inside a string. The same shapes are the tools' input
//! schemas and the bodies of REST, so a word means the same everywhere.
//!
//! The body of a write, as JSON, is what a repeat is told by: a new field is left out while it is not given, or repeats of old requests
//! would be refused as different.

mod plan;

mod find;
mod flow;
mod get;
mod history;
mod outlook;

mod claim;
mod comment;
mod complete;
mod undo;
mod update;

pub use claim::{Claim, Match};
pub use comment::AddComment;
pub use complete::{Complete, Outcome};
pub use find::{Find, FindView, Kind};
pub use flow::{Attempts, Flow};
pub use get::{Get, Include};
pub use history::History;
pub use outlook::{Outlook, Supposed};
pub use plan::{AddTasks, CreateGoal, Estimate, TaskPlan};
pub use undo::Undo;
pub(crate) use update::goal_status;
pub use update::{Lists, Set, Update};
