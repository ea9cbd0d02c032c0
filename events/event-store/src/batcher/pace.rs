//! What the last batches tell about the next one.

use std::time::{Duration, Instant};

/// Conflicts among the last 32 fast batches from which on the checked function is used at once: each conflict otherwise costs a
/// call for nothing and leaves dead rows behind.
const CONFLICTS_MANY: u32 = 2;
/// For how many batches.
const CHECKED_BATCHES: u32 = 32;
/// From this many commands in the last batch on, the next one waits a moment for its callers to come back.
const GATHER_FROM_COMMANDS: usize = 8;
/// That moment.
const GATHER_MAX: Duration = Duration::from_micros(150);

#[derive(Default)]
pub(super) struct Pace {
    /// One bit a fast batch, the last one lowest: whether it met a conflict.
    conflicts: u32,
    checked_left: u32,
    last_commands: usize,
}

impl Pace {
    /// Whether the next batch goes to the checked function at once.
    pub(super) fn checked(&self) -> bool {
        self.checked_left > 0
    }

    pub(super) fn sent(&mut self, commands: usize) {
        self.last_commands = commands;
        self.checked_left = self.checked_left.saturating_sub(1);
    }

    /// What the fast function met, if it was asked.
    pub(super) fn returned(&mut self, fast_conflicted: Option<bool>) {
        let Some(conflicted) = fast_conflicted else { return };
        self.conflicts = (self.conflicts << 1) | u32::from(conflicted);
        if self.conflicts.count_ones() >= CONFLICTS_MANY {
            self.conflicts = 0;
            self.checked_left = CHECKED_BATCHES;
        }
    }

    /// Writers that were answered together come back together, but the first of them would leave alone: batches of 1, 63, 1,
    /// 63. Under load only, and it yields rather than sleeps, since the callers need this very thread to come back. Some have left
    /// for good, so nobody waits for the last tenth.
    pub(super) async fn gather(&self, waiting: impl Fn() -> usize) {
        if self.last_commands < GATHER_FROM_COMMANDS {
            return;
        }
        let start = Instant::now();
        while waiting() < self.last_commands * 9 / 10 && start.elapsed() < GATHER_MAX {
            tokio::task::yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_conflicts_mean_checking_at_once_for_a_while() {
        let mut pace = Pace::default();
        pace.returned(Some(true));
        assert!(!pace.checked(), "one is an accident");
        pace.returned(Some(false));
        pace.returned(Some(true));
        for _ in 0..CHECKED_BATCHES {
            assert!(pace.checked());
            pace.sent(1);
            pace.returned(None);
        }
        assert!(!pace.checked(), "then the fast function gets another chance");
    }

    #[test]
    fn rare_conflicts_do_not() {
        let mut pace = Pace::default();
        for _ in 0..10 {
            pace.returned(Some(true));
            (0..32).for_each(|_| pace.returned(Some(false)));
            assert!(!pace.checked());
        }
    }
}
