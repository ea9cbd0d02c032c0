//! Two nodes on servers of their own, each with its own ways to them.

use std::{
    path::{Path, PathBuf},
    process::Output,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use event_bus::BusConfig;
use local_stack::{Endpoints, Server, testing::OwnStack, tools::Tools};
use sqlx::{Connection, PgConnection};
use tokio::{
    sync::{Mutex, RwLock, watch},
    time::timeout,
};
use uuid::Uuid;

use super::{
    clock::Clock,
    node::{Node, Recipe, executable},
    patience::{CATCH_UP_BOUND, COMMAND_BOUND, QUESTION_BOUND, until},
    plan::{Clockwork, Link, Possible, Side},
    proxy::Proxy,
    violation::Violations,
};

/// What Postgres calls its socket.
const SOCKET_NAME: &str = ".s.PGSQL.5432";
/// The size of a disk that can be filled: more than any run stores.
const DISK_BYTES: u64 = 8 * 1024 * 1024 * 1024;

pub(crate) struct World {
    pub(crate) stack: Mutex<OwnStack>,
    pub(crate) endpoints: Endpoints,
    pub(crate) violations: Arc<Violations>,
    /// Workers ask while they hold it together; whoever holds it alone is asked for nothing.
    pub(crate) asking: RwLock<()>,
    /// Whether an older Postgres is in the newer one's place.
    pub(crate) is_older: watch::Sender<bool>,
    possible: Possible,
    /// Of Postgres.
    clock: Option<Clock>,
    nodes: [Site; 2],
    folder: Folder,
}

/// What nodes and servers say, and nodes keep. It stays when the test ends badly, so that it can be read.
struct Folder {
    path: PathBuf,
    unneeded: AtomicBool,
}

/// A node and its surroundings. What it is made of is dropped in this order.
struct Site {
    node: Node,
    postgres: Proxy,
    nats: Proxy,
    clock: Option<Arc<Clock>>,
}

impl World {
    pub(crate) async fn start() -> Self {
        // Not in the target folder: a Unix socket's path must be short.
        let path = std::env::temp_dir().join(format!("goalstream-chaos-{}", Uuid::new_v4().simple()));
        std::fs::create_dir(&path).unwrap();
        let folder = Folder { path, unneeded: AtomicBool::new(false) };
        let clock = Clock::right(folder.path.join("Postgres.clock"));
        let mut stack = OwnStack::start_with(|tools| wound(tools, clock.as_ref(), &folder.path)).await.unwrap();
        // They are wanted when the test ends badly, and their folder goes with the servers.
        for log in ["postgres.log", "nats.log"] {
            std::fs::hard_link(stack.endpoints().data_dir.join("logs").join(log), folder.path.join(log)).unwrap();
        }
        let mut disks = true;
        for server in [Server::Postgres, Server::Nats] {
            disks &= stack.give_disk(server, DISK_BYTES).await.unwrap();
        }
        let possible = Possible { disks, clocks: clock.is_some() };
        say_what_is_left_out(possible);
        let endpoints = stack.endpoints().clone();
        event_store::migrate(&endpoints.owner_url).await.unwrap();
        let violations = Arc::<Violations>::default();
        let start =
            async |side| Site::start(side, &endpoints, folder.path.join(format!("{side:?}")), &violations).await;
        let nodes = [start(Side::A).await, start(Side::B).await];
        let (asking, is_older) = (RwLock::default(), watch::Sender::new(false));
        Self { stack: Mutex::new(stack), endpoints, violations, asking, is_older, possible, clock, nodes, folder }
    }

    /// What this machine lets us do.
    pub(crate) fn possible(&self) -> Possible {
        self.possible
    }

    pub(crate) fn clock(&self, whose: Clockwork) -> &Clock {
        let clock = match whose {
            Clockwork::Postgres => self.clock.as_ref(),
            Clockwork::Node(side) => self.nodes[side as usize].clock.as_deref(),
        };
        clock.expect("a clock is stepped only where that is possible")
    }

    pub(crate) fn node(&self, side: Side) -> &Node {
        &self.nodes[side as usize].node
    }

    pub(crate) fn link(&self, link: Link) -> &Proxy {
        match link {
            Link::Postgres(side) => &self.nodes[side as usize].postgres,
            Link::Nats(side) => &self.nodes[side as usize].nats,
        }
    }

    /// A connection past the proxies.
    pub(crate) async fn database(&self) -> sqlx::Result<PgConnection> {
        timeout(QUESTION_BOUND, PgConnection::connect(&self.endpoints.owner_url))
            .await
            .unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut))
    }

    /// The same, waited for: a killed backend may take Postgres down a moment after the kill.
    pub(crate) async fn database_at_last(&self) -> PgConnection {
        until(CATCH_UP_BOUND, async || self.database().await.ok()).await.unwrap()
    }

    /// A client of the bus past the proxies. It returns by itself whenever NATS does.
    pub(crate) async fn bus(&self) -> async_nats::jetstream::Context {
        let address: async_nats::ServerAddr = self.endpoints.nats_url.parse().unwrap();
        let (user, password) = (address.username().unwrap().to_owned(), address.password().unwrap().to_owned());
        let options = async_nats::ConnectOptions::with_user_and_password(user, password);
        let client = options.retry_on_initial_connect().max_reconnects(None).connect(address).await.unwrap();
        async_nats::jetstream::new(client)
    }

    /// The name of the stream that everything goes to.
    pub(crate) fn stream_name(&self) -> &'static str {
        BusConfig::STREAM_NAME
    }

    /// Runs a command of the executable past the proxies.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        let (database_url, nats_url) = (&self.endpoints.database_url, &self.endpoints.nats_url);
        let mut command = executable(database_url, nats_url, &self.folder.path.join("commands"));
        timeout(COMMAND_BOUND, command.args(arguments).output()).await.unwrap().unwrap()
    }

    /// Where all logs are.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder.path
    }

    /// Nobody needs the logs any more.
    pub(crate) fn forget(&self) {
        self.folder.unneeded.store(true, Relaxed);
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.unneeded.load(Relaxed) {
            // A node that is dying may still write into it; then a small rest stays.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

impl Site {
    async fn start(side: Side, endpoints: &Endpoints, folder: PathBuf, violations: &Arc<Violations>) -> Self {
        std::fs::create_dir(&folder).unwrap();
        let (before, server_folder) = endpoints.database_url.split_once("?host=").unwrap();
        let database_url = format!("{before}?host={}", folder.display());
        let far_socket = PathBuf::from(server_folder).join(SOCKET_NAME);
        let postgres = Proxy::of_socket(folder.join(SOCKET_NAME), far_socket).unwrap();
        let (before, far_port) = endpoints.nats_url.rsplit_once(':').unwrap();
        let (nats, near_port) = Proxy::of_port(far_port.parse().unwrap()).await.unwrap();
        let nats_url = format!("{before}:{near_port}");
        let clock = Clock::right(folder.with_extension("clock")).map(Arc::new);
        let recipe = Recipe { side, database_url, nats_url, data_dir: folder, clock: clock.clone() };
        Self { node: Node::start(recipe, Arc::clone(violations)).await, postgres, nats, clock }
    }
}

/// Postgres by a clock of its own, where that is possible.
fn wound(mut tools: Tools, clock: Option<&Clock>, folder: &Path) -> Tools {
    if let Some(clock) = clock {
        tools.postgres[0] = clock.wind(&tools.postgres[0], &folder.join("postgres"));
    }
    tools
}

fn say_what_is_left_out(possible: Possible) {
    if !possible.disks {
        println!("SKIPPED: no disk is filled, since no small one can be mounted here; root can");
    }
    if !possible.clocks {
        println!(
            "SKIPPED: no clock is stepped, since libfaketime is not installed (on Debian: apt-get install libfaketime)"
        );
    }
}
