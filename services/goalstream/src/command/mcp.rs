//! `goalstream mcp`: the stdio door, in front of the instance that runs here.
//!
//! The client that starts us gets its answer to `initialize` at once; the instance is found, or started as a process of its own
//! that outlives this window, while tools say BUSY. Several windows find the same instance, so they share one log.

use std::{fs::OpenOptions, os::unix::fs::OpenOptionsExt, path::Path, process::Stdio, sync::Arc, time::Duration};

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use mcp::{Behind, Bridge, Door, DoorConfig};
use tokio::{
    process::{Child, Command},
    sync::watch,
    time::Instant,
};

use crate::{
    command::install::{Install, Uninstall},
    config::Settings,
    instance::{RunFile, whose},
    telemetry,
};

/// How long an instance that we started may take until it can be found.
const START_BOUND: Duration = Duration::from_secs(60);
/// How long an instance that was stopped is given to come back, for those who start it anew.
const RESTART_BOUND: Duration = Duration::from_secs(5);
/// How often we look whether it can be.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// The MCP door over standard input and output.
#[derive(Args)]
pub(crate) struct Mcp {
    /// Stand in front of this instance's MCP address instead of the one that runs here.
    #[arg(long, global = true, env = "GOALSTREAM_URL", value_name = "URL")]
    url: Option<String>,
    /// The tools that are offered: ours, or those of the first implementation under their own names.
    #[arg(long, env = "GOALSTREAM_PROFILE", value_enum, default_value_t)]
    profile: Profile,
    #[command(subcommand)]
    about_clients: Option<AboutClients>,
}

/// A set of tools.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Profile {
    #[default]
    Default,
    Compat,
}

impl From<Profile> for mcp::Profile {
    fn from(profile: Profile) -> Self {
        match profile {
            Profile::Default => Self::Default,
            Profile::Compat => Self::Compat,
        }
    }
}

#[derive(Subcommand)]
enum AboutClients {
    /// Tell a client, in its own configuration, to start `goalstream mcp`; with --url, where to find it over HTTP.
    Install(Install),
    /// Take that out of a client's configuration again.
    Uninstall(Uninstall),
}

impl Mcp {
    pub(crate) async fn run(self, settings: Settings) -> anyhow::Result<()> {
        match self.about_clients {
            Some(AboutClients::Install(install)) => return install.run(self.url, &settings),
            Some(AboutClients::Uninstall(uninstall)) => return uninstall.run(),
            None => {}
        }
        let _traces = telemetry::log(&settings.logging, "warn")?;
        if let Some(url) = &self.url {
            Bridge::check_address(url).map_err(|reason| anyhow::anyhow!("--url {url}: {reason}"))?;
        }
        let (identity, profile) = (settings.door.identity.clone(), self.profile.into());
        let config = DoorConfig { identity, profile, board: dashboard::board_app(), ..DoorConfig::default() };
        let (found, behind) = watch::channel(Behind::Starting);
        let starting = tokio::spawn(async move {
            let ready = match self.instance(settings).await {
                Ok(bridge) => Behind::Daemon(bridge),
                Err(error) => Behind::Away { reason: format!("{error:#}") },
            };
            // Nobody is left to tell when the client has gone already.
            let _ = found.send(ready);
            // Kept open: a closed channel means that we have stopped.
            found.closed().await;
        });
        mcp::stdio::serve(&Door::new(behind, config)).await?;
        starting.abort();
        Ok(())
    }

    async fn instance(self, settings: Settings) -> anyhow::Result<Bridge> {
        let (settings, profile) = (Arc::new(settings), mcp::Profile::from(self.profile));
        if let Some(url) = self.url {
            let url = profile.address(&url);
            return Ok(Bridge::new(Arc::new(move || Box::pin(std::future::ready(Ok(url.clone())))))?);
        }
        find_or_start(&settings).await?;
        let discover = move || -> std::pin::Pin<Box<dyn Future<Output = Result<String, String>> + Send>> {
            let settings = Arc::clone(&settings);
            Box::pin(async move {
                let found = find_again(&settings).await.map_err(|error| format!("{error:#}"))?;
                Ok(profile.address(&found))
            })
        };
        Ok(Bridge::new(Arc::new(discover))?)
    }
}

/// The MCP address of the instance after the one we knew has gone. One that crashed is started again; one that somebody stopped
/// stays stopped, or nobody could stop it while a window is open.
async fn find_again(settings: &Settings) -> anyhow::Result<String> {
    let deadline = Instant::now() + RESTART_BOUND;
    while Instant::now() < deadline {
        let crashed = RunFile::is_left_behind(&settings.data_dir) && may_start(settings).is_ok();
        if crashed || RunFile::read(&settings.data_dir)?.is_some() {
            return find_or_start(settings).await;
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    may_start(settings)?;
    anyhow::bail!("Goalstream was stopped here; start it with `goalstream up{}`", settings.data_dir_flag())
}

/// The MCP address of the instance that runs here, which is started if there is none.
async fn find_or_start(settings: &Settings) -> anyhow::Result<String> {
    let data_dir = &settings.data_dir;
    if let Some(running) = RunFile::read(data_dir)? {
        return Ok(running.mcp_url);
    }
    may_start(settings)?;
    let mut started = start(data_dir, settings)?;
    let deadline = Instant::now() + START_BOUND;
    while Instant::now() < deadline {
        tokio::time::sleep(LOOK_INTERVAL).await;
        // Whichever of several starters won: all find the same instance.
        if let Some(running) = RunFile::read(data_dir)? {
            return Ok(running.mcp_url);
        }
        // One that lost to another starter ends at once, so its end says nothing while another may be on its way.
        if let Some(status) = started.try_wait()?
            && !status.success()
        {
            anyhow::ensure!(
                local_stack::is_in_use(data_dir),
                "Goalstream did not start; see {}",
                log_file(data_dir).display()
            );
        }
    }
    anyhow::bail!("Goalstream did not start within {} s; see {}", START_BOUND.as_secs(), log_file(data_dir).display())
}

/// Not on private servers where somebody's own had the log.
fn may_start(settings: &Settings) -> anyhow::Result<()> {
    anyhow::ensure!(
        settings.database.url.is_some() || !whose::are_elsewhere(&settings.data_dir),
        "nothing runs in {dir}, and what ran there last worked on a Postgres and a NATS of yours; start it again, or tell this \
         window of them too: --config, or DATABASE_URL and NATS_URL. `goalstream up{flag}` without them uses another log",
        dir = settings.data_dir.display(),
        flag = settings.data_dir_flag(),
    );
    Ok(())
}

/// Starts an instance in a process group of its own, so that it outlives this window.
fn start(data_dir: &Path, settings: &Settings) -> anyhow::Result<Child> {
    std::fs::create_dir_all(data_dir).with_context(|| format!("make the data directory {}", data_dir.display()))?;
    let log = log_file(data_dir);
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(&log)
        .with_context(|| format!("open {}", log.display()))?;
    let mut command = Command::new(std::env::current_exe().context("find our own program")?);
    command
        .args(["up", "--detached", "--log-format", "json", "--listen", &settings.door.listen.to_string(), "--data-dir"])
        .arg(data_dir)
        // What else was said here; not as arguments, which everybody on the machine can read.
        .envs(settings.said.iter().cloned())
        .stdin(Stdio::null())
        .stdout(Stdio::from(log.try_clone()?))
        .stderr(Stdio::from(log))
        .process_group(0);
    command.spawn().context("start Goalstream")
}

fn log_file(data_dir: &Path) -> std::path::PathBuf {
    data_dir.join("daemon.log")
}
