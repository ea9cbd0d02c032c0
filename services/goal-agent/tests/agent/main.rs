//! The Goal Agent on a real log and real views: what every door relies on.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod board;
mod history;
mod outlook;
mod past;
mod portions;
mod repeating;
mod sweeping;
mod telling;
mod together;
mod tracing;
mod undoing;
mod working;
