//! Tests with a real browser: each script drives Chromium through playwright-core.

use std::path::{Path, PathBuf};

use local_stack::tools::Program;
use nix::unistd::Uid;
use tokio::process::Command;

use crate::clients::{run, scripts, title};
use crate::command::{program, quietly};
use crate::page;
use crate::progress::Progress;
use crate::summary::{Outcome, Summary};
use crate::workspace;

/// What Chromium is called, the one that Debian installs first.
const CHROMIUM: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Names the browser to the scripts.
const CHROMIUM_VARIABLE: &str = "GOALSTREAM_CHROMIUM";

pub(crate) async fn sections(summary: &mut Summary<'_>, progress: &Progress) -> anyhow::Result<()> {
    let scripts = scripts(&folder(), "mjs", false)?;
    if scripts.is_empty() {
        return Ok(());
    }
    let mut ready = None;
    let prepare = async {
        match prepare(progress).await {
            Ok(browser) => {
                ready = Some(browser);
                Ok(Outcome::Passed)
            }
            Err(error) => Ok(Outcome::Skipped(format!("{error:#}"))),
        }
    };
    summary.section("browser", prepare).await;
    let Some(browser) = ready else { return Ok(()) };
    for script in scripts {
        summary.section(&title(&script), run(browser.script(&script), &script)).await;
    }
    Ok(())
}

/// Where the scripts are.
pub(crate) fn folder() -> PathBuf {
    workspace().join("services/goalstream/tests/browser")
}

/// What a script needs.
pub(crate) struct Browser {
    node: Program,
    chromium: PathBuf,
}

impl Browser {
    pub(crate) fn script(&self, script: &Path) -> Command {
        let mut command = page::with_node(&self.node, "node");
        command.arg(script).env(CHROMIUM_VARIABLE, &self.chromium);
        command
    }
}

/// Has a benchmark find what it needs to drive the page.
pub(crate) async fn equip(benchmark: &mut Command, progress: &Progress) -> anyhow::Result<()> {
    page::build(progress).await?;
    let Browser { node, chromium } = prepare(progress).await?;
    page::install_packages(
        &node,
        &workspace().join("services/goalstream/benches/page"),
        "npm ci (page benchmark)",
        progress,
    )
    .await?;
    page::find_node(benchmark, &node);
    benchmark.env(CHROMIUM_VARIABLE, chromium);
    Ok(())
}

pub(crate) async fn prepare(progress: &Progress) -> anyhow::Result<Browser> {
    let node = page::node(progress).await?;
    page::install_packages(&node, &folder(), "npm ci (browser tests)", progress).await?;
    Ok(Browser { node, chromium: chromium(progress).await? })
}

/// From the path or, where we may, from the system's packages.
async fn chromium(progress: &Progress) -> anyhow::Result<PathBuf> {
    if let Some(found) = find() {
        return Ok(found);
    }
    anyhow::ensure!(
        Uid::effective().is_root() && on_path("apt-get").is_some(),
        "no Chromium on PATH; install it first"
    );
    let apt = |arguments: &[&str]| {
        let mut command = program("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    quietly(apt(&["update"]), "apt-get update", progress).await?;
    let install = apt(&["install", "--yes", "--no-install-recommends", "chromium"]);
    quietly(install, "apt-get install chromium", progress).await?;
    find().ok_or_else(|| anyhow::anyhow!("apt-get installed no Chromium"))
}

fn find() -> Option<PathBuf> {
    CHROMIUM.iter().find_map(|name| on_path(name))
}

pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|candidate| candidate.is_file())
}
