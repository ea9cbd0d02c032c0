//! Another task server: installed once into a cache folder, then run on an empty store.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, ensure};
use serde::Deserialize;
use serde_json::Value;
use tokio::{process::Command, time::timeout};

/// How long installing may take: some are compiled.
const INSTALL_BOUND: Duration = Duration::from_secs(15 * 60);
/// How long preparing a store may take.
const PREPARE_BOUND: Duration = Duration::from_secs(60);

/// How one is used, as `peers.toml` has it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Peer {
    pub(crate) name: String,
    pub(crate) version: String,
    install: Vec<String>,
    #[serde(default)]
    prepare: Vec<String>,
    serve: Vec<String>,
    create: Call,
    pub(crate) stored: Stored,
}

/// A tool and its arguments.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    pub(crate) tool: String,
    pub(crate) arguments: Value,
}

/// Where its titles can be read again.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Stored {
    /// In the text that a tool answers.
    Asked(Call),
    /// In lines of files that begin like this.
    Files { files: PathBuf, line: String },
}

impl Peer {
    /// All that are known.
    pub(crate) fn all() -> anyhow::Result<Vec<Self>> {
        #[derive(Deserialize)]
        struct Peers {
            peer: Vec<Peer>,
        }
        Ok(toml::from_str::<Peers>(include_str!("peers.toml")).context("understand peers.toml")?.peer)
    }

    /// Installs it, unless it is there.
    pub(crate) async fn install(&self) -> anyhow::Result<()> {
        let (folder, done) = (self.folder(), self.folder().join("installed"));
        if done.exists() {
            return Ok(());
        }
        std::fs::create_dir_all(&folder)?;
        let run = self.command(&self.install, &folder)?.kill_on_drop(true).output();
        let output = timeout(INSTALL_BOUND, run).await.context("install it in time")??;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
        // Written last, so that half an installation is not taken for one.
        Ok(std::fs::write(done, &self.version)?)
    }

    /// Makes an empty folder into a store.
    pub(crate) async fn prepare(&self, store: &Path) -> anyhow::Result<()> {
        if self.prepare.is_empty() {
            return Ok(());
        }
        let run = self.command(&self.prepare, store)?.kill_on_drop(true).output();
        let output = timeout(PREPARE_BOUND, run).await.context("prepare a store in time")??;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
        Ok(())
    }

    /// What serves one client over standard input and output.
    pub(crate) fn serve(&self, store: &Path) -> anyhow::Result<Command> {
        self.command(&self.serve, store)
    }

    /// The call that creates a task.
    pub(crate) fn create(&self, title: &str) -> Call {
        let mut call = self.create.clone();
        for argument in call.arguments.as_object_mut().into_iter().flat_map(|arguments| arguments.values_mut()) {
            if argument == "{title}" {
                *argument = Value::from(title);
            }
        }
        call
    }

    fn command(&self, words: &[String], current_dir: &Path) -> anyhow::Result<Command> {
        let folder = self.folder();
        let folder = folder.to_str().context("the folder's name is text")?;
        let filled = |word: &String| word.replace("{folder}", folder).replace("{version}", &self.version);
        let mut words = words.iter().map(filled);
        let mut command = Command::new(words.next().context("a command has a first word")?);
        command.args(words).current_dir(current_dir).stdin(Stdio::null()).stderr(Stdio::piped());
        Ok(command)
    }

    /// Beside what cargo builds, so that cleaning up removes it too.
    fn folder(&self) -> PathBuf {
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peers");
        target.join(format!("{}-{}", self.name.to_lowercase(), self.version))
    }
}
