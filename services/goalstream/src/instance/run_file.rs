//! How others on this machine find the running instance: a file in its data directory, for the owner's eyes only.
//!
//! The instance keeps the file locked. The lock goes with the process, however that ends, so a file that is not locked was left
//! behind by a crash, whatever has become of the process number in it.

use std::{
    fs::{File, TryLockError},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::Servers;

const NAME: &str = "run.json";

/// What a running instance says of itself. It holds passwords, so only its owner may read it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RunFile {
    /// Of the page and REST.
    pub(crate) url: String,
    /// Of the MCP door.
    pub(crate) mcp_url: String,
    /// The process.
    pub(crate) pid: i32,
    /// Of the program that runs.
    pub(crate) version: String,
    database_url: String,
    owner_url: String,
    nats_url: String,
    /// Instances of before had none.
    #[serde(default)]
    nats_reader_url: String,
}

impl RunFile {
    pub(crate) fn of(url: &str, servers: &Servers) -> Self {
        Self {
            url: url.to_owned(),
            mcp_url: format!("{url}{}", mcp::PATH),
            pid: i32::try_from(std::process::id()).unwrap_or_default(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            database_url: servers.database_url.clone(),
            owner_url: servers.owner_url.clone(),
            nats_url: servers.nats_url.clone(),
            nats_reader_url: servers.nats_reader_url.clone(),
        }
    }

    pub(crate) fn servers(&self) -> Servers {
        Servers {
            database_url: self.database_url.clone(),
            owner_url: self.owner_url.clone(),
            nats_url: self.nats_url.clone(),
            nats_reader_url: self.nats_reader_url.clone(),
        }
    }

    /// Writes it at once as a whole: a reader sees the old one or the new one.
    pub(crate) fn write(&self, data_dir: &Path) -> anyhow::Result<Written> {
        let (path, draft) = (data_dir.join(NAME), data_dir.join(format!("{NAME}.{}", self.pid)));
        let doing = || format!("write {}", path.display());
        std::fs::create_dir_all(data_dir).with_context(doing)?;
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)
            .with_context(doing)?;
        file.try_lock().with_context(doing)?;
        file.write_all(serde_json::to_string_pretty(self)?.as_bytes()).with_context(doing)?;
        std::fs::rename(&draft, &path).with_context(doing)?;
        Ok(Written { path, pid: self.pid, _locked: file })
    }

    /// That of the instance that runs with this data directory; `None` when none does.
    pub(crate) fn read(data_dir: &Path) -> anyhow::Result<Option<Self>> {
        let path = data_dir.join(NAME);
        let file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file.with_context(|| format!("read {}", path.display()))?,
        };
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => {}
            Ok(()) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error).with_context(|| format!("lock {}", path.display())),
        }
        let text = std::io::read_to_string(file).with_context(|| format!("read {}", path.display()))?;
        serde_json::from_str(&text).map(Some).with_context(|| format!("understand {}", path.display()))
    }

    /// Whether an instance ended here without stopping in order: that would have removed the file.
    pub(crate) fn is_left_behind(data_dir: &Path) -> bool {
        data_dir.join(NAME).exists()
    }
}

/// The file of this process; removed with it.
pub(crate) struct Written {
    path: PathBuf,
    pid: i32,
    /// Says that we live.
    _locked: File,
}

impl Drop for Written {
    fn drop(&mut self) {
        let ours =
            std::fs::read_to_string(&self.path).ok().and_then(|text| serde_json::from_str::<RunFile>(&text).ok());
        if ours.is_some_and(|file| file.pid == self.pid) {
            // Left behind it would do no harm: readers check the process.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
