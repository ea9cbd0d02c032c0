//! A stack for one test that breaks it.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use nix::sys::signal::Signal;
use uuid::Uuid;

use super::small_disk::{SmallDisk, copy};
use super::{TestResult, find_tools};
use crate::endpoints::{CLUSTER, NATS_STORE};
use crate::tools::Tools;
use crate::{Config, Endpoints, Server, Stack};

const REMOVE_ATTEMPTS_MAX: usize = 50;
const REMOVE_RETRY_DELAY: Duration = Duration::from_millis(20);

/// Its own Postgres and NATS in a temporary folder, killed and removed with this value.
#[derive(Debug)]
pub struct OwnStack {
    stack: Option<Stack>,
    /// Of Postgres and NATS, if they have disks of their own.
    disks: [Option<SmallDisk>; 2],
    folder: PathBuf,
}

impl OwnStack {
    /// Starts one.
    ///
    /// # Errors
    /// It cannot be started.
    pub async fn start() -> TestResult<Self> {
        Self::start_with(|tools| tools).await
    }

    /// Starts one with other programs than were found.
    ///
    /// # Errors
    /// It cannot be started.
    pub async fn start_with(choose: impl FnOnce(Tools) -> Tools) -> TestResult<Self> {
        // Not in the target folder: a Unix socket's path must be short.
        let folder = std::env::temp_dir().join(format!("goalstream-test-{}", Uuid::new_v4().simple()));
        let mut own = Self { stack: None, disks: [None, None], folder };
        let tools = choose(find_tools().await?);
        own.stack = Some(Stack::start(&Config::new(&own.folder), &tools, &|_| ()).await?);
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

    /// Moves a server's data to a disk of its own, which can be filled. False where the system does not let us mount.
    ///
    /// # Errors
    /// The server does not stop or start, or its data cannot be moved.
    pub async fn give_disk(&mut self, server: Server, size_bytes: u64) -> TestResult<bool> {
        self.stack().stop_one(server).await?;
        let disk = SmallDisk::under(&self.data_of(server), size_bytes)?;
        self.disks[server as usize] = disk;
        self.stack().restart(server).await?;
        Ok(self.disk(server).is_some())
    }

    /// The disk that a server was given.
    #[must_use]
    pub fn disk(&self, server: Server) -> Option<&SmallDisk> {
        self.disks[server as usize].as_ref()
    }

    /// Keeps a copy of what Postgres has, under a name; a copy of before is replaced. Postgres must not run.
    ///
    /// # Errors
    /// It cannot be copied.
    pub fn back_up(&self, name: &str) -> TestResult<()> {
        let backup = self.folder.join(name);
        if backup.exists() {
            fs::remove_dir_all(&backup)?;
        }
        copy(&self.data_of(Server::Postgres), &backup)
    }

    /// Puts a copy in the place of what Postgres has. Postgres must not run.
    ///
    /// # Errors
    /// What is there cannot be removed, or the copy not be put there.
    pub fn restore(&self, name: &str) -> TestResult<()> {
        let cluster = self.data_of(Server::Postgres);
        // The folder itself may be a disk.
        for entry in fs::read_dir(&cluster)? {
            let path = entry?.path();
            if path.is_dir() && !path.is_symlink() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
        }
        copy(&self.folder.join(name).join("."), &cluster)
    }

    fn data_of(&self, server: Server) -> PathBuf {
        self.endpoints().data_dir.join(match server {
            Server::Postgres => CLUSTER,
            Server::Nats => NATS_STORE,
        })
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
        self.disks = [None, None];
        // A dying process may still hold the folder for a moment.
        for _attempt in 0..REMOVE_ATTEMPTS_MAX {
            if std::fs::remove_dir_all(&self.folder).is_ok() {
                return;
            }
            std::thread::sleep(REMOVE_RETRY_DELAY);
        }
    }
}
