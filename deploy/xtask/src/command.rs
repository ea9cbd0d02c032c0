//! Runs other programs: quietly beside a spinner, or with the terminal to themselves.

use std::collections::VecDeque;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use crate::progress::{Progress, Running};
use crate::workspace;

/// How much of a failed program's output is shown.
const LINES_KEPT_MAX: usize = 200;

/// What `cargo run` tells the program it runs. Some build scripts watch these (that of `ring` does), so handing ours on would compile
/// half of the dependencies anew each time somebody turns from `cargo xtask test` to `cargo test` or back.
const ABOUT_US: [&str; 6] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// Cargo, the one that runs us.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = program(&std::env::var("CARGO").unwrap_or_else(|_unset| "cargo".into()));
    forget_us(&mut command);
    command.args(arguments);
    command
}

/// Another cargo, with a compiler that has what is not stable yet.
pub(crate) fn nightly_cargo(arguments: &[&str]) -> Command {
    let mut command = program("rustup");
    forget_us(&mut command);
    command.args(["run", "nightly", "cargo"]).args(arguments);
    command
}

fn forget_us(command: &mut Command) {
    for name in ABOUT_US {
        command.env_remove(name);
    }
}

/// A program run from the workspace; it ends with us.
pub(crate) fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(workspace()).kill_on_drop(true);
    command
}

/// Runs it with its output shown as the spinner's detail only; a failure prints the end of it.
pub(crate) async fn quietly(mut command: Command, label: &str, progress: &Progress) -> anyhow::Result<()> {
    let started = Instant::now();
    let running = progress.running_until_dropped(label);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child =
        command.spawn().with_context(|| format!("{label}: cannot run {:?}", command.as_std().get_program()))?;
    let (stdout, stderr) =
        (child.stdout.take().context("stdout is piped")?, child.stderr.take().context("stderr is piped")?);
    let (said, complained, status) =
        tokio::join!(last_lines(stdout, &running), last_lines(stderr, &running), child.wait());
    let status = status.with_context(|| label.to_owned())?;
    drop(running);
    if !status.success() {
        let output: Vec<String> = said.into_iter().chain(complained).collect();
        bail!("{label} failed ({status}):\n{}", output.join("\n"));
    }
    progress.say(&format!("{label}: done in {:.1} s", started.elapsed().as_secs_f32()));
    Ok(())
}

/// Runs it beside a spinner and gives back how it ended with all it said; nothing for the code when a signal ended it. Whoever takes
/// longer than `bound` has failed.
pub(crate) async fn kept(
    mut command: Command,
    label: &str,
    bound: Duration,
    progress: &Progress,
) -> anyhow::Result<(Option<i32>, String)> {
    let started = Instant::now();
    let running = progress.running_until_dropped(label);
    command.stdin(Stdio::null());
    let ended = timeout(bound, command.output()).await;
    let output = ended
        .with_context(|| format!("{label}: not done within {} s", bound.as_secs()))?
        .with_context(|| format!("{label}: cannot run {:?}", command.as_std().get_program()))?;
    drop(running);
    progress.say(&format!("{label}: done in {:.1} s", started.elapsed().as_secs_f32()));
    let said = String::from_utf8_lossy(&output.stdout);
    Ok((output.status.code(), format!("{said}{}", String::from_utf8_lossy(&output.stderr))))
}

/// Runs it with the terminal to itself.
pub(crate) async fn openly(mut command: Command, label: &str) -> anyhow::Result<()> {
    let status =
        command.status().await.with_context(|| format!("{label}: cannot run {:?}", command.as_std().get_program()))?;
    if status.success() { Ok(()) } else { bail!("{label} failed ({status})") }
}

async fn last_lines(stream: impl AsyncRead + Unpin, running: &Running) -> VecDeque<String> {
    let mut lines = BufReader::new(stream).lines();
    let mut kept = VecDeque::new();
    while let Ok(Some(line)) = lines.next_line().await {
        if !line.trim().is_empty() {
            running.detail(line.trim());
        }
        kept.push_back(line);
        if kept.len() > LINES_KEPT_MAX {
            kept.pop_front();
        }
    }
    kept
}
