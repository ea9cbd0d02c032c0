//! A disk that a test can fill up.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::statvfs::statvfs;
use nix::unistd::Uid;

use super::TestResult;

/// A disk cannot be made smaller than what is on it, which may have grown since it was measured.
const FILL_ATTEMPTS_MAX: usize = 100;

/// A folder on a disk of its own, in memory. Filling it takes none: the disk becomes as small as what is on it.
#[derive(Debug)]
pub struct SmallDisk {
    folder: PathBuf,
    size_bytes: u64,
}

impl SmallDisk {
    /// Moves what is in a folder to a disk of its own; nobody may use it meanwhile. `None` where the system does not let us mount.
    ///
    /// # Errors
    /// The folder's content cannot be moved.
    pub fn under(folder: &Path, size_bytes: u64) -> TestResult<Option<Self>> {
        let before = folder.with_extension("before");
        let owner = folder.metadata()?;
        fs::rename(folder, &before)?;
        fs::create_dir(folder)?;
        let options = format!("size={size_bytes},mode=0700,uid={},gid={}", owner.uid(), owner.gid());
        if !mount(&options, folder) {
            fs::remove_dir(folder)?;
            fs::rename(&before, folder)?;
            return Ok(None);
        }
        let disk = Self { folder: folder.to_owned(), size_bytes };
        copy(&before.join("."), folder)?;
        fs::remove_dir_all(before)?;
        Ok(Some(disk))
    }

    /// Leaves only so much room.
    ///
    /// # Errors
    /// The system refuses.
    pub fn fill(&self, room_bytes: u64) -> TestResult<()> {
        let mut attempts = 1;
        loop {
            let space = statvfs(&self.folder)?;
            let used_bytes = (space.blocks() - space.blocks_free()) * space.fragment_size();
            match self.resize(used_bytes + room_bytes) {
                Err(_) if attempts < FILL_ATTEMPTS_MAX => attempts += 1,
                result => return result,
            }
        }
    }

    /// Makes it as large as it was.
    ///
    /// # Errors
    /// The system refuses.
    pub fn free(&self) -> TestResult<()> {
        self.resize(self.size_bytes)
    }

    fn resize(&self, size_bytes: u64) -> TestResult<()> {
        match mount(&format!("remount,size={size_bytes}"), &self.folder) {
            true => Ok(()),
            false => Err(format!("{} cannot be given {size_bytes} bytes", self.folder.display()).into()),
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Also while a server still has files there.
        let _gone_already = Command::new("umount").arg("--lazy").arg(&self.folder).status();
    }
}

fn mount(options: &str, folder: &Path) -> bool {
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder);
    Uid::effective().is_root() && mount.output().is_ok_and(|output| output.status.success())
}

/// With owners and modes: as root the servers run as somebody else.
pub(super) fn copy(from: &Path, to: &Path) -> TestResult<()> {
    match Command::new("cp").arg("-a").arg(from).arg(to).status()?.success() {
        true => Ok(()),
        false => Err(format!("{} cannot be copied to {}", from.display(), to.display()).into()),
    }
}
