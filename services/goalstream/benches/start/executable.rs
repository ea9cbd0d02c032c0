//! The executable, running.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use local_stack::Endpoints;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader, Lines},
    process::{Child, Command},
    time::{sleep, timeout},
};
use uuid::Uuid;

/// Built together with the benchmarks, in the same profile.
const EXECUTABLE: &str = env!("CARGO_BIN_EXE_goalstream");
/// How long starting and stopping may take.
const BOUND: Duration = Duration::from_secs(60);
/// How often we ask whether it is ready.
const ASK_INTERVAL: Duration = Duration::from_millis(2);
/// How long a process is watched at rest, and how often.
const REST: Duration = Duration::from_secs(3);
const REST_INTERVAL: Duration = Duration::from_millis(250);

pub(super) struct Running {
    begun: Instant,
    process: Child,
    /// What it says; with it, where it is.
    lines: Lines<BufReader<Box<dyn AsyncRead + Send + Unpin>>>,
}

impl Running {
    /// Every role, on servers that are there.
    pub(super) fn serve(endpoints: &Endpoints) -> anyhow::Result<Self> {
        let mut command = command(&["serve", "mcp", "relay", "projector", "dashboard"], &endpoints.data_dir);
        command.env("DATABASE_URL", &endpoints.database_url).env("NATS_URL", &endpoints.nats_url);
        let begun = Instant::now();
        let mut process = command.stderr(Stdio::piped()).spawn()?;
        let says = process.stderr.take().context("it is piped")?;
        Ok(Self { begun, process, lines: lines(says) })
    }

    /// Everything, private servers included.
    fn up(data_dir: &Path) -> anyhow::Result<Self> {
        let mut command = command(&["up"], data_dir);
        command.env_remove("DATABASE_URL").env_remove("NATS_URL");
        let begun = Instant::now();
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let says = process.stdout.take().context("it is piped")?;
        Ok(Self { begun, process, lines: lines(says) })
    }

    /// From its call until it takes work.
    pub(super) async fn until_ready(&mut self) -> anyhow::Result<Duration> {
        timeout(BOUND, self.ready()).await.context("it did not become ready")?
    }

    async fn ready(&mut self) -> anyhow::Result<Duration> {
        let url = loop {
            let line = self.lines.next_line().await?.context("it ended before it said where it is")?;
            if let Some(at) = line.find("http://") {
                break line[at..].split_whitespace().next().unwrap_or_default().to_owned();
            }
        };
        let ready = format!("{}/readyz", url.trim_end_matches('/'));
        while !reqwest::get(&ready).await.is_ok_and(|answer| answer.status().is_success()) {
            sleep(ASK_INTERVAL).await;
        }
        Ok(self.begun.elapsed())
    }

    /// The most memory that it has resident while nobody asks for anything, in MB.
    pub(super) async fn resting_mb(&self) -> anyhow::Result<f64> {
        let (begun, mut most) = (Instant::now(), 0);
        while begun.elapsed() < REST {
            most = most.max(self.resident_bytes()?);
            sleep(REST_INTERVAL).await;
        }
        Ok(megabytes(most))
    }

    fn resident_bytes(&self) -> anyhow::Result<u64> {
        let pid = self.process.id().context("it runs")?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("its memory is told")?;
        Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? * 1_024)
    }

    /// Ctrl-C, and the end.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        let pid = self.process.id().context("it runs")?;
        kill(Pid::from_raw(i32::try_from(pid)?), Signal::SIGINT)?;
        let ended = timeout(BOUND, self.process.wait()).await.context("it did not stop")??;
        ensure!(ended.success(), "it ended with {ended}");
        Ok(())
    }
}

fn command(arguments: &[&str], data_dir: &Path) -> Command {
    let mut command = Command::new(EXECUTABLE);
    command.args(arguments).args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(data_dir);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command
}

fn lines(says: impl AsyncRead + Send + Unpin + 'static) -> Lines<BufReader<Box<dyn AsyncRead + Send + Unpin>>> {
    let says: Box<dyn AsyncRead + Send + Unpin> = Box::new(says);
    BufReader::new(says).lines()
}

/// Memory of `up` in a new data directory, in MB. Whatever comes of it, it is stopped, and its servers with it.
pub(super) async fn up_at_rest() -> anyhow::Result<f64> {
    let home = std::env::temp_dir().join(format!("goalstream-rest-{}", Uuid::new_v4().simple()));
    let mut up = Running::up(&home)?;
    let resting = async {
        up.until_ready().await?;
        up.resting_mb().await
    };
    let resting = resting.await;
    let stopped = up.stop().await;
    std::fs::remove_dir_all(&home)?;
    stopped.and(resting)
}

pub(super) fn file_bytes() -> anyhow::Result<u64> {
    Ok(std::fs::metadata(PathBuf::from(EXECUTABLE))?.len())
}

#[expect(clippy::cast_precision_loss, reason = "a size for people")]
pub(super) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
