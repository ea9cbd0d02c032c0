//! Answers that were given, remembered for at most five minutes, and within a bound of memory.
//!
//! Each carries the generation and position it was made at, and the time by which it was judged. It is used only while nothing it speaks of
//! has changed since (`Reached` knows), no lease that matters to it has ended, and it is not older than what was asked for.

use std::{hash::Hash, sync::Arc};

use domain::{GoalId, TaskId, Timestamp};
use moka::sync::Cache;

use crate::{
    limits,
    read::{FindPage, GoalTree, GoalsPage, TaskStanding},
    rows::GoalRow,
    weight::Weight,
};

/// One answer.
pub(crate) struct Remembered<V> {
    pub(crate) generation: i32,
    pub(crate) position: u64,
    /// The time by which leases were judged.
    pub(crate) at: Timestamp,
    /// When the first lease that it depends on ends.
    pub(crate) lease_ends: Option<Timestamp>,
    pub(crate) value: V,
}

/// One kind of answers.
pub(crate) struct Answers<K, V> {
    cache: Cache<K, Arc<Remembered<V>>>,
    /// What its keys look like, for the metrics.
    key_pattern: &'static str,
}

/// All kinds.
pub(crate) struct Caches {
    pub(crate) found: Answers<String, FindPage>,
    pub(crate) goals: Answers<String, GoalsPage>,
    pub(crate) trees: Answers<GoalId, GoalTree>,
    pub(crate) goal: Answers<GoalId, GoalRow>,
    pub(crate) task: Answers<TaskId, TaskStanding>,
}

impl Caches {
    pub(crate) fn new() -> Self {
        Self {
            found: Answers::new("find:{filter}"),
            goals: Answers::new("goals:{filter}"),
            trees: Answers::new("tree:{goal}"),
            goal: Answers::new("goal:{goal}"),
            task: Answers::new("task:{task}"),
        }
    }
}

impl<K: Hash + Eq + Send + Sync + 'static, V: Weight + Send + Sync + 'static> Answers<K, V> {
    fn new(key_pattern: &'static str) -> Self {
        let weigh = |_: &K, answer: &Arc<Remembered<V>>| u32::try_from(answer.value.weight()).unwrap_or(u32::MAX);
        let cache = Cache::builder().max_capacity(limits::CACHE_BYTES_MAX).weigher(weigh);
        Self { cache: cache.time_to_live(limits::CACHE_LIFETIME).build(), key_pattern }
    }

    /// The answer, if it is there, and by `now` no lease has ended since it was judged.
    pub(crate) fn get(&self, key: &K, now: Timestamp) -> Option<Arc<Remembered<V>>> {
        self.cache.get(key).filter(|answer| answer.at <= now && answer.lease_ends.is_none_or(|ends| now < ends))
    }

    /// Keeps an answer, unless a newer one is there.
    pub(crate) fn keep(&self, key: K, answer: Remembered<V>) {
        let stamp = |answer: &Remembered<V>| (answer.generation, answer.position);
        self.cache.entry(key).and_upsert_with(|there| match there {
            Some(there) if stamp(there.value()) > stamp(&answer) => there.into_value(),
            _ => Arc::new(answer),
        });
    }

    pub(crate) fn count(&self, hit: bool) {
        let name = if hit { "cache_hits_total" } else { "cache_misses_total" };
        metrics::counter!(name, "cache" => "read_models", "key_pattern" => self.key_pattern).increment(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Heavy;

    impl Weight for Heavy {
        fn weight(&self) -> usize {
            1024 * 1024
        }
    }

    #[test]
    fn what_is_remembered_has_a_bound_of_memory() {
        let answers: Answers<u64, Heavy> = Answers::new("heavy:{number}");
        for number in 0..100 {
            answers.keep(
                number,
                Remembered {
                    generation: 1,
                    position: number,
                    at: Timestamp::UNIX_EPOCH,
                    lease_ends: None,
                    value: Heavy,
                },
            );
        }
        answers.cache.run_pending_tasks();
        let weighed = answers.cache.weighted_size();
        assert!(weighed > 0 && weighed <= limits::CACHE_BYTES_MAX, "{weighed}");
    }
}
