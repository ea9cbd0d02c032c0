//! The executable as people run it: started, stopped, killed, found again, and told nonsense.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod calling;
mod history;
mod instance;

#[cfg(test)]
mod chaos;

mod crashing;
mod installing;
mod outage;
mod overload;
mod refusing;
mod restoring;
mod stdio;
mod tracing;
mod watching;
