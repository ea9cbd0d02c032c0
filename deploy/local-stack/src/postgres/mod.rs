//! The private Postgres: made once, then started or adopted.

mod bootstrap;
mod settings;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::{Instant, sleep};

use crate::account::Account;
use crate::data_dir::DataDir;
use crate::error::{Doing, StackError};
use crate::process::{LOOK_DELAY, ServerProcess, last_lines, working_in};
use crate::secrets::Secrets;
use crate::supervision::Kept;
use crate::tools::{Program, Tools};
use crate::{Progress, Server};

/// The database of the product, and the unprivileged role that uses it.
pub(crate) const DATABASE: &str = "goalstream";
pub(crate) const APP_ROLE: &str = "goalstream";
/// The superuser that migrates.
pub(crate) const OWNER_ROLE: &str = "goalstream_owner";
/// The group role to which migrations grant what a writer may do.
pub(crate) const WRITER_ROLE: &str = "goalstream_writer";

const SOCKET_NAME: &str = ".s.PGSQL.5432";

/// How long a start may take, crash recovery of up to `max_wal_size` included.
const READY_BOUND: Duration = Duration::from_secs(120);

/// What is left of a killed server holds its shared memory and its pid file for a moment; a start that fails for that, as
/// these words in its log tell, is tried again.
const OLD_SERVER_LEFT: [&str; 2] = ["pre-existing shared memory block", "lock file \"postmaster.pid\" already exists"];
const START_ATTEMPTS_MAX: usize = 20;
const START_RETRY_DELAY: Duration = Duration::from_millis(250);

/// glibc's allocator gives the memory of each larger statement back to the system, and asks for it again with the next: four in a hundred
/// of what an append costs Postgres. A session keeps up to 4 MB instead. Other allocators do not know these names.
const ALLOCATOR: [(&str, &str); 2] = [("MALLOC_TRIM_THRESHOLD_", "4194304"), ("MALLOC_TOP_PAD_", "1048576")];

/// How long backends may outlive a killed postmaster before they are killed too.
const LEFTOVERS_BOUND: Duration = Duration::from_secs(10);

/// Fast first (sessions are cut, data is flushed), then immediate (the next start recovers from the log).
const STOP_STEPS: [(Signal, Duration); 2] =
    [(Signal::SIGINT, Duration::from_secs(30)), (Signal::SIGQUIT, Duration::from_secs(5))];

#[derive(Debug)]
pub(crate) struct Postgres {
    program: Program,
    cluster: PathBuf,
    socket_folder: PathBuf,
    pub(crate) log: PathBuf,
    /// How long the log was before the process was started.
    log_began: u64,
    process: ServerProcess,
}

impl Postgres {
    /// Starts the server of this data directory, makes its cluster on first use, or adopts the one that already runs.
    pub(crate) async fn start(
        data_dir: &DataDir,
        account: &Account,
        tools: &Tools,
        secrets: &SecretsState,
        connections_max: u32,
        progress: Progress<'_>,
    ) -> Result<Self, StackError> {
        let cluster = data_dir.cluster();
        let program = choose_program(&cluster, tools)?;
        account.must_reach(&program.path("postgres"), "-x").await?;
        let socket_folder = data_dir.socket_folder(SOCKET_NAME, account)?;
        let (log, _) = data_dir.open_log("postgres.log")?;

        let mut running = settled(&cluster).await?;
        if !cluster.exists() {
            progress(&format!("making a Postgres {} cluster in {}", program.version, cluster.display()));
            bootstrap::make_cluster(&program, account, data_dir, &secrets.secrets).await?;
        } else if secrets.fresh {
            // The passwords were lost: set new ones, which only works with the server stopped.
            if let Some(mut old) = running.take() {
                old.stop(&STOP_STEPS).await?;
            }
            bootstrap::set_passwords(&program, account, &cluster, &secrets.secrets).await?;
        }
        let changed = settings::write(&cluster, account, &socket_folder, connections_max)?;
        if let Some(mut old) = running.take_if(|_| changed) {
            old.stop(&STOP_STEPS).await?;
        }
        let (process, log_began) = match running {
            Some(process) => {
                progress(&format!("using the Postgres that already runs (process {})", process.pid()));
                (process, 0)
            }
            None => {
                forget_socket(&socket_folder)?;
                spawn(&program, account, data_dir, &cluster)?
            }
        };
        let mut postgres = Self { program, cluster, socket_folder, log, log_began, process };
        postgres.until_started(data_dir, account).await?;
        Ok(postgres)
    }

