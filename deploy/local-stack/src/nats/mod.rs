//! The private NATS: configured, then started or adopted.

mod checkup;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::account::Account;
use crate::data_dir::DataDir;
use crate::endpoints::{NATS_CONFIGURATION, NATS_STORE};
use crate::error::{Doing, StackError};
use crate::process::{LOOK_DELAY, ServerProcess, last_lines};
use crate::secrets::{Secrets, write_private};
use crate::supervision::Kept;
use crate::tools::{Program, Tools};
use crate::{Progress, Server};
use checkup::Checkup;

/// Who may do everything: the relay, and whoever recovers.
const USER: &str = "goalstream";

/// Who may only read: outsiders get this one, so that none of them can publish among our events or delete the stream.
const READER: &str = "reader";

/// What a reader says to the server in order to read. Subjects of ours are not among it, nor whatever changes a stream.
const READER_PUBLISHES: [&str; 7] = [
    "$JS.API.INFO",
    "$JS.API.STREAM.INFO.>",
    "$JS.API.STREAM.NAMES",
    "$JS.API.STREAM.LIST",
    "$JS.API.STREAM.MSG.GET.>",
    "$JS.API.CONSUMER.>",
    "$JS.ACK.>",
];

/// Of all streams together; ours keeps a quarter of it unless told otherwise.
const STORE_BYTES_MAX: u64 = 16 * 1024 * 1024 * 1024;

/// How long a start may take, recovery of large streams included.
const READY_BOUND: Duration = Duration::from_secs(120);

/// How long a server that listens may take to greet us.
const GREETING_BOUND: Duration = Duration::from_secs(5);

/// A port we found free may be taken before the server binds it, so a start that fails at once is tried on other ports.
const START_ATTEMPTS_MAX: usize = 5;

const STOP_STEPS: [(Signal, Duration); 1] = [(Signal::SIGTERM, Duration::from_secs(15))];

#[derive(Debug)]
pub(crate) struct Nats {
    program: Program,
    ports: Ports,
    configuration: PathBuf,
    password: String,
    version: String,
    pub(crate) log: PathBuf,
    process: ServerProcess,
    checkup: Checkup,
}

/// Loopback ports, kept over restarts so that clients find the server again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Ports {
    client: u16,
    monitor: u16,
}

impl Nats {
    /// Starts the server of this data directory or adopts the one that already runs.
    pub(crate) async fn start(
        data_dir: &DataDir,
        account: &Account,
        tools: &Tools,
        secrets: &Secrets,
        progress: Progress<'_>,
    ) -> Result<Self, StackError> {
        let program = tools.nats.clone();
        account.must_reach(&program.path("nats-server"), "-x").await?;
        let store = data_dir.private_folder(NATS_STORE, account)?;
        // A start is known by this path on its command line.
        let configuration = store.join(NATS_CONFIGURATION);
        let ports_file = data_dir.root().join("nats-ports.json");
        let (log, _) = data_dir.open_log("nats.log")?;
        let kept: Option<Ports> = fs::read(&ports_file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());

        let mut running = ServerProcess::find(&configuration);
        let mut attempts = 0;
        loop {
            attempts += 1;
            let ports = match kept.filter(|ports| attempts == 1 && (running.is_some() || ports.are_free())) {
                Some(ports) => ports,
                None => Ports::random()?,
            };
            let text = settings(&store, ports, &secrets.nats_password);
            let changed = !fs::read_to_string(&configuration).is_ok_and(|old| old == text);
            if let Some(mut old) = running.take_if(|_| changed) {
                old.stop(&STOP_STEPS).await?;
            }
            if changed {
                write_private(&configuration, &text)?;
                account.own(&configuration)?;
                write_private(&ports_file, &serde_json::json!(ports).to_string())?;
            }
            let process = match running.take() {
                Some(process) => {
                    progress(&format!("using the NATS that already runs (process {})", process.pid()));
                    process
                }
                None => spawn(&program, account, data_dir, &configuration)?,
            };
            let mut nats = Self {
                program: program.clone(),
                ports,
                configuration: configuration.clone(),
                password: secrets.nats_password.clone(),
                version: String::new(),
                log: log.clone(),
                process,
                checkup: Checkup::default(),
            };
            match nats.until_ready().await {
                Ok(()) => return Ok(nats),
                Err(_) if attempts < START_ATTEMPTS_MAX && !nats.process.is_alive() => {}
                Err(error) => {
                    nats.stop().await?;
                    return Err(error);
                }
            }
        }
    }

    pub(crate) async fn stop(&mut self) -> Result<(), StackError> {
        self.process.stop(&STOP_STEPS).await
    }

    pub(crate) fn process(&mut self) -> &mut ServerProcess {
        &mut self.process
    }

