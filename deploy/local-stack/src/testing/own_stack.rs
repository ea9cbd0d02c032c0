//! A stack for one test that breaks it.

use std::path::PathBuf;
use std::time::Duration;

use nix::sys::signal::Signal;
use uuid::Uuid;

use super::{TestResult, find_tools};
use crate::{Config, Endpoints, Server, Stack};

const REMOVE_ATTEMPTS_MAX: usize = 50;
const REMOVE_RETRY_DELAY: Duration = Duration::from_millis(20);

/// Its own Postgres and NATS in a temporary folder, killed and removed with this value.
#[derive(Debug)]
pub struct OwnStack {
    stack: Option<Stack>,
    folder: PathBuf,
}

impl OwnStack {
    /// Starts one.
    ///
    /// # Errors
    /// It cannot be started.
    pub async fn start() -> TestResult<Self> {
        // Not in the target folder: a Unix socket's path must be short.
        let folder = std::env::temp_dir().join(format!("goalstream-test-{}", Uuid::new_v4().simple()));
        let mut own = Self { stack: None, folder };
        own.stack = Some(Stack::start(&Config::new(&own.folder), &find_tools().await?, &|_| ()).await?);
        Ok(own)
    }

    /// How to reach the servers; process ids change with each restart.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        self.stack.as_ref().expect("it is there from the end of `start` until `drop`").endpoints()
    }

    /// Kills every process of Postgres at once, as a power cut would.
    ///
    /// # Errors
    /// It still lives.
    pub async fn kill_postgres(&mut self) -> TestResult<()> {
        self.stack().kill(Server::Postgres).await.map_err(Into::into)
    }

    /// Stops Postgres in order.
    ///
    /// # Errors
    /// It still lives.
    pub async fn stop_postgres(&mut self) -> TestResult<()> {
        self.stack().stop_one(Server::Postgres).await.map_err(Into::into)
    }

    /// Starts Postgres again at the same address, stopping it first if it lives.
    ///
    /// # Errors
    /// It does not start.
    pub async fn restart_postgres(&mut self) -> TestResult<()> {
        self.stack().restart(Server::Postgres).await.map_err(Into::into)
    }

    /// Kills NATS at once.
    ///
    /// # Errors
    /// It still lives.
    pub async fn kill_nats(&mut self) -> TestResult<()> {
        self.stack().kill(Server::Nats).await.map_err(Into::into)
    }

    /// Stops NATS in order.
    ///
    /// # Errors
    /// It still lives.
    pub async fn stop_nats(&mut self) -> TestResult<()> {
        self.stack().stop_one(Server::Nats).await.map_err(Into::into)
    }

    /// Starts NATS again on the same ports, stopping it first if it lives.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start_nats(&mut self) -> TestResult<()> {
        self.stack().restart(Server::Nats).await.map_err(Into::into)
    }

    /// Freezes a server: it keeps its connections and answers nothing.
    pub fn pause(&mut self, server: Server) {
        self.stack().signal_all(server, Signal::SIGSTOP);
    }

    /// Lets a frozen server go on.
    pub fn resume(&mut self, server: Server) {
        self.stack().signal_all(server, Signal::SIGCONT);
    }

    /// The stack itself.
    pub fn stack(&mut self) -> &mut Stack {
        self.stack.as_mut().expect("it is there from the end of `start` until `drop`")
    }
}

impl Drop for OwnStack {
    /// Nothing here is worth a shutdown in order.
    fn drop(&mut self) {
        if let Some(mut stack) = self.stack.take() {
            stack.signal_all(Server::Postgres, Signal::SIGKILL);
            stack.signal_all(Server::Nats, Signal::SIGKILL);
        }
        // A dying process may still hold the folder for a moment.
        for _attempt in 0..REMOVE_ATTEMPTS_MAX {
            if std::fs::remove_dir_all(&self.folder).is_ok() {
                return;
            }
            std::thread::sleep(REMOVE_RETRY_DELAY);
        }
    }
}
