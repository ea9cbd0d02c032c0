//! One module a command.

pub(crate) mod doctor;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod mcp;
pub(crate) mod migrate;
pub(crate) mod rebuild;
pub(crate) mod recover;
pub(crate) mod replay;
pub(crate) mod serve;
pub(crate) mod setup;
pub(crate) mod stop;
pub(crate) mod up;
pub(crate) mod verify;
pub(crate) mod watch;

mod demo;
mod install;

use std::io::{ErrorKind, Write};

use anyhow::Context;

/// Prints a line that the command promised, on standard output. A reader who has seen enough, such as `head`, does not keep the
/// command from finishing its work.
pub(crate) fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The same where the lines are what the command is for: one that cannot be written fails it.
pub(crate) fn print(line: impl std::fmt::Display) -> anyhow::Result<()> {
    written(writeln!(std::io::stdout(), "{line}")).map(drop)
}

/// `false` when nobody reads any more.
pub(crate) fn written(result: std::io::Result<()>) -> anyhow::Result<bool> {
    match result {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true).context("write to standard output"),
    }
}

/// Prints progress, on standard error.
pub(crate) fn progress(line: &str) {
    let _ = writeln!(std::io::stderr(), "  {line}");
}

/// Prints why a command failed: what we were doing, and what went wrong below, each once.
pub(crate) fn complain(error: &anyhow::Error) {
    let mut out = std::io::stderr();
    let _ = writeln!(out, "goalstream: {error}");
    let mut said = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !said.contains(&cause) {
            let _ = writeln!(out, "  because: {cause}");
        }
        said = cause;
    }
}
