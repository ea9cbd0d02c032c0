//! Builds the dashboard's page, when it is older than its sources.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context;
use local_stack::tools::{Places, Program, find_or_install_node};
use tokio::process::Command;

use crate::command::quietly;
use crate::progress::Progress;
use crate::workspace;

/// Builds the page and returns the folder of its sources; nothing when this checkout has none.
pub(crate) async fn build(progress: &Progress) -> anyhow::Result<Option<PathBuf>> {
    let folder = workspace().join("services/dashboard/ui");
    if !folder.join("package.json").exists() {
        return Ok(None);
    }
    if modified(&folder.join("dist/index.html")) >= newest_source(&folder)? {
        progress.say("the page is up to date");
        return Ok(Some(folder));
    }
    let node = node(progress).await?;
    install_packages(&node, &folder, "npm ci (page)", progress).await?;
    quietly(npm(&node, &folder, &["run", "build"]), "build the page", progress).await?;
    Ok(Some(folder))
}

/// Node, found or installed.
pub(crate) async fn node(progress: &Progress) -> anyhow::Result<Program> {
    let _running = progress.running_until_dropped("Node");
    Ok(find_or_install_node(&Places::from_environment(), &|line| progress.say(line)).await?)
}

/// `npm ci`, unless what is installed is as new as the lock file.
pub(crate) async fn install_packages(
    node: &Program,
    folder: &Path,
    label: &str,
    progress: &Progress,
) -> anyhow::Result<()> {
    if modified(&folder.join("node_modules/.package-lock.json")) >= modified(&folder.join("package-lock.json")) {
        return Ok(());
    }
    quietly(npm(node, folder, &["ci", "--no-audit", "--no-fund"]), label, progress).await
}

/// npm in this folder, with its own Node first on the path.
pub(crate) fn npm(node: &Program, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = with_node(node, "npm");
    command.args(arguments).current_dir(folder);
    command
}

/// A program of Node's folder.
pub(crate) fn with_node(node: &Program, executable: &str) -> Command {
    let mut command = crate::command::program(&node.path(executable).to_string_lossy());
    find_node(&mut command, node);
    command
}

/// Has whatever it runs find this Node first.
pub(crate) fn find_node(command: &mut Command, node: &Program) {
    let before = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{before}", node.folder.display()));
}

/// The newest change among the sources. Folders count: a removed file changes only its folder.
fn newest_source(folder: &Path) -> anyhow::Result<Option<SystemTime>> {
    let mut newest = None;
    for entry in folder.read_dir().with_context(|| format!("read {}", folder.display()))? {
        let entry = entry?;
        if ["node_modules", "dist"].iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        newest = newest.max(modified(&entry.path()));
        if entry.file_type()?.is_dir() {
            newest = newest.max(newest_source(&entry.path())?);
        }
    }
    Ok(newest)
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|metadata| metadata.modified()).ok()
}
