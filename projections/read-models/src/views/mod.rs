//! One module a view: its table, what changes it, and how its rows are shown.
//!
//! A view depends on the events and on its own rows alone, so that it can be remade alone.

pub(crate) mod claims;
pub(crate) mod comments;
pub(crate) mod dependencies;
pub(crate) mod goals;
pub(crate) mod holding;
pub(crate) mod positions;
pub(crate) mod search;
pub(crate) mod tags;
pub(crate) mod tasks;
pub(crate) mod vocabulary;

/// Every view, by its name in the catalogue.
pub const VIEWS: &[&str] = &["claims", "comments", "dependencies", "goals", "positions", "search", "tags", "tasks"];

/// The word for goals where a table holds goals and tasks.
pub(crate) const GOAL: &str = "goal";
/// The word for tasks there.
pub(crate) const TASK: &str = "task";
