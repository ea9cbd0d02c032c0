//! `goalstream stop`: ends the instance that runs here in order, whoever started it.

use std::time::Duration;

use anyhow::Context;
use local_stack::{
    Config, Stack,
    tools::{Places, Tools},
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::time::{Instant, sleep};

use super::{progress, say};
use crate::{config::Settings, instance::RunFile};

/// How long it may take: roles and both servers have their own bounds, which are shorter together.
const STOP_BOUND: Duration = Duration::from_secs(120);
/// And from when it has given everything back.
const EXIT_BOUND: Duration = Duration::from_secs(3);
/// How often we look whether it has gone.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

pub(crate) async fn run(settings: Settings) -> anyhow::Result<()> {
    let data_dir = settings.data_dir.display();
    let Some(running) = RunFile::read(&settings.data_dir)? else { return stop_servers(&settings).await };
    kill(Pid::from_raw(running.pid), Signal::SIGTERM)
        .with_context(|| format!("ask process {} to stop", running.pid))?;
    let deadline = Instant::now() + STOP_BOUND;
    // The lock goes last, after both servers.
    while local_stack::is_in_use(&settings.data_dir) || RunFile::read(&settings.data_dir)?.is_some() {
        anyhow::ensure!(Instant::now() < deadline, "process {} has not stopped within {STOP_BOUND:?}", running.pid);
        sleep(LOOK_INTERVAL).await;
    }
    until_gone(Pid::from_raw(running.pid)).await;
    say(format!("stopped what ran in {data_dir}"));
    Ok(())
}

/// Without its lock a process has nothing more to do but to end. One that nobody reaps is there for ever, so this is no condition.
async fn until_gone(process: Pid) {
    let deadline = Instant::now() + EXIT_BOUND;
    while kill(process, None).is_ok() && Instant::now() < deadline {
        sleep(LOOK_INTERVAL).await;
    }
}

/// Those that an instance left running when it was killed.
async fn stop_servers(settings: &Settings) -> anyhow::Result<()> {
    let data_dir = settings.data_dir.display();
    if !local_stack::are_left_running(&settings.data_dir) {
        say(format!("nothing runs in {data_dir}"));
        return Ok(());
    }
    let tools = Tools::find(&Places::from_environment()).await?;
    // Starting adopts, and what is adopted can be stopped.
    Stack::start(&Config::new(settings.data_dir.clone()), &tools, &progress).await?.stop().await?;
    say(format!("stopped Postgres and NATS, which were left running in {data_dir}"));
    Ok(())
}
