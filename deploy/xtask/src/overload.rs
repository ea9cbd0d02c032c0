//! The long run of the overload suite: many more callers than can be served, on a private instance.

use clap::Args;

use crate::command::{cargo, openly};

/// The test that runs it.
const TEST: [&str; 9] = ["test", "--release", "-p", "goalstream", "--test", "instance", "--", "--ignored", "--exact"];
const NAME: [&str; 2] = ["overload::long_run", "--nocapture"];

#[derive(Args)]
pub(crate) struct Overload {
    /// For how long.
    #[arg(long, default_value_t = 300)]
    seconds: u64,
    /// Callers that each call again as soon as they may; ten times as many as are let in when not given.
    #[arg(long, default_value_t = 2_560)]
    callers: u64,
    /// What the names of the requests begin with, so that a log tells runs apart.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) async fn run(overload: Overload) -> anyhow::Result<()> {
    let Overload { seconds, callers, seed } = overload;
    let mut command = cargo(&TEST);
    command.args(NAME);
    command.env("OVERLOAD_SECONDS", seconds.to_string());
    command.env("OVERLOAD_CALLERS", callers.to_string());
    command.env("OVERLOAD_SEED", seed.to_string());
    openly(command, "the overload suite").await
}
