//! Two nodes under load while everything below them breaks, round after round, and the proof after each round that nothing was lost,
//! doubled, reordered or skipped, and that one order explains whatever the workers were told about a task.
//!
//! A run has a seed, from which the plan of each round follows, though not what exactly the fault meets. Read on with [`run`] (a round),
//! `plan` (what goes wrong), `load` (who works meanwhile), `readers` (who watches), `check` (what must hold).
//!
//! A disk is filled only where a small one can be mounted, and a clock stepped only where libfaketime is installed; a run says which of
//! them it leaves out.

mod run;

mod chance;
mod plan;

mod faults;
mod full;
mod older;

mod load;
mod readers;

mod check;
mod violation;

mod ledger;
mod patience;

mod clock;
mod node;
mod proxy;
mod world;

use std::{env, path::PathBuf, time::Duration};

use uuid::Uuid;

use ledger::Ledger;
use run::Run;

/// Rounds that every test run has time for.
const SHORT_ROUNDS: u64 = 10;
const SHORT_HOLD_MAX: Duration = Duration::from_millis(1_000);
const LONG_HOLD_MAX: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_all_kinds_lose_nothing_and_double_nothing() {
    let seed = number("SEED").unwrap_or_else(any_seed);
    let run = Run { seed, rounds: 1..=SHORT_ROUNDS, hold_max: SHORT_HOLD_MAX };
    run.complete(Ledger::in_memory()).await;
}

/// Started by `cargo xtask chaos`, which sets what is read here.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes as long as it is told to; `cargo xtask chaos` runs it"]
async fn long_run() {
    let seed = number("CHAOS_SEED").unwrap_or_else(any_seed);
    let ledger = env::var_os("CHAOS_LEDGER").map_or_else(Ledger::in_memory, |path| Ledger::open(&PathBuf::from(path)));
    // Without a round to begin with it goes on where the ledger ends.
    let (from, rounds) = (number("CHAOS_FROM"), number("CHAOS_ROUNDS").unwrap_or(SHORT_ROUNDS));
    let rounds = match from {
        Some(from) => from..=from + rounds - 1,
        None => ledger.last_round() + 1..=rounds,
    };
    Run { seed, rounds, hold_max: LONG_HOLD_MAX }.complete(ledger).await;
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap())
}

fn any_seed() -> u64 {
    Uuid::new_v4().as_u64_pair().0
}
