//! Finds, installs, starts, adopts and stops a private Postgres and NATS.
//!
//! `goalstream up`, the tests and the benchmarks all run on these two servers, so that none of them proves another system than
//! the one in production. Durability is never relaxed here.
//!
//! It never speaks SQL over a connection: roles and the database are made in single-user mode before the first start, which
//! keeps a database client out of the crates that only want servers. It prints nothing; progress goes to a callback.
//!
//! Order and limits: one [`Stack`] owns a data directory at a time, held by a lock file. Both servers run in process groups of
//! their own, so a Ctrl-C at the terminal reaches the owner alone, which then stops them in order. When the owner is killed
//! they live on and the next start adopts them. A server that ends is started again, for ever, with delays that grow to a bound.
//!
//! Where to look next: [`Stack::start`], then [`tools`] for where the programs come from, and `testing` for tests.

mod stack;
mod supervision;

mod endpoints;
mod error;
mod nats;
mod postgres;

mod account;
mod data_dir;
mod lock;
mod process;
mod secrets;

pub mod shared;
pub mod tools;

#[cfg(feature = "testing")]
pub mod testing;

pub use data_dir::{are_left_running, hold, is_in_use};
pub use endpoints::Endpoints;
pub use error::StackError;
pub use stack::{Config, Server, Stack};

/// Where progress is told, one short line at a time, for a person to read.
pub type Progress<'a> = &'a (dyn Fn(&str) + Send + Sync);
