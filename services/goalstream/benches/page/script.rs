//! The scripts, run by Node.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context, ensure};
use serde::de::DeserializeOwned;
use tokio::{process::Command, time::timeout};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/page");
/// How long one may take.
const BOUND: Duration = Duration::from_secs(15 * 60);

/// Runs one and reads what it prints; what it complains about and how far it is, it says by itself.
pub(super) async fn run<T: DeserializeOwned>(name: &str, arguments: &[&str]) -> anyhow::Result<T> {
    let mut node = Command::new("node");
    node.arg(Path::new(FOLDER).join(format!("{name}.mjs"))).args(arguments);
    node.stdin(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true);
    let ended = timeout(BOUND, node.output()).await.with_context(|| format!("{name}.mjs took too long"))?;
    let ended = ended.context("run node; `cargo xtask bench page` finds or installs it")?;
    ensure!(ended.status.success(), "{name}.mjs ended with {}", ended.status);
    serde_json::from_slice(&ended.stdout).with_context(|| format!("understand what {name}.mjs found"))
}
