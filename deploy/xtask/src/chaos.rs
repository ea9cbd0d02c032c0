//! The long run of the chaos suite: round after round of faults on private servers, with a ledger of all rounds.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use clap::Args;

use crate::command::{cargo, openly};
use crate::progress::Progress;
use crate::workspace;

/// The test that runs it.
const TEST: [&str; 9] = ["test", "--release", "-p", "goalstream", "--test", "instance", "--", "--ignored", "--exact"];
const NAME: [&str; 2] = ["chaos::long_run", "--nocapture"];

#[derive(Args)]
pub(crate) struct Chaos {
    /// How many rounds.
    #[arg(long, default_value_t = 1_000)]
    rounds: u64,
    /// What all chance follows from; a new one when not given.
    #[arg(long)]
    seed: Option<u64>,
    /// Has these rounds again, beginning with this one, and keeps no ledger.
    #[arg(long, requires = "seed", conflicts_with = "resume")]
    from: Option<u64>,
    /// Goes on behind the last round of the seed's ledger, or of the newest one, until there are as many rounds as asked for.
    #[arg(long)]
    resume: bool,
}

pub(crate) async fn run(chaos: Chaos, progress: &Progress) -> anyhow::Result<()> {
    let folder = workspace().join("target/chaos");
    let seed = match chaos.seed {
        Some(seed) => seed,
        None if chaos.resume => newest(&folder)?,
        None => new_seed()?,
    };
    let ledger = folder.join(format!("{seed}.jsonl"));
    let mut command = cargo(&TEST);
    command.args(NAME).env("CHAOS_SEED", seed.to_string()).env("CHAOS_ROUNDS", chaos.rounds.to_string());
    match chaos.from {
        Some(from) => {
            command.env("CHAOS_FROM", from.to_string());
        }
        None => {
            if !chaos.resume && ledger.exists() {
                fs::remove_file(&ledger).with_context(|| format!("begin {} anew", ledger.display()))?;
            }
            progress.say(&format!("seed {seed}; every round is written to {}", ledger.display()));
            command.env("CHAOS_LEDGER", &ledger);
        }
    }
    openly(command, "the chaos suite").await
}

/// The seed of the ledger that was written to last.
fn newest(folder: &Path) -> anyhow::Result<u64> {
    let ledgers = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let seed_of = |path: PathBuf| {
        let seed: u64 = path.file_stem()?.to_str()?.parse().ok()?;
        Some((fs::metadata(&path).ok()?.modified().ok()?, seed))
    };
    let newest = ledgers.filter_map(seed_of).max();
    Ok(newest.with_context(|| format!("there is no ledger in {} to go on with", folder.display()))?.1)
}

/// The time will do: it only has to differ from run to run.
fn new_seed() -> anyhow::Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH).context("read the clock")?.as_secs())
}
