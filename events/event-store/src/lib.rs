//! The log in Postgres: append, read, verify. The only place that writes events.
//!
//! Every event gets a global position: contiguous from 1, in commit order. It comes from one head row whose lock is held
//! through commit (`migrations/0002_append.sql`); group commit buys back the price of having one writer at a time.
//!
//! Read in this order: [`stack`] (what is asked of the log and what it answers), [`Log`] (the way in), `batcher` (how many
//! callers share one round trip), `read` (pages that prove nothing is missing), [`GoalStore`] (goals on top of the log).
//!
//! It must never decide what may happen: that is `domain`'s. It must never change or remove an event: the database refuses.
//!
//! Order and limits: appends of one [`Log`] queue first in, first out, bounded by [`StoreConfig::queue_commands_max`] and
//! [`StoreConfig::queue_bytes_max`]; a full queue answers at once. Two batches may be on their way, each on a connection of
//! its own; the head row puts them in order. Reads share a pool and see every append whose answer has been given.

pub mod stack;

pub mod batcher;
mod config;
mod connection;
mod error;
mod goal_store;
mod ids;
mod incarnation;
mod log;
mod migrate;
mod read;
mod reader;
mod retry;
mod row;
pub mod verify;
mod wakeups;

pub use config::StoreConfig;
pub use error::{AppendError, StoreError};
pub use goal_store::{GoalContext, GoalStore, LoadedGoal};
pub use incarnation::Incarnation;
pub use log::{Head, Log};
pub use migrate::{connections_of_others, is_one_database, migrate, renew_epoch, schema_key};
pub use read::{LookUp, Page};
pub use reader::LogReader;
pub use stack::{NewCommand, NewEvent, Outcome, Receipt, Stack};
pub use verify::VerifyReport;
pub use wakeups::Known;