    /// Waits for what was just spawned; one that ended because of what is left of its predecessor is spawned again. The process is known
    /// from the first moment, so that whoever no longer waits can stop it.
    async fn until_started(&mut self, data_dir: &DataDir, account: &Account) -> Result<(), StackError> {
        let mut attempts = 1;
        loop {
            let Err(reason) = until_ready(&mut self.process, &self.cluster).await else { return Ok(()) };
            self.process.stop(&STOP_STEPS).await?;
            let said = said_since(&self.log, self.log_began);
            let in_the_way = OLD_SERVER_LEFT.iter().any(|sign| said.contains(sign));
            if reason != Unready::Ended || !in_the_way || attempts >= START_ATTEMPTS_MAX {
                let detail = format!("{reason}\n{}", last_lines(&said));
                return Err(StackError::NotReady { server: Server::Postgres, detail, log: self.log.clone() });
            }
            sleep(START_RETRY_DELAY).await;
            attempts += 1;
            (self.process, self.log_began) = spawn(&self.program, account, data_dir, &self.cluster)?;
        }
    }

    pub(crate) async fn stop(&mut self) -> Result<(), StackError> {
        self.process.stop(&STOP_STEPS).await
    }

    /// It may lie under /tmp, which is not ours to fill. The next start makes it anew.
    pub(crate) fn remove_socket_folder(&self) {
        let _kept_when_in_use = fs::remove_dir(&self.socket_folder);
    }

    pub(crate) fn process(&mut self) -> &mut ServerProcess {
        &mut self.process
    }

    pub(crate) fn pid(&self) -> i32 {
        self.process.pid()
    }

    pub(crate) fn version(&self) -> String {
        self.program.version.to_string()
    }

    /// Sends a signal to every process of the server, the postmaster first so that it starts no new one.
    #[cfg(feature = "testing")]
    pub(crate) fn signal_all(&mut self, signal: Signal) {
        self.process.signal(signal);
        for pid in working_in(&self.cluster) {
            let _gone_meanwhile = kill(Pid::from_raw(pid), signal);
        }
    }

    /// The database's URL for a role. The host before the `?` only satisfies parsers of URLs; the socket is what counts.
    pub(crate) fn url(&self, role: &str, password: &str) -> String {
        format!("postgres://{role}:{password}@localhost:5432/{DATABASE}?host={}", self.socket_folder.display())
    }
}

impl Kept for Postgres {
    const SERVER: Server = Server::Postgres;

    async fn ailment(&mut self) -> Option<String> {
        (!self.process.is_alive()).then(|| "it ended".to_owned())
    }

    async fn restart(&mut self, data_dir: &DataDir, account: &Account) -> Result<(), StackError> {
        self.stop().await?;
        // Backends that a killed postmaster left behind keep the next one from starting.
        clear_stale(&self.cluster).await?;
        forget_socket(&self.socket_folder)?;
        (self.process, self.log_began) = spawn(&self.program, account, data_dir, &self.cluster)?;
        self.until_started(data_dir, account).await
    }
}

/// The passwords, and whether they were made just now.
pub(crate) struct SecretsState {
    pub(crate) secrets: Secrets,
    pub(crate) fresh: bool,
}

/// A cluster can only be run by the major version that made it; a new one is made by the newest.
fn choose_program(cluster: &Path, tools: &Tools) -> Result<Program, StackError> {
    let needed: Option<u32> =
        fs::read_to_string(cluster.join("PG_VERSION")).ok().and_then(|text| text.trim().parse().ok());
    let fits = |program: &&Program| needed.is_none_or(|major| program.version.major == major);
    tools.postgres.iter().find(fits).cloned().ok_or_else(|| StackError::WrongPostgres {
        needed: needed.unwrap_or_default(),
        found: tools.postgres.iter().map(|program| program.version.to_string()).collect::<Vec<_>>().join(", "),
    })
}

/// The server that already runs on this cluster, once it is ready; none when there is none or it was just stopping.
async fn settled(cluster: &Path) -> Result<Option<ServerProcess>, StackError> {
    let Some(pid) = PidFile::read(cluster) else { return Ok(None) };
    let Some(mut process) = ServerProcess::adopt(pid.pid, cluster) else {
        clear_stale(cluster).await?;
        return Ok(None);
    };
    let deadline = Instant::now() + READY_BOUND;
    while process.is_alive() {
        if PidFile::read(cluster).is_some_and(|file| file.ready) {
            return Ok(Some(process));
        }
        if Instant::now() >= deadline {
            process.stop(&STOP_STEPS).await?;
        }
        sleep(LOOK_DELAY).await;
    }
    Ok(None)
}

