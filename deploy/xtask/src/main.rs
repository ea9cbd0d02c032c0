//! `cargo xtask`: everything one does with this checkout, in one place. It finds or installs what it needs and says so.
//!
//! It stays small on purpose: a newcomer waits for its build before seeing anything. Where to look next: `up` for a first run,
//! `test` for what continuous integration runs.

mod up;

mod bench;
mod chaos;
mod check;
mod conformance;
mod dist;
mod fuzz;
mod overload;
mod stack;
mod test;

mod browser;
mod clients;
mod page;
mod pictures;

mod command;
mod prerequisites;
mod progress;
mod summary;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::progress::Progress;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, runs and tests Goalstream from this checkout")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Installs what is missing, builds everything and starts Goalstream; Ctrl-C stops it.
    Up {
        /// Fill the board with an example.
        #[arg(long)]
        demo: bool,
        /// More arguments for `goalstream up`.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Builds the page.
    Web,
    /// Formatting and lints, as continuous integration runs them.
    Check,
    /// Every test: ours, the page's, real clients and a real browser.
    Test,
    /// Runs benchmarks on private servers.
    Bench {
        /// One by its name; `help` lists them.
        #[arg(required_unless_present = "all")]
        name: Option<String>,
        /// All of them.
        #[arg(long, conflicts_with = "name")]
        all: bool,
        /// Arguments of the benchmark; `--help` tells them.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Breaks private servers under load, round after round, and proves after each that nothing was lost.
    Chaos(chaos::Chaos),
    /// Lets many more callers call than can be served, and proves that those who are let in are served well.
    Overload(overload::Overload),
    /// Feeds the doors and the log with anything at all, guided by what it reaches.
    Fuzz(fuzz::Fuzz),
    /// Tries the MCP door with the official conformance suite and with clients of others.
    Conformance(conformance::Conformance),
    /// What is published: a bundle for clients that install by a click, and its entry for the registry of servers.
    Dist(dist::Dist),
    /// Takes the pictures of the page in docs/ anew.
    Pictures {
        /// Only these views, by the names of their files.
        views: Vec<String>,
    },
    /// The servers that tests share.
    #[command(subcommand)]
    Stack(stack::Action),
}

#[tokio::main]
async fn main() -> ExitCode {
    let task = Arguments::parse().task;
    let progress = Progress::start();
    match run(task, &progress).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress.say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(task: Task, progress: &Progress) -> anyhow::Result<()> {
    match task {
        Task::Up { demo, arguments } => up::up(demo, &arguments, progress).await,
        Task::Web => page::build(progress).await.map(drop),
        Task::Check => check::check(progress).await,
        Task::Test => test::test(progress).await,
        Task::Bench { name, arguments, .. } => {
            bench::bench(name.as_deref().unwrap_or("all"), &arguments, progress).await
        }
        Task::Chaos(chaos) => chaos::run(chaos, progress).await,
        Task::Overload(overload) => overload::run(overload).await,
        Task::Fuzz(fuzz) => fuzz::run(fuzz, progress).await,
        Task::Conformance(conformance) => conformance::run(conformance, progress).await,
        Task::Dist(dist) => dist::run(dist, progress).await,
        Task::Pictures { views } => pictures::take(&views, progress).await,
        Task::Stack(action) => stack::run(action, progress).await,
    }
}

/// The checkout this was built from.
fn workspace() -> PathBuf {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_dir.ancestors().nth(2).unwrap_or(crate_dir).to_owned()
}
