//! The one stack that all test processes of a checkout share, in its target folder. It belongs to none of them: whoever needs
//! it first starts it, and it runs until somebody calls [`stop`].

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::endpoints::NATS_STORE;
use crate::lock::FileLock;
use crate::process::ServerProcess;
use crate::secrets::write_private;
use crate::tools::{Places, Tools};
use crate::{Config, Endpoints, Progress, Stack, StackError};

/// Names the file with the shared stack's [`Endpoints`] as JSON to the tests.
pub const STACK_FILE_VARIABLE: &str = "GOALSTREAM_TEST_STACK";

/// Many test processes with a pool each share one server.
const CONNECTIONS_MAX: u32 = 400;

/// Where NATS keeps them in its own folder.
const STREAMS: &str = "jetstream";

/// How long another process may take to install and start the stack.
const START_BOUND: Duration = Duration::from_secs(20 * 60);

/// The file that holds the [`Endpoints`] while the shared stack runs.
#[must_use]
pub fn stack_file() -> PathBuf {
    target_dir().join("test-stack.json")
}

/// Starts the shared stack unless it runs, installing what is missing.
///
/// # Errors
/// It cannot be found, installed or started.
pub async fn start(progress: Progress<'_>) -> Result<Endpoints, StackError> {
    let _lock = lock().await?;
    if let Some(endpoints) = running() {
        return Ok(endpoints);
    }
    remove_streams()?;
    let tools = Tools::find_or_install(&Places::from_environment(), progress).await?;
    let endpoints = Stack::start(&config(), &tools, progress).await?.detach();
    write_private(&stack_file(), &serde_json::json!(endpoints).to_string())?;
    Ok(endpoints)
}

/// Tests leave their streams behind, and NATS sets aside for each of them what it may take: after a few runs there was no room for another.
fn remove_streams() -> Result<(), StackError> {
    let nats_lives = read(&stack_file()).is_ok_and(|endpoints| nats(&endpoints).is_some());
    let path = config().data_dir.join(NATS_STORE).join(STREAMS);
    if nats_lives || !path.exists() {
        return Ok(());
    }
    fs::remove_dir_all(&path).map_err(|source| StackError::DataDir { path, source })
}

/// The shared stack, if both its servers live.
#[must_use]
pub fn running() -> Option<Endpoints> {
    let endpoints = read(&stack_file()).ok()?;
    ServerProcess::adopt(endpoints.postgres_pid, &endpoints.postgres_cluster())?;
    nats(&endpoints)?;
    Some(endpoints)
}

fn nats(endpoints: &Endpoints) -> Option<ServerProcess> {
    ServerProcess::adopt(endpoints.nats_pid, &endpoints.nats_configuration())
}

/// Stops the shared stack; false when it did not run.
///
/// # Errors
/// A server does not stop.
pub async fn stop(progress: Progress<'_>) -> Result<bool, StackError> {
    let _lock = lock().await?;
    if running().is_none() {
        return Ok(false);
    }
    let tools = Tools::find(&Places::from_environment()).await?;
    // Starting adopts, and what is adopted can be stopped.
    Stack::start(&config(), &tools, progress).await?.stop().await?;
    Ok(true)
}

/// Reads a file written by [`start`].
pub(crate) fn read(file: &Path) -> Result<Endpoints, StackError> {
    let failed = |detail| StackError::Failed { doing: format!("read {}", file.display()), detail };
    let text = fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| failed(error.to_string()))
}

fn config() -> Config {
    Config { connections_max: CONNECTIONS_MAX, ..Config::new(target_dir().join("test-stack")) }
}

async fn lock() -> Result<FileLock, StackError> {
    let folder = target_dir();
    fs::create_dir_all(&folder).map_err(|source| StackError::DataDir { path: folder.clone(), source })?;
    FileLock::acquire(&folder.join("test-stack.lock"), START_BOUND).await
}

/// Cargo's target folder: the one it was told, else the workspace's.
#[must_use]
pub fn target_dir() -> PathBuf {
    // Two folders up from this crate.
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = crate_dir.ancestors().nth(2).unwrap_or(crate_dir);
    workspace.join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}