/// The process named by the pid file is gone, or its number is somebody else's by now, which would make Postgres refuse to
/// start. Backends may outlive a killed postmaster for a moment; the file only goes when none is left.
async fn clear_stale(cluster: &Path) -> Result<(), StackError> {
    if !leftovers_ended(cluster).await {
        for pid in working_in(cluster) {
            let _gone_meanwhile = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        if !leftovers_ended(cluster).await {
            let detail = format!("processes {:?} cannot be killed", working_in(cluster));
            return Err(StackError::Failed { doing: "clean up after a killed Postgres".into(), detail });
        }
    }
    let path = PidFile::path(cluster);
    // On other systems than Linux leftovers are invisible to us: there Postgres' own check of the file must stand.
    if cfg!(target_os = "linux") && path.exists() {
        fs::remove_file(&path).doing(|| format!("remove the stale {}", path.display()))?;
    }
    Ok(())
}

/// The lock beside the socket names a process that is gone, or a number that is somebody else's by now, which would make Postgres
/// refuse to start. The folder is this data directory's alone, so nobody else's socket is in it.
fn forget_socket(socket_folder: &Path) -> Result<(), StackError> {
    let lock = socket_folder.join(format!("{SOCKET_NAME}.lock"));
    match fs::remove_file(&lock) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).doing(|| format!("remove the stale {}", lock.display()))
        }
        _ => Ok(()),
    }
}

async fn leftovers_ended(cluster: &Path) -> bool {
    let deadline = Instant::now() + LEFTOVERS_BOUND;
    while !working_in(cluster).is_empty() {
        if Instant::now() >= deadline {
            return false;
        }
        sleep(LOOK_DELAY).await;
    }
    true
}

/// The process, and how long its log was before it.
fn spawn(
    program: &Program,
    account: &Account,
    data_dir: &DataDir,
    cluster: &Path,
) -> Result<(ServerProcess, u64), StackError> {
    let (log, file) = data_dir.open_log("postgres.log")?;
    let log_began = file.metadata().map_or(0, |metadata| metadata.len());
    let errors = file.try_clone().doing(|| format!("open the log {}", log.display()))?;
    let mut command = account.command(&program.path("postgres"));
    command.arg("-D").arg(cluster).stdout(Stdio::from(file)).stderr(Stdio::from(errors)).envs(ALLOCATOR);
    Ok((ServerProcess::spawn(command, cluster)?, log_began))
}

/// What a log file holds after its first `skip` bytes.
fn said_since(log: &Path, skip: u64) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let start = usize::try_from(skip).unwrap_or_default().min(bytes.len());
    String::from_utf8_lossy(&bytes[start..]).into_owned()
}

#[derive(PartialEq, Eq)]
enum Unready {
    Ended,
    Slow,
}

impl fmt::Display for Unready {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended => formatter.write_str("it ended while starting"),
            Self::Slow => write!(formatter, "not ready after {} s", READY_BOUND.as_secs()),
        }
    }
}

async fn until_ready(process: &mut ServerProcess, cluster: &Path) -> Result<(), Unready> {
    let deadline = Instant::now() + READY_BOUND;
    loop {
        if PidFile::read(cluster).is_some_and(|file| file.ready && file.pid == process.pid()) {
            return Ok(());
        }
        if !process.is_alive() {
            return Err(Unready::Ended);
        }
        if Instant::now() >= deadline {
            return Err(Unready::Slow);
        }
        sleep(LOOK_DELAY).await;
    }
}

/// What Postgres writes about itself into `postmaster.pid`: the first line is its process id, the eighth its state.
struct PidFile {
    pid: i32,
    ready: bool,
}

impl PidFile {
    fn path(cluster: &Path) -> PathBuf {
        cluster.join("postmaster.pid")
    }

    fn read(cluster: &Path) -> Option<Self> {
        let text = fs::read_to_string(Self::path(cluster)).ok()?;
        let mut lines = text.lines().map(str::trim);
        let pid = lines.next()?.parse().ok()?;
        Some(Self { pid, ready: lines.nth(6) == Some("ready") })
    }
}
