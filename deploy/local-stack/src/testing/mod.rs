//! Servers for tests: one shared stack for most, and a stack of its own for a test that breaks things.
//!
//! The shared stack lies in the workspace's `target/test-stack`. `cargo xtask test` starts it, names it to the tests and stops
//! it at the end. A bare `cargo test` starts it on first use and leaves it running, so that the next run is quick;
//! `cargo xtask stack stop` ends it. Each test takes a [`TestDatabase`] of its own.

mod database;
mod own_stack;
mod small_disk;

use std::env;
use std::error::Error;
use std::path::Path;

use tokio::sync::OnceCell;

pub use database::TestDatabase;
pub use own_stack::OwnStack;
pub use small_disk::SmallDisk;

use crate::Endpoints;
use crate::shared::{self, STACK_FILE_VARIABLE};
use crate::tools::{Places, Tools};

/// What a test gets when its servers fail it.
pub type TestResult<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The shared stack, started when it does not run. Every process that tests uses the same one.
///
/// # Errors
/// It cannot be found, installed or started.
pub async fn stack() -> TestResult<&'static Endpoints> {
    static STACK: OnceCell<Endpoints> = OnceCell::const_new();
    STACK
        .get_or_try_init(|| async {
            match env::var_os(STACK_FILE_VARIABLE) {
                Some(file) => Ok(shared::read(Path::new(&file))?),
                None => Ok(shared::start(&|line| tracing::info!("{line}")).await?),
            }
        })
        .await
}

async fn find_tools() -> TestResult<Tools> {
    Ok(Tools::find_or_install(&Places::from_environment(), &|line| tracing::info!("{line}")).await?)
}
