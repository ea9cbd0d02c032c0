//! Who runs the servers: we ourselves or, when we are root, an unprivileged user, since Postgres refuses root.

use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;
use std::process::Stdio;

use nix::unistd::{Uid, User};
use tokio::process::Command;

use crate::error::{Doing, StackError};

/// Accounts that exist for this, in the order we prefer them.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// What could send our servers to somebody else's data or settings.
const FOREIGN_SETTINGS: [&str; 8] =
    ["PGDATA", "PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGDATABASE", "PGOPTIONS", "PGSERVICE"];

/// The user that runs the servers; `None` inside means ourselves.
#[derive(Debug)]
pub(crate) struct Account(Option<User>);

impl Account {
    /// The account for this cluster. An existing cluster decides for itself: its files already belong to somebody.
    pub(crate) fn choose(cluster: &Path) -> Result<Self, StackError> {
        let owner = cluster.metadata().ok().map(|metadata| metadata.uid());
        let ourselves = Uid::effective();
        if !ourselves.is_root() {
            return match owner {
                Some(uid) if uid != ourselves.as_raw() => {
                    Err(StackError::ForeignDataDir { path: cluster.to_owned(), uid })
                }
                _ => Ok(Self(None)),
            };
        }
        let unprivileged = |user: &User| !user.uid.is_root();
        let user = match owner {
            Some(uid) => User::from_uid(Uid::from_raw(uid)).ok().flatten().filter(unprivileged),
            None => UNPRIVILEGED.iter().find_map(|name| User::from_name(name).ok().flatten().filter(unprivileged)),
        };
        user.map(|user| Self(Some(user))).ok_or(StackError::NoAccount)
    }

    /// A command run by this account, away from our terminal, our signals and our settings.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        // A group of its own: Ctrl-C at the terminal must not reach the servers before we stop them in order.
        command.process_group(0).current_dir("/").stdin(Stdio::null()).env("LC_ALL", "C");
        for name in FOREIGN_SETTINGS {
            command.env_remove(name);
        }
        if let Some(user) = &self.0 {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw()).env("HOME", "/").env("USER", &user.name);
        }
        command
    }

    /// Whether this is the account's user id.
    pub(crate) fn is(&self, uid: u32) -> bool {
        self.0.as_ref().map_or_else(Uid::effective, |user| user.uid).as_raw() == uid
    }

    /// Hands a path to this account.
    pub(crate) fn own(&self, path: &Path) -> Result<(), StackError> {
        let Some(user) = &self.0 else { return Ok(()) };
        chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw())).doing(|| format!("chown {}", path.display()))
    }

    /// Whether a private folder somewhere above keeps this account out. Asked of the system itself, as that account.
    pub(crate) async fn must_reach(&self, path: &Path, access: &str) -> Result<(), StackError> {
        let Some(user) = &self.0 else { return Ok(()) };
        let status = self
            .command(Path::new("/bin/sh"))
            .args(["-c", &format!("test {access} \"$1\""), "sh"])
            .arg(path)
            .stderr(Stdio::null())
            .status()
            .await
            .doing(|| format!("ask whether {} can use {}", user.name, path.display()))?;
        if status.success() {
            Ok(())
        } else {
            Err(StackError::Unreachable { path: path.to_owned(), user: user.name.clone() })
        }
    }
}
