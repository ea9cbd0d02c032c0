//! A lock file that ends with its process, however that process ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::error::{Doing, StackError};

const RETRY_DELAY: Duration = Duration::from_millis(100);

/// Holds the lock until dropped. The kernel releases it when we die; children do not inherit it.
#[derive(Debug)]
pub(crate) struct FileLock(#[expect(dead_code, reason = "the open file is the lock")] File);

/// Why a lock was not taken.
pub(crate) enum Refused {
    /// Held by the process with this id (empty when it has not written it yet).
    HeldBy(String),
    Io(std::io::Error),
}

impl FileLock {
    /// Takes the lock at once or says who has it.
    pub(crate) fn try_acquire(path: &Path) -> Result<Self, Refused> {
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(Refused::Io)?;
        match file.try_lock() {
            Ok(()) => write_pid(&mut file).map(|()| Self(file)).map_err(Refused::Io),
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                file.read_to_string(&mut pid).map_err(Refused::Io)?;
                Err(Refused::HeldBy(pid.trim().to_owned()))
            }
            Err(TryLockError::Error(error)) => Err(Refused::Io(error)),
        }
    }

    /// Waits up to `bound` for another process to finish with it.
    pub(crate) async fn acquire(path: &Path, bound: Duration) -> Result<Self, StackError> {
        let deadline = Instant::now() + bound;
        loop {
            match Self::try_acquire(path) {
                Ok(lock) => return Ok(lock),
                Err(Refused::Io(error)) => return Err(error).doing(|| format!("lock {}", path.display())),
                Err(Refused::HeldBy(pid)) if Instant::now() >= deadline => {
                    return Err(StackError::InUse { path: path.to_owned(), pid });
                }
                Err(Refused::HeldBy(_)) => sleep(RETRY_DELAY).await,
            }
        }
    }
}

fn write_pid(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}
