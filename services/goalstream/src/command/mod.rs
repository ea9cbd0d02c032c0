//! One module a command.

pub(crate) mod doctor;
pub(crate) mod import;
pub(crate) mod mcp;
pub(crate) mod migrate;
pub(crate) mod rebuild;
pub(crate) mod recover;
pub(crate) mod serve;
pub(crate) mod setup;
pub(crate) mod up;
pub(crate) mod verify;
pub(crate) mod watch;

mod demo;

/// Prints a line that the command promised, on standard output.
#[expect(
    clippy::print_stdout,
    reason = "standard output is the command's, and this is the one place that writes to it"
)]
pub(crate) fn say(line: impl std::fmt::Display) {
    println!("{line}");
}

/// Prints progress, on standard error.
#[expect(clippy::print_stderr, reason = "progress is for the person at the terminal; the log may go elsewhere")]
pub(crate) fn progress(line: &str) {
    eprintln!("  {line}");
}

/// Prints why a command failed: what we were doing, and what went wrong below, each once.
#[expect(clippy::print_stderr, reason = "the last words of a command")]
pub(crate) fn complain(error: &anyhow::Error) {
    eprintln!("goalstream: {error}");
    let mut said = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !said.contains(&cause) {
            eprintln!("  because: {cause}");
        }
        said = cause;
    }
}
