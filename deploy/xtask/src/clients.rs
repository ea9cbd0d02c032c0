//! Tests with real clients: each executable script runs as a program of its own, in a Python with pinned packages.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use local_stack::shared::target_dir;
use tokio::process::Command;

use crate::command::{openly, program, quietly};
use crate::progress::Progress;
use crate::summary::{Outcome, Summary};
use crate::workspace;

pub(crate) async fn sections(summary: &mut Summary<'_>, progress: &Progress) -> anyhow::Result<()> {
    let scripts = scripts(&folder(), "py", true)?;
    if scripts.is_empty() {
        return Ok(());
    }
    if !summary.section("client packages", packages(progress)).await {
        return Ok(());
    }
    for script in scripts {
        let command = python(&script);
        summary.section(&title(&script), run(command, &script)).await;
    }
    Ok(())
}

/// Where the scripts are, and what they are pinned to.
pub(crate) fn folder() -> PathBuf {
    workspace().join("services/goalstream/tests/clients")
}

/// One of the scripts, in the clients' environment.
pub(crate) fn python(script: &Path) -> Command {
    let mut command = program(&environment().join("bin/python").to_string_lossy());
    command.arg(script);
    command
}

/// Runs a test program against the executable just built.
pub(crate) async fn run(mut command: Command, script: &Path) -> anyhow::Result<Outcome> {
    command.env("GOALSTREAM_BIN", target_dir().join("debug/goalstream"));
    openly(command, &title(script)).await?;
    Ok(Outcome::Passed)
}

/// The scripts of a folder in the order of their names; none when it does not exist.
pub(crate) fn scripts(folder: &Path, extension: &str, executable: bool) -> anyhow::Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in folder.read_dir().with_context(|| format!("read {}", folder.display()))? {
        let path = entry?.path();
        let runs = !executable || path.metadata()?.permissions().mode() & 0o111 != 0;
        if runs && path.is_file() && path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

pub(crate) fn title(script: &Path) -> String {
    let name = |path: Option<&Path>| path.and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    format!("{}/{}", name(script.parent()), name(Some(script)))
}

fn environment() -> PathBuf {
    target_dir().join("test-clients")
}

/// The clients' environment; what cannot be installed here is skipped.
async fn packages(progress: &Progress) -> anyhow::Result<Outcome> {
    match ready(progress).await {
        Ok(()) => Ok(Outcome::Passed),
        Err(error) => Ok(Outcome::Skipped(format!("{error:#}"))),
    }
}

/// Makes the clients' environment.
pub(crate) async fn ready(progress: &Progress) -> anyhow::Result<()> {
    install(&folder(), &environment(), "install the test clients", progress).await
}

/// Makes a Python environment with the packages of the folder's `requirements.txt`, unless it already has exactly these.
pub(crate) async fn install(folder: &Path, environment: &Path, label: &str, progress: &Progress) -> anyhow::Result<()> {
    let requirements = folder.join("requirements.txt");
    let wanted = fs::read_to_string(&requirements).with_context(|| format!("read {}", requirements.display()))?;
    let installed = environment.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    let mut make = program("python3");
    make.args(["-m", "venv", "--clear"]).arg(environment);
    quietly(make, "make a Python environment", progress).await?;
    let mut install = program(&environment.join("bin/python").to_string_lossy());
    install.args(["-m", "pip", "install", "--disable-pip-version-check", "--requirement"]).arg(&requirements);
    quietly(install, label, progress).await?;
    fs::write(&installed, wanted).with_context(|| format!("write {}", installed.display()))
}
