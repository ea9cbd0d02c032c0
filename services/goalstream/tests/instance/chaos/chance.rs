//! Chance that can be had again: everything random about a round follows from the seed and the round's number alone.

use std::{ops::Range, time::Duration};

/// Splitmix: small, and the same everywhere.
pub(crate) struct Chance(u64);

impl Chance {
    /// The chance of one purpose in one round, so that a round can be had again without those before it.
    pub(crate) fn of(seed: u64, round: u64, purpose: u64) -> Self {
        let mut chance = Self(seed);
        for part in [round, purpose] {
            chance.0 = chance.next() ^ part;
        }
        chance
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Whether something happens that happens so many times of a hundred.
    pub(crate) fn happens(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn between(&mut self, range: Range<Duration>) -> Duration {
        let spread = u64::try_from((range.end - range.start).as_millis()).unwrap();
        range.start + Duration::from_millis(self.below(spread))
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[test]
fn a_round_has_the_same_chance_every_time_and_no_other_round_has_it() {
    let draw = |seed, round, purpose| Chance::of(seed, round, purpose).below(u64::MAX);
    assert_eq!(draw(7, 3, 1), draw(7, 3, 1));
    assert_ne!(draw(7, 3, 1), draw(7, 4, 1));
    assert_ne!(draw(7, 3, 1), draw(7, 3, 2));
    assert_ne!(draw(7, 3, 1), draw(8, 3, 1));
}
