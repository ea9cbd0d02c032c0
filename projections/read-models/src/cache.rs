//! Answers that were given, remembered for at most five minutes.
//!
//! Each carries the generation and position it was made at, and is used only while nothing it speaks of has changed since
//! (`Reached` knows), no lease in it has ended, and it is not older than what was asked for.

use std::{hash::Hash, sync::Arc};

use domain::{GoalId, TaskId, Timestamp};
use moka::sync::Cache;

use crate::{
    limits,
    read::{GoalTree, GoalsPage, TaskStanding},
    rows::GoalRow,
};

/// One answer.
pub(crate) struct Remembered<V> {
    pub(crate) generation: i32,
    pub(crate) position: u64,
    /// When the first lease in it ends.
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
    pub(crate) goals: Answers<String, GoalsPage>,
    pub(crate) trees: Answers<GoalId, GoalTree>,
    pub(crate) goal: Answers<GoalId, GoalRow>,
    pub(crate) task: Answers<TaskId, TaskStanding>,
}

impl Caches {
    pub(crate) fn new() -> Self {
        Self {
            goals: Answers::new("goals:{filter}"),
            trees: Answers::new("tree:{goal}"),
            goal: Answers::new("goal:{goal}"),
            task: Answers::new("task:{task}"),
        }
    }
}

impl<K: Hash + Eq + Send + Sync + 'static, V: Send + Sync + 'static> Answers<K, V> {
    fn new(key_pattern: &'static str) -> Self {
        let cache =
            Cache::builder().max_capacity(limits::CACHE_ANSWERS_MAX).time_to_live(limits::CACHE_LIFETIME).build();
        Self { cache, key_pattern }
    }

    /// The answer, if it is there and no lease in it has ended by `now`.
    pub(crate) fn get(&self, key: &K, now: Timestamp) -> Option<Arc<Remembered<V>>> {
        self.cache.get(key).filter(|answer| answer.lease_ends.is_none_or(|ends| now < ends))
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
