//! What a private stack promises: it keeps data, survives kills, belongs to one owner, and says clearly what is wrong.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic like tests do")]

mod databases;
mod ownership;
mod recovery;
mod refusals;
mod supervision;
mod support;
