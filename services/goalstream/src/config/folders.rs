//! Where other programs of the person who runs us keep what they are told.

use std::path::PathBuf;

use anyhow::Context;

use super::set;

/// The folders that other programs look into.
#[derive(Debug, Clone)]
pub(crate) struct Folders {
    /// `HOME`.
    pub(crate) home: PathBuf,
    /// What applications with windows keep their settings in: `XDG_CONFIG_HOME`, or what macOS says.
    pub(crate) applications: PathBuf,
    /// `CLAUDE_CONFIG_DIR`, which moves the file of Claude Code; the home when it is not set.
    pub(crate) claude_code: PathBuf,
    /// The folder we were started in: a project's, if it is one.
    pub(crate) here: PathBuf,
}

impl Folders {
    pub(crate) fn from_environment() -> anyhow::Result<Self> {
        let home = set("HOME").context("HOME is not set, so nobody's configuration can be found; set it")?;
        let applications = match cfg!(target_os = "macos") {
            true => home.join("Library/Application Support"),
            false => set("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config")),
        };
        let claude_code = set("CLAUDE_CONFIG_DIR").unwrap_or_else(|| home.clone());
        let here = std::env::current_dir().context("find the folder we are in")?;
        Ok(Self { home, applications, claude_code, here })
    }
}
