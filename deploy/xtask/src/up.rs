//! From a fresh clone to a running Goalstream: installing, the page and the build happen at the same time.

use std::os::unix::process::CommandExt;

use anyhow::Context;
use local_stack::tools::{Places, Tools};

use crate::command::{cargo, quietly};
use crate::progress::Progress;
use crate::{page, prerequisites, workspace};

/// Selecting anything else before would build the dependencies with other features, and so twice.
pub(crate) const BUILD: [&str; 4] = ["build", "--release", "-p", "goalstream"];

pub(crate) async fn up(demo: bool, arguments: &[String], progress: &Progress) -> anyhow::Result<()> {
    prerequisites::check().await?;
    tokio::try_join!(
        install_servers(progress),
        page::build(progress),
        quietly(cargo(&BUILD), "build goalstream", progress),
    )?;
    // The page may have come too late for the first build, which then takes it in here; else there is nothing left to do.
    quietly(cargo(&BUILD), "put the page in", progress).await?;

    let mut command = std::process::Command::new(local_stack::shared::target_dir().join("release/goalstream"));
    command.current_dir(workspace()).arg("up").args(demo.then_some("--demo")).args(arguments);
    progress.say("starting goalstream");
    // In our place rather than below us, so that Ctrl-C and the exit code are its own. Returns only on failure.
    Err(command.exec()).context("start target/release/goalstream")
}

async fn install_servers(progress: &Progress) -> anyhow::Result<()> {
    let _running = progress.running_until_dropped("Postgres and NATS");
    let tools = Tools::find_or_install(&Places::from_environment(), &|line| progress.say(line)).await?;
    let postgres = tools.postgres.first().context("a found Postgres")?.version;
    progress.say(&format!("using Postgres {postgres} and NATS {}", tools.nats.version));
    Ok(())
}
