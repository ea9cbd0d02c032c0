//! The views against a real Postgres, fed with real histories: what the domain decided on random commands.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod history;
mod support;

mod answers;
mod filling;
mod finding;
mod flowing;
mod moments;
mod past;
mod projecting;
mod rebuilding;
mod remembering;
mod searching;
mod speed;
mod statements;
