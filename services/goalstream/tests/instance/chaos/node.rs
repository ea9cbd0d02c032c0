//! One node: `goalstream serve` with all roles, started again whenever it ends.

use std::{
    fs::{self, File, OpenOptions},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    process::{Child, Command},
    sync::{mpsc, watch},
    task::JoinHandle,
    time::sleep,
};

use super::{
    clock::Clock,
    patience::{INTERVAL, NODE_RESTART_DELAY, NODE_START_BOUND},
    plan::Side,
    violation::{Violation, Violations},
};

/// What a node says on standard error once it serves.
const SERVING: &str = "serving on ";
/// Lines that no fault of ours excuses: a panic, a relay that found another log in the stream, a feed that lost its place.
const ALARMS: [&str; 3] = ["panicked at", "the relay has stopped", "it begins anew"];

pub(crate) struct Node {
    url: watch::Receiver<Option<String>>,
    signals: mpsc::UnboundedSender<Signal>,
    log: PathBuf,
    log_read: Mutex<usize>,
    keeping: JoinHandle<()>,
}

/// How a node is started.
pub(crate) struct Recipe {
    pub(crate) side: Side,
    pub(crate) database_url: String,
    pub(crate) nats_url: String,
    pub(crate) data_dir: PathBuf,
    pub(crate) clock: Option<Arc<Clock>>,
}

impl Node {
    /// Starts it for the first time and waits until it serves.
    pub(crate) async fn start(recipe: Recipe, violations: Arc<Violations>) -> Self {
        let log = recipe.data_dir.with_extension("log");
        let (url_sender, url) = watch::channel(None);
        let (signals, wanted) = mpsc::unbounded_channel();
        let keeper = Keeper { recipe, log: log.clone(), url: url_sender, signals: wanted, violations };
        let node = Self { url, signals, log, log_read: Mutex::new(0), keeping: tokio::spawn(keeper.keep()) };
        let serves = tokio::time::timeout(NODE_START_BOUND, node.url.clone().wait_for(Option::is_some)).await.is_ok();
        assert!(serves, "a node does not start; see {}", node.log.display());
        node
    }

    /// Where it serves, while it does.
    pub(crate) fn url(&self) -> Option<String> {
        self.url.borrow().clone()
    }

    /// Sent to the process there is at the moment, if any.
    pub(crate) fn signal(&self, signal: Signal) {
        self.signals.send(signal).unwrap();
    }

    /// Kills it; it has gone when this returns, and is soon started again.
    pub(crate) async fn stop(&self) {
        self.signal(Signal::SIGKILL);
        self.url.clone().wait_for(Option::is_none).await.unwrap();
    }

    /// What it has complained of since it was last asked.
    pub(crate) fn alarms(&self) -> Vec<String> {
        let said = fs::read(&self.log).unwrap_or_default();
        let mut read = self.log_read.lock().unwrap();
        let news = String::from_utf8_lossy(&said[*read..]).into_owned();
        *read = said.len();
        news.lines().filter(|line| ALARMS.iter().any(|alarm| line.contains(alarm))).map(str::to_owned).collect()
    }
}

impl Drop for Node {
    /// The child is killed with its handle.
    fn drop(&mut self) {
        self.keeping.abort();
    }
}

/// The one who holds the child, so that no signal can reach a process that was given its number later.
struct Keeper {
    recipe: Recipe,
    log: PathBuf,
    url: watch::Sender<Option<String>>,
    signals: mpsc::UnboundedReceiver<Signal>,
    violations: Arc<Violations>,
}

impl Keeper {
    async fn keep(mut self) {
        loop {
            let said_before = fs::metadata(&self.log).map_or(0, |log| log.len());
            let mut child = self.spawn();
            let status = self.watch(&mut child, usize::try_from(said_before).unwrap()).await;
            let served = self.url.send_replace(None).is_some();
            // It may give up starting while its servers are away; once it serves only we may end it.
            if served && status.signal() != Some(Signal::SIGKILL as i32) {
                self.violations.add(Violation::NodeEnded { side: self.recipe.side, status: status.to_string() });
            }
            sleep(NODE_RESTART_DELAY).await;
        }
    }

    async fn watch(&mut self, child: &mut Child, said_before: usize) -> ExitStatus {
        loop {
            let looking = self.url.borrow().is_none();
            tokio::select! {
                status = child.wait() => return status.unwrap(),
                Some(signal) = self.signals.recv() => {
                    if let Some(pid) = child.id() {
                        kill(Pid::from_raw(i32::try_from(pid).unwrap()), signal).unwrap();
                    }
                }
                () = sleep(INTERVAL), if looking => {
                    if let Some(url) = url_in(&self.log, said_before) {
                        self.url.send_replace(Some(url));
                    }
                }
            }
        }
    }

    fn spawn(&self) -> Child {
        let log: File = OpenOptions::new().create(true).append(true).open(&self.log).unwrap();
        executable(&self.recipe.database_url, &self.recipe.nats_url, &self.recipe.data_dir)
            .args(["serve", "mcp", "relay", "projector", "dashboard", "--listen", "127.0.0.1:0"])
            .envs(self.recipe.clock.iter().flat_map(|clock| clock.environment()))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap()
    }
}

fn url_in(log: &Path, said_before: usize) -> Option<String> {
    let said = fs::read(log).ok()?;
    let said = String::from_utf8_lossy(said.get(said_before..)?).into_owned();
    // With its end of line, else it may be half written.
    let (line, _) = said.split_once(SERVING)?.1.split_once('\n')?;
    Some(line.trim().to_owned())
}

/// The executable on these servers, unaware of what the environment of the test says.
pub(crate) fn executable(database_url: &str, nats_url: &str, data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_goalstream"));
    command.env_remove("GOALSTREAM_CONFIG").env_remove("GOALSTREAM_LOG").env_remove("LOG_LEVEL");
    command.env("DATABASE_URL", database_url).env("NATS_URL", nats_url).env("GOALSTREAM_OWNER_URL", database_url);
    // A group of its own: Ctrl-C at the terminal is for the run, and a node that it ended would look as if it had ended by itself.
    command.process_group(0).arg("--data-dir").arg(data_dir).stdin(Stdio::null()).kill_on_drop(true);
    command
}
