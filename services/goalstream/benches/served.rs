//! The executable itself in a process of its own, on the benchmark's servers: what a client on the same machine talks to.

use std::{process::Stdio, time::Duration};

use anyhow::{Context, bail};
use local_stack::Endpoints;
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, BufReader, Lines},
    process::{Child, Command},
    task::JoinSet,
    time::timeout,
};

/// How long it may take until it serves.
const START_BOUND: Duration = Duration::from_secs(30);
/// What it says when it does, before the address.
const SERVING: &str = "serving on ";

/// A running `goalstream serve` with all roles; it ends with this value.
pub(crate) struct Served {
    process: Child,
    /// Where HTTP is served.
    pub(crate) url: String,
    _drain: JoinSet<()>,
}

impl Served {
    /// Brings the schema up to date and starts it.
    pub(crate) async fn start(endpoints: &Endpoints) -> anyhow::Result<Self> {
        event_store::migrate(&endpoints.owner_url).await?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_goalstream"));
        command
            .args(["serve", "mcp", "relay", "projector", "dashboard"])
            .args(["--listen", "127.0.0.1:0", "--log", "error"])
            // Whatever is set here was meant for somebody else.
            .env_clear()
            .env("DATABASE_URL", &endpoints.database_url)
            .env("NATS_URL", &endpoints.nats_url)
            .current_dir(&endpoints.data_dir);
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut process = spawned.spawn().context("start the executable")?;
        let mut said = BufReader::new(process.stderr.take().context("it has a standard error")?).lines();
        let url = timeout(START_BOUND, address(&mut said)).await.context("wait until it serves")??;
        let mut drain = JoinSet::new();
        drain.spawn(pass_on(said));
        Ok(Self { process, url, _drain: drain })
    }

    /// Memory of its own that is in use, in bytes: what the kernel keeps for its connections is not in it.
    pub(crate) fn memory_bytes(&self) -> anyhow::Result<u64> {
        let pid = self.process.id().context("it has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("ask for its memory")?;
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).context("find RssAnon")?;
        let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().context("read RssAnon")?;
        Ok(kibibytes * 1024)
    }
}

async fn address(said: &mut Lines<impl AsyncBufRead + Unpin>) -> anyhow::Result<String> {
    let mut before = Vec::new();
    while let Some(line) = said.next_line().await? {
        if let Some((_, url)) = line.split_once(SERVING) {
            return Ok(url.trim().to_owned());
        }
        before.push(line);
    }
    bail!("it ended before it served: {}", before.join("\n"))
}

/// What it complains about is worth seeing; nobody reading would stop it.
async fn pass_on(mut said: Lines<impl AsyncBufRead + Unpin>) {
    use std::io::Write;
    while let Ok(Some(line)) = said.next_line().await {
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}