    pub(crate) fn pid(&self) -> i32 {
        self.process.pid()
    }

    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://{USER}:{}@127.0.0.1:{}", self.password, self.ports.client)
    }

    pub(crate) fn reader_url(&self) -> String {
        format!("nats://{READER}:{}@127.0.0.1:{}", reader_password(&self.password), self.ports.client)
    }

    pub(crate) fn monitor_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.monitor)
    }

    /// The server greets only when JetStream has recovered its streams, so the greeting is the sign that it is ready.
    async fn until_ready(&mut self) -> Result<(), StackError> {
        let deadline = Instant::now() + READY_BOUND;
        while self.process.is_alive() {
            if let Some(greeting) = greeting(self.ports.client).await {
                self.version = greeting.version;
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(self.not_ready(&format!("not ready after {} s", READY_BOUND.as_secs())));
            }
            sleep(LOOK_DELAY).await;
        }
        Err(self.not_ready("it ended while starting"))
    }

    fn not_ready(&self, reason: &str) -> StackError {
        let tail = last_lines(&fs::read_to_string(&self.log).unwrap_or_default());
        StackError::NotReady { server: Server::Nats, detail: format!("{reason}\n{tail}"), log: self.log.clone() }
    }
}

impl Kept for Nats {
    const SERVER: Server = Server::Nats;

    async fn ailment(&mut self) -> Option<String> {
        if !self.process.is_alive() {
            return Some("it ended".to_owned());
        }
        let store = self.configuration.parent()?;
        self.checkup.complaint(self.ports.monitor, store).await
    }

    /// On the same ports: its clients know no others.
    async fn restart(&mut self, data_dir: &DataDir, account: &Account) -> Result<(), StackError> {
        self.stop().await?;
        self.checkup = Checkup::default();
        self.process = spawn(&self.program, account, data_dir, &self.configuration)?;
        self.until_ready().await
    }
}

impl Ports {
    fn random() -> Result<Self, StackError> {
        let doing = || "find a free port on 127.0.0.1".to_owned();
        // Both are held at once, else they could be the same.
        let (client, monitor) = (listen(0).doing(doing)?, listen(0).doing(doing)?);
        let port = |listener: &TcpListener| listener.local_addr().map(|address| address.port()).doing(doing);
        Ok(Self { client: port(&client)?, monitor: port(&monitor)? })
    }

    fn are_free(self) -> bool {
        listen(self.client).is_ok() && listen(self.monitor).is_ok()
    }
}

fn listen(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

fn spawn(
    program: &Program,
    account: &Account,
    data_dir: &DataDir,
    configuration: &PathBuf,
) -> Result<ServerProcess, StackError> {
    let (log, file) = data_dir.open_log("nats.log")?;
    let errors = file.try_clone().doing(|| format!("open the log {}", log.display()))?;
    let mut command = account.command(&program.path("nats-server"));
    command.arg("--config").arg(configuration).stdout(Stdio::from(file)).stderr(Stdio::from(errors));
    ServerProcess::spawn(command, configuration)
}

fn settings(store: &std::path::Path, ports: Ports, password: &str) -> String {
    format!(
        "# Written at each start; changes are lost.\n\
         server_name: goalstream\n\
         host: 127.0.0.1\n\
         port: {client}\n\
         http: \"127.0.0.1:{monitor}\"\n\
         max_payload: 1048576\n\
         authorization {{ users: [\n  \
           {{ user: {USER}, password: \"{password}\" }}\n  \
           {{ user: {READER}, password: \"{reader}\", permissions: {{ publish: {READER_PUBLISHES:?} }} }}\n] }}\n\
         # Said, because a part of what is free would be less than the stream asks for on a disk that is rather full.\n\
         jetstream {{\n  store_dir: {store}\n  max_memory_store: 268435456\n  max_file_store: {STORE_BYTES_MAX}\n}}\n",
        client = ports.client,
        monitor = ports.monitor,
        reader = reader_password(password),
        // JSON's quoting of strings is understood.
        store = serde_json::json!(store.display().to_string()),
    )
}

/// Made of the other one, which it does not give away, so that data directories of before have it too.
fn reader_password(password: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, password.as_bytes()).simple().to_string()
}

#[derive(Deserialize)]
struct Greeting {
    version: String,
    jetstream: bool,
}

/// The server's first line, `INFO {...}`; none while nobody listens or JetStream is not up.
async fn greeting(port: u16) -> Option<Greeting> {
    let read = async {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.ok()?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).await.ok()?;
        serde_json::from_str::<Greeting>(line.strip_prefix("INFO ")?).ok()
    };
    timeout(GREETING_BOUND, read).await.ok().flatten().filter(|greeting| greeting.jetstream)
}
