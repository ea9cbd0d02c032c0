//! Whose servers the last instance of a data directory worked on, for a window that would start another one there: on private servers
//! it would find an empty log, and nobody would be told.

use std::{io::ErrorKind, path::Path};

use anyhow::Context;

/// There while they are somebody's own.
const NAME: &str = "servers-elsewhere";
const TEXT: &str = "The last instance here worked on a Postgres and a NATS of yours.\n";

/// Keeps it for the next one.
pub(crate) fn remember(data_dir: &Path, elsewhere: bool) -> anyhow::Result<()> {
    let path = data_dir.join(NAME);
    let done = match elsewhere {
        true => std::fs::write(&path, TEXT),
        false => match std::fs::remove_file(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed,
        },
    };
    done.with_context(|| format!("keep in {} whose servers are used", path.display()))
}

/// Whether they were not private ones.
pub(crate) fn are_elsewhere(data_dir: &Path) -> bool {
    data_dir.join(NAME).exists()
}
