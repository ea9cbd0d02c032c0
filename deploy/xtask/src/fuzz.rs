//! The long run of the fuzz targets: by cargo-fuzz, which needs a nightly compiler. Nothing else does.

use std::fs;
use std::process::Stdio;

use anyhow::{Context, bail};
use clap::Args;
use tokio::process::Command;

use crate::command::{nightly_cargo, openly};
use crate::progress::Progress;
use crate::{page, workspace};

/// As in production, but for what watches it: no other code under `cfg(fuzzing)`.
const BUILD: [&str; 7] =
    ["--fuzz-dir", "deploy/fuzz", "--target-dir", "target/fuzz", "--codegen-units", "16", "--no-cfg-fuzzing"];

/// What an input may take: bytes it has, megabytes in all and at once, seconds. All are far beyond what any needs.
const BOUNDS: [&str; 4] = ["-max_len=8192", "-rss_limit_mb=1024", "-malloc_limit_mb=64", "-timeout=10"];

const TARGETS: &str = "deploy/fuzz/targets";

#[derive(Args)]
pub(crate) struct Fuzz {
    /// One target, by the name of its file in deploy/fuzz/targets; all of them, one after the other, when not given.
    target: Option<String>,
    /// Executions of each.
    #[arg(long, default_value_t = 1_000_000)]
    runs: u64,
}

pub(crate) async fn run(fuzz: Fuzz, progress: &Progress) -> anyhow::Result<()> {
    let targets = chosen(fuzz.target)?;
    check().await?;
    // The dashboard embeds the page, so it compiles only with one.
    page::build(progress).await?;
    copy_lock()?;
    for target in targets {
        progress.say(&format!("== {target}, {} executions", fuzz.runs));
        // What is found goes into the first folder; what is kept is in the second.
        let folders = [format!("target/fuzz/corpus/{target}"), format!("deploy/fuzzing/corpus/{target}")];
        fs::create_dir_all(workspace().join(&folders[0])).with_context(|| format!("make {}", folders[0]))?;
        let mut command = nightly_cargo(&["fuzz", "run"]);
        command.args(BUILD).arg(&target).args(&folders).arg("--").args(BOUNDS).arg(format!("-runs={}", fuzz.runs));
        openly(command, &format!("fuzzing {target}")).await?;
    }
    Ok(())
}

/// The one that is asked for, or all there are.
fn chosen(target: Option<String>) -> anyhow::Result<Vec<String>> {
    let mut known = Vec::new();
    for entry in fs::read_dir(workspace().join(TARGETS)).with_context(|| format!("list {TARGETS}"))? {
        known.extend(entry?.path().file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    known.sort();
    match target {
        Some(target) if !known.contains(&target) => {
            bail!("there is no target {target}; there are {}", known.join(", "))
        }
        Some(target) => Ok(vec![target]),
        None => Ok(known),
    }
}

async fn check() -> anyhow::Result<()> {
    if !works(nightly_cargo(&["--version"])).await {
        bail!("please install a nightly compiler first: `rustup toolchain install nightly --profile minimal`");
    }
    if !works(nightly_cargo(&["fuzz", "--version"])).await {
        bail!("please install cargo-fuzz first: `cargo install --locked cargo-fuzz`");
    }
    Ok(())
}

async fn works(mut command: Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().await.is_ok_and(|status| status.success())
}

/// What is fuzzed is what is shipped: the same versions of everything. So this workspace's lock is a copy of ours, to which cargo adds
/// the fuzzer, and is not kept.
fn copy_lock() -> anyhow::Result<()> {
    let lock = workspace().join("deploy/fuzz/Cargo.lock");
    fs::copy(workspace().join("Cargo.lock"), &lock).with_context(|| format!("write {}", lock.display()))?;
    Ok(())
}
