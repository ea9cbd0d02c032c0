//! Looks for programs where they usually are.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::{NATS_LEAST, NODE_LEAST, POSTGRES_LEAST, Places, Program, Version, install};
use crate::process::output;

/// How long a program may take to say its version.
const VERSION_BOUND: Duration = Duration::from_secs(20);

/// Where Debian, Red Hat, Homebrew and Postgres.app keep one folder a major version, and how its name begins.
const POSTGRES_FAMILIES: [(&str, &str); 5] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql"),
    ("/usr/local/opt", "postgresql"),
    ("/Applications/Postgres.app/Contents/Versions", ""),
];

pub(super) async fn postgres(places: &Places) -> Vec<Program> {
    let mut folders = places.search_path.clone();
    for (family, beginning) in POSTGRES_FAMILIES {
        let Ok(entries) = Path::new(family).read_dir() else { continue };
        let members = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(beginning));
        folders.extend(members.map(|entry| entry.path().join("bin")));
    }
    folders.push(install::POSTGRES.programs_folder(places));
    programs(&folders, &["postgres", "initdb"], POSTGRES_LEAST).await
}

pub(super) async fn nats(places: &Places) -> Vec<Program> {
    let mut folders = places.search_path.clone();
    folders.push(install::NATS.programs_folder(places));
    programs(&folders, &["nats-server"], NATS_LEAST).await
}

pub(super) async fn node(places: &Places) -> Vec<Program> {
    let mut folders = places.search_path.clone();
    folders.push(install::NODE.programs_folder(places));
    programs(&folders, &["node", "npm"], NODE_LEAST).await
}

/// Those folders that hold all the executables, the first of them new enough; newest first, then in the order given.
async fn programs(folders: &[PathBuf], executables: &[&str], least: Version) -> Vec<Program> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for folder in folders {
        let Ok(first) = folder.join(executables[0]).canonicalize() else { continue };
        if !seen.insert(first.clone()) || !executables.iter().all(|name| folder.join(name).exists()) {
            continue;
        }
        if let Some(version) = version_of(&first).await.filter(|version| *version >= least) {
            found.push(Program { folder: folder.clone(), version });
        }
    }
    found.sort_by_key(|program| Reverse(program.version));
    found
}

/// A program that cannot even say its version is as good as absent.
async fn version_of(program: &Path) -> Option<Version> {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null());
    let text = output(command, "ask for a version", VERSION_BOUND).await.ok()?;
    Version::parse(&text)
}
