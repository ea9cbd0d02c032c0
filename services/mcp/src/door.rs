//! The door itself: what every connection shares.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use event_bus::Subscribe;
use goal_agent::GoalAgent;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    behind::Behind,
    handler::Handler,
    identity::Identity,
    profile::Profile,
    push::{Push, follow, lapsing},
    sessions::SESSIONS_MAX,
};

/// How long a call waits for the instance behind to become ready before it says BUSY.
const READY_WAIT: Duration = Duration::from_millis(1_000);

/// Different clients that are remembered, so that each is logged once.
const CLIENTS_REMEMBERED_MAX: usize = 1_000;

/// How a door behaves. The defaults suit a server on the loopback interface.
#[derive(Debug, Clone)]
pub struct DoorConfig {
    /// Hosts, with or without a port, that may stand in `Host` besides those of the loopback interface.
    pub allowed_hosts: Vec<String>,
    /// Origins such as `https://board.example.org:443` that browsers may come from, besides those of the loopback interface.
    pub allowed_origins: Vec<String>,
    /// Acts under this identity, whatever the client calls itself.
    pub identity: Option<Identity>,
    /// The tools that are offered over stdio; over HTTP each profile has a path.
    pub profile: Profile,
    /// The page that clients which can do so show beside the answers about a goal; without it all get text alone.
    pub board: Option<&'static str>,
    /// Whether a stdio door of this machine may say for whom it asks. Only ever believed from a loopback address, and of no request that a
    /// reverse proxy has passed on and says so.
    pub trust_local_doors: bool,
    /// Sessions of the older era at the same time, over HTTP and for each profile; the least recently used one goes first.
    pub sessions_max: usize,
    /// Cancelled when the process shuts down: open sessions and streams end.
    pub shutdown: CancellationToken,
}

impl Default for DoorConfig {
    fn default() -> Self {
        Self {
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            identity: None,
            profile: Profile::default(),
            board: None,
            trust_local_doors: true,
            sessions_max: SESSIONS_MAX,
            shutdown: CancellationToken::new(),
        }
    }
}

/// An MCP server for any number of connections. Cheap to clone.
#[derive(Clone)]
pub struct Door {
    shared: Arc<Shared>,
}

struct Shared {
    behind: watch::Receiver<Behind>,
    config: DoorConfig,
    push: Push,
    seen: Mutex<HashSet<String>>,
}

impl Door {
    /// A door in front of whatever the channel holds, now and later.
    pub fn new(behind: watch::Receiver<Behind>, config: DoorConfig) -> Self {
        Self { shared: Arc::new(Shared { behind, config, push: Push::default(), seen: Mutex::default() }) }
    }

    /// Follows the log and the clock and tells clients what has changed, until the door's shutdown. Without it they are told nothing.
    pub async fn tell_changes(&self, agent: &GoalAgent, subscribe: &Subscribe) {
        tokio::select! {
            () = follow::follow(agent, subscribe, self.push()) => {}
            () = lapsing::follow(agent, self.push()) => {}
            () = self.config().shutdown.cancelled() => {}
        }
    }

    /// Where changes are told.
    pub(crate) fn push(&self) -> &Push {
        &self.shared.push
    }

    /// How it behaves.
    pub(crate) fn config(&self) -> &DoorConfig {
        &self.shared.config
    }

    /// A handler for one connection, or one request.
    pub(crate) fn handler(&self, profile: Profile) -> Handler {
        Handler::new(self.clone(), profile)
    }

    /// Who answers now; waits a moment for one that is starting.
    pub(crate) async fn behind(&self) -> Behind {
        let mut behind = self.shared.behind.clone();
        let ready = behind.wait_for(|now| !matches!(now, Behind::Starting));
        match tokio::time::timeout(READY_WAIT, ready).await {
            Ok(Ok(now)) => now.clone(),
            Ok(Err(_closed)) => Behind::Away { reason: "Goalstream stopped before it was ready".to_owned() },
            Err(_elapsed) => Behind::Starting,
        }
    }

    /// Whether this client comes for the first time, as far as we remember.
    pub(crate) fn first_contact(&self, client: &str) -> bool {
        let mut seen = self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.contains(client) {
            return false;
        }
        if seen.len() >= CLIENTS_REMEMBERED_MAX {
            seen.clear();
        }
        seen.insert(client.to_owned())
    }
}
