//! Where everything lies inside a data directory.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::account::Account;
use crate::endpoints::{CLUSTER, NATS_CONFIGURATION, NATS_STORE};
use crate::error::{Doing, StackError};
use crate::lock::{FileLock, Refused};
use crate::process::ServerProcess;

/// A Unix socket's path may have 103 bytes on macOS and 107 on Linux, its file name included.
const SOCKET_PATH_BYTES_MAX: usize = 103;

/// A log file larger than this is set aside at the next start; one old file is kept.
const LOG_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A data directory that exists and is ours for as long as the lock lives.
#[derive(Debug)]
pub(crate) struct DataDir {
    root: PathBuf,
    _lock: FileLock,
}

impl DataDir {
    /// Makes the directory if need be, proves that it can be written, and takes it for us alone.
    pub(crate) fn open(path: &Path) -> Result<Self, StackError> {
        let unwritable = |source| StackError::DataDir { path: path.to_owned(), source };
        // Other users may pass through (the servers' account must, when we are root) but each thing inside is private.
        DirBuilder::new().recursive(true).mode(0o755).create(path).map_err(unwritable)?;
        let root = path.canonicalize().map_err(unwritable)?;
        match FileLock::try_acquire(&root.join("lock")) {
            Ok(lock) => Ok(Self { root, _lock: lock }),
            Err(Refused::Io(source)) => Err(unwritable(source)),
            Err(Refused::HeldBy(pid)) => {
                let pid = if pid.is_empty() { "unknown".to_owned() } else { pid };
                Err(StackError::InUse { path: root, pid })
            }
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn secrets(&self) -> PathBuf {
        self.root.join("secrets.json")
    }

    /// The Postgres cluster.
    pub(crate) fn cluster(&self) -> PathBuf {
        self.root.join(CLUSTER)
    }

    /// Makes a folder that belongs to the servers' account alone.
    pub(crate) fn private_folder(&self, name: &str, account: &Account) -> Result<PathBuf, StackError> {
        let path = self.root.join(name);
        private_folder(&path, account)?;
        Ok(path)
    }

    /// A folder for Postgres' socket: inside the data directory, or a short one named after it when that is too deep.
    pub(crate) fn socket_folder(&self, socket_name: &str, account: &Account) -> Result<PathBuf, StackError> {
        let inside = self.root.join("run");
        let fits = inside.as_os_str().len() + 1 + socket_name.len() <= SOCKET_PATH_BYTES_MAX;
        let path = if fits {
            inside
        } else {
            let name = Uuid::new_v5(&Uuid::NAMESPACE_URL, self.root.as_os_str().as_encoded_bytes());
            PathBuf::from(format!("/tmp/goalstream-{}", name.simple()))
        };
        private_folder(&path, account)?;
        Ok(path)
    }

    /// Opens a server's log for appending. It stays ours: the server only inherits the open file.
    pub(crate) fn open_log(&self, name: &str) -> Result<(PathBuf, File), StackError> {
        let folder = self.root.join("logs");
        let path = folder.join(name);
        let doing = || format!("open the log {}", path.display());
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).doing(doing)?;
        if fs::metadata(&path).is_ok_and(|metadata| metadata.len() > LOG_BYTES_MAX) {
            fs::rename(&path, path.with_extension("log.old")).doing(doing)?;
        }
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path).doing(doing)?;
        Ok((path, file))
    }
}

fn private_folder(path: &Path, account: &Account) -> Result<(), StackError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => return account.own(path),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error).doing(|| format!("make {}", path.display())),
    }
    // Under /tmp somebody else may have been first, with a folder or a link of their own.
    let metadata = fs::symlink_metadata(path).doing(|| format!("look at {}", path.display()))?;
    if !metadata.is_dir() || metadata.mode() & 0o077 != 0 || !account.is(metadata.uid()) {
        return Err(StackError::ForeignDataDir { path: path.to_owned(), uid: metadata.uid() });
    }
    Ok(())
}

/// Takes a data directory whose servers are elsewhere, for as long as the value lives.
///
/// # Errors
/// It cannot be written, or somebody else has it.
pub fn hold(root: &Path) -> Result<impl Sized + use<>, StackError> {
    DataDir::open(root)
}

/// Whether servers of this data directory live that nobody owns: their owner was killed.
pub fn are_left_running(root: &Path) -> bool {
    let Ok(root) = root.canonicalize() else { return false };
    let servers = [root.join(CLUSTER), root.join(NATS_STORE).join(NATS_CONFIGURATION)];
    !is_in_use(&root) && servers.iter().any(|argument| ServerProcess::find(argument).is_some())
}

/// Whether a process owns this data directory at the moment: starting, running or stopping.
pub fn is_in_use(root: &Path) -> bool {
    matches!(FileLock::try_acquire(&root.join("lock")), Err(Refused::HeldBy(_)))
}
