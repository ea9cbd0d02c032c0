//! The kept corpus of each target, and so many changes of it: a short turn of what cargo-fuzz does for long, on any compiler.
//!
//! A failure prints the bytes and the seed; `SEED=...` repeats it. Add the bytes to the target's corpus, and mend it with a test of its own.

// `cfg(test)` tells the linter that helpers are test code too.
#[cfg(test)]
mod change;
#[cfg(test)]
mod corpus;

use std::panic::{AssertUnwindSafe, catch_unwind};

use change::Chance;
use fuzzing::{TARGETS, Target};

/// Changes of the corpus that are tried for each target, unless `CHANGES=...` says otherwise: seconds for all of them.
const CHANGES: u64 = 5_000;

/// What all chance follows from, unless `SEED=...` says otherwise.
const SEED: u64 = 2026;

#[test]
fn every_target_has_a_file_for_cargo_fuzz_and_a_corpus() {
    let listed: Vec<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(corpus::targets_of_cargo_fuzz(), listed);
    assert_eq!(corpus::folders(), listed);
}

#[test]
fn what_was_kept_and_changes_of_it_break_nothing() {
    let (seed, changes) = (number("SEED", SEED), number("CHANGES", CHANGES));
    for (name, target) in TARGETS {
        let kept = corpus::of(name);
        kept.iter().for_each(|input| assert_holds(name, target, input, seed));
        let mut chance = Chance::new(seed);
        for _ in 0..changes {
            assert_holds(name, target, &change::any(&kept, &mut chance), seed);
        }
    }
}

fn assert_holds(name: &str, target: Target, input: &[u8], seed: u64) {
    let outcome = catch_unwind(AssertUnwindSafe(|| target(input)));
    assert!(outcome.is_ok(), "{name} breaks with SEED={seed} on b\"{}\"", input.escape_ascii());
}

/// A number that whoever runs the test may choose.
fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|given| given.parse().ok()).unwrap_or(usual)
}
