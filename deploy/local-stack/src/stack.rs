//! The two servers together, owned by one process.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;

use nix::sys::signal::Signal;

use crate::account::Account;
use crate::data_dir::DataDir;
use crate::nats::Nats;
use crate::postgres::{APP_ROLE, OWNER_ROLE, Postgres, SecretsState};
use crate::secrets::Secrets;
use crate::supervision::{Kept, keep};
use crate::tools::Tools;
use crate::{Endpoints, Progress, StackError};

/// What a stack is started with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Holds everything: data, passwords, logs, the lock. Made when it does not exist.
    pub data_dir: PathBuf,
    /// How many sessions Postgres allows.
    pub connections_max: u32,
}

impl Config {
    /// The usual settings for this data directory.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), connections_max: 200 }
    }
}

/// One of the two servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// The log and the views.
    Postgres,
    /// The bus.
    Nats,
}

impl fmt::Display for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Postgres => "Postgres",
            Self::Nats => "NATS",
        })
    }
}

/// A running private Postgres and NATS. Dropping it asks both to stop without waiting; [`Stack::stop`] waits.
#[derive(Debug)]
pub struct Stack {
    data_dir: DataDir,
    account: Account,
    postgres: Postgres,
    nats: Nats,
    endpoints: Endpoints,
    /// Whether the servers are to outlive this value.
    detached: bool,
}

impl Stack {
    /// Starts both servers or adopts those that a killed owner left running on this data directory.
    ///
    /// # Errors
    /// The data directory cannot be written, has another owner or was made by another Postgres; a server does not start.
    pub async fn start(config: &Config, tools: &Tools, progress: Progress<'_>) -> Result<Self, StackError> {
        let data_dir = DataDir::open(&config.data_dir)?;
        let account = Account::choose(&data_dir.cluster())?;
        account.must_reach(data_dir.root(), "-x").await?;
        let secrets = load_secrets(&data_dir)?;
        let connections_max = config.connections_max;
        let postgres = Postgres::start(&data_dir, &account, tools, &secrets, connections_max, progress);
        let nats = Nats::start(&data_dir, &account, tools, &secrets.secrets, progress);
        // Each is let finish even when the other fails, so that the one that runs is known and can be stopped.
        let (postgres, nats) = match tokio::join!(postgres, nats) {
            (Ok(postgres), Ok(nats)) => (postgres, nats),
            (Ok(mut postgres), Err(error)) => return Err(postgres.stop().await.err().unwrap_or(error)),
            (Err(error), Ok(mut nats)) => return Err(nats.stop().await.err().unwrap_or(error)),
            (Err(error), Err(_)) => return Err(error),
        };
        let endpoints = endpoints(&data_dir, &postgres, &nats, &secrets.secrets);
        // From here on both end with this value.
        let stack = Self { data_dir, account, postgres, nats, endpoints, detached: false };
        // Kept only now that the roles have them: after a crash before this, the next start makes and sets new ones.
        if secrets.fresh {
            secrets.secrets.save(&stack.data_dir.secrets())?;
        }
        tracing::info!(data_dir = %stack.data_dir.root().display(), "the private Postgres and NATS are ready");
        Ok(stack)
    }

    /// How to reach the servers.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Stops both servers: the bus first, whose data Postgres can always replace.
    ///
    /// # Errors
    /// A server that could not even be killed.
    pub async fn stop(mut self) -> Result<(), StackError> {
        let nats = self.nats.stop().await;
        let postgres = self.postgres.stop().await;
        self.postgres.remove_socket_folder();
        self.detached = true;
        nats.and(postgres)
    }

    /// Gives up the data directory and leaves both servers running for whoever starts a stack there next.
    #[must_use]
    pub fn detach(mut self) -> Endpoints {
        self.detached = true;
        self.endpoints.clone()
    }

    /// Starts a server again at the same address, stopping it first if it lives.
    ///
    /// # Errors
    /// It does not start.
    pub async fn restart(&mut self, server: Server) -> Result<(), StackError> {
        match server {
            Server::Postgres => self.postgres.restart(&self.data_dir, &self.account).await?,
            Server::Nats => self.nats.restart(&self.data_dir, &self.account).await?,
        }
        (self.endpoints.postgres_pid, self.endpoints.nats_pid) = (self.postgres.pid(), self.nats.pid());
        Ok(())
    }

    /// Starts whichever server ends again, for as long as somebody waits for this. The process ids among the endpoints stay those
    /// of before.
    pub async fn supervise(&mut self) -> Infallible {
        let (data_dir, account) = (&self.data_dir, &self.account);
        tokio::select! {
            never = keep(&mut self.postgres, data_dir, account) => never,
            never = keep(&mut self.nats, data_dir, account) => never,
        }
    }

    /// Kills every process of a server, for tests of what follows.
    #[cfg(feature = "testing")]
    pub(crate) async fn kill(&mut self, server: Server) -> Result<(), StackError> {
        self.signal_all(server, Signal::SIGKILL);
        self.stop_one(server).await
    }

    /// Stops one server in order, for tests of what follows.
    #[cfg(feature = "testing")]
    pub(crate) async fn stop_one(&mut self, server: Server) -> Result<(), StackError> {
        match server {
            Server::Postgres => self.postgres.stop().await,
            Server::Nats => self.nats.stop().await,
        }
    }

    /// Sends a signal to every process of a server.
    #[cfg(feature = "testing")]
    pub(crate) fn signal_all(&mut self, server: Server, signal: Signal) {
        match server {
            Server::Postgres => self.postgres.signal_all(signal),
            Server::Nats => self.nats.process().signal(signal),
        }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if !self.detached {
            self.nats.process().signal(Signal::SIGTERM);
            self.postgres.process().signal(Signal::SIGINT);
        }
    }
}

fn load_secrets(data_dir: &DataDir) -> Result<SecretsState, StackError> {
    if let Some(secrets) = Secrets::load(&data_dir.secrets())? {
        return Ok(SecretsState { secrets, fresh: false });
    }
    Ok(SecretsState { secrets: Secrets::generate(), fresh: true })
}

fn endpoints(data_dir: &DataDir, postgres: &Postgres, nats: &Nats, secrets: &Secrets) -> Endpoints {
    Endpoints {
        database_url: postgres.url(APP_ROLE, &secrets.app_password),
        owner_url: postgres.url(OWNER_ROLE, &secrets.owner_password),
        nats_url: nats.url(),
        nats_reader_url: nats.reader_url(),
        nats_monitor_url: nats.monitor_url(),
        postgres_version: postgres.version(),
        nats_version: nats.version().to_owned(),
        postgres_pid: postgres.pid(),
        nats_pid: nats.pid(),
        data_dir: data_dir.root().to_owned(),
        postgres_log: postgres.log.clone(),
        nats_log: nats.log.clone(),
    }
}
