//! The servers that tests share, by hand.

use anyhow::bail;
use clap::Subcommand;
use local_stack::shared;

use crate::progress::Progress;

#[derive(Subcommand)]
pub(crate) enum Action {
    /// Starts them; they run until stopped.
    Start,
    /// Stops them.
    Stop,
    /// Says whether they run; fails when they do not.
    Status,
}

pub(crate) async fn run(action: Action, progress: &Progress) -> anyhow::Result<()> {
    match action {
        Action::Start => {
            shared::start(&|line| progress.say(line)).await?;
            describe(progress)
        }
        Action::Stop => {
            let stopped = shared::stop(&|_| ()).await?;
            progress.say(if stopped { "stopped" } else { "it was not running" });
            Ok(())
        }
        Action::Status => describe(progress),
    }
}

fn describe(progress: &Progress) -> anyhow::Result<()> {
    let Some(endpoints) = shared::running() else { bail!("the shared test stack does not run") };
    progress.say(&format!("Postgres {} runs as process {}", endpoints.postgres_version, endpoints.postgres_pid));
    progress.say(&format!("NATS {} runs as process {}", endpoints.nats_version, endpoints.nats_pid));
    progress.say(&format!("data: {}", endpoints.data_dir.display()));
    // With passwords, so only where it is.
    progress.say(&format!("addresses: {}", shared::stack_file().display()));
    Ok(())
}
