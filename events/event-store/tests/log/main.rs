//! The log on a real Postgres: its invariants, its failures, its bounds.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
#![expect(clippy::print_stdout, reason = "a failure is repeated with the printed seed")]

mod setting;

mod appending;
mod busy;
mod chaos;
mod goals;
mod ids;
mod immutable;
mod migrating;
mod outage;
mod reading;
mod restored;
mod verifying;
mod wakeups;
