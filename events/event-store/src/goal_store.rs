//! Goals on top of the log: what cqrs-es calls an event store.
//!
//! Aggregates are cached. A decision works on a clone, and only a committed state comes back into the cache; a stale one costs a
//! conflict and one read of the newer events, never a wrong append, because the log checks. Cold loads go through
//! postgres-es's plain event store; its snapshots and those of cqrs-es 0.5 apply events twice and are not used.

mod cold;
mod framework;

use std::{sync::Arc, time::Duration};

use cqrs_es::persist::PersistedEventStore;
use domain::{Goal, GoalId, Recorded, StreamId};
use moka::{policy::EvictionPolicy, sync::Cache};
use postgres_es::PostgresEventRepository;
use uuid::Uuid;

pub use self::framework::GoalContext;
use crate::{AppendError, Log, NewCommand, Outcome, Stack, StoreError};

/// Memory of all cached aggregates together, in bytes as [`LoadedGoal::weight`] guesses them.
const CACHED_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// What is guessed for each goal and for each of its events, beside what was written in them.
const GOAL_BYTES: u64 = 1_536;
const EVENT_BYTES: u64 = 512;
/// A goal that nobody asked for in this time is loaded anew.
const CACHED_IDLE_MAX: Duration = Duration::from_secs(60 * 60);

/// A goal as of its last known event. Clones are cheap.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedGoal {
    /// Its id, also while it does not exist yet.
    pub id: GoalId,
    /// Its state; [`Goal::sequence`] is what an append expects. Sequence 0: it does not exist.
    pub goal: Goal,
    /// What was written in its events, in bytes, or what is left of it.
    written: u64,
    /// The log it was read from.
    epoch: Uuid,
}

impl LoadedGoal {
    /// Its stream.
    pub fn stream(&self) -> StreamId {
        self.id.into()
    }

    /// Newer events are asked for from the last known one on, which proves that the stream still holds it.
    fn anchor(&self) -> u64 {
        self.goal.sequence.saturating_sub(1)
    }

    /// About what it takes in memory, and rather more than less: what an event overwrote is counted until the goal is loaded anew.
    /// Counting events alone would let a few long texts take any amount.
    fn weight(&self) -> u32 {
        let bytes = GOAL_BYTES + EVENT_BYTES * self.goal.sequence + self.written;
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }

    fn fold(&mut self, newer: &[Recorded]) -> Result<(), StoreError> {
        for event in newer {
            let expected = self.goal.sequence + 1;
            if event.sequence != expected {
                let reason = format!("sequence {expected} is missing, {} is there", event.sequence);
                return Err(StoreError::Load { stream: self.stream(), reason });
            }
            let position = event.position;
            let unreadable = |source| StoreError::Unreadable { position, source: Box::new(source) };
            self.goal.evolve(&event.goal_event().map_err(unreadable)?);
            self.written += event.payload.len() as u64;
        }
        Ok(())
    }
}

/// Loads and commits goals. Cheap to clone; clones share the cache.
#[derive(Clone)]
pub struct GoalStore {
    log: Log,
    cache: Cache<GoalId, LoadedGoal>,
    cold: Arc<PersistedEventStore<PostgresEventRepository, Goal>>,
}

impl GoalStore {
    /// Goals of this log.
    pub fn new(log: Log) -> Self {
        let repository = PostgresEventRepository::new(log.pool().clone());
        let cold = PersistedEventStore::new_event_store(repository).with_upcasters(domain::upcast::upcasters());
        let cache = Cache::builder()
            .max_capacity(CACHED_BYTES_MAX)
            .weigher(|_, cached: &LoadedGoal| cached.weight())
            // What was just written is decided on next. By how often it was asked for, a full cache would take no new goal.
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(CACHED_IDLE_MAX)
            .build();
        Self { log, cache, cold: Arc::new(cold) }
    }

    /// The log below.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The goal as this node knows it, or from the log when it does not. Others may have written since; an append finds out.
    ///
    /// # Errors
    /// When Postgres cannot be reached or a stored event cannot be read.
    pub async fn load(&self, id: GoalId) -> Result<LoadedGoal, StoreError> {
        let epoch = self.log.epoch();
        if let Some(cached) = self.cache.get(&id) {
            if cached.epoch == epoch {
                metrics::counter!("cache_hits_total", "cache" => "aggregate", "key_pattern" => "goal").increment(1);
                return Ok(cached);
            }
            self.cache.invalidate(&id);
        }
        metrics::counter!("cache_misses_total", "cache" => "aggregate", "key_pattern" => "goal").increment(1);
        let goal = self.load_cold(id).await?;
        let written = serde_json::to_string(&goal).map_or(0, |text| text.len() as u64);
        let loaded = LoadedGoal { id, goal, written, epoch };
        self.keep(&loaded);
        Ok(loaded)
    }

    /// The goal with everything that was committed since: reads only the newer events. For after a conflict.
    ///
    /// # Errors
    /// When Postgres cannot be reached or a stored event cannot be read.
    pub async fn catch_up(&self, known: &LoadedGoal) -> Result<LoadedGoal, StoreError> {
        let events = self.log.newer(&known.stream(), known.anchor()).await?;
        self.with_newer(known, &events).await
    }

    /// Has this command been stored, and what has happened to the goal since? One round trip. Asked before anything but a
    /// success is answered.
    ///
    /// # Errors
    /// When Postgres cannot be reached or a stored event cannot be read.
    pub async fn look_up(
        &self,
        command_id: Uuid,
        known: &LoadedGoal,
    ) -> Result<(Option<Vec<Recorded>>, LoadedGoal), StoreError> {
        let found = self.log.look_up(command_id, &known.stream(), known.anchor()).await?;
        Ok((found.command, self.with_newer(known, &found.newer).await?))
    }

    /// Folds in what came after the anchor. When the anchor is not there, the stream is shorter than we knew it: an older
    /// database was restored, and what we know has never happened.
    async fn with_newer(&self, known: &LoadedGoal, events: &[Recorded]) -> Result<LoadedGoal, StoreError> {
        let newer = match events.split_first() {
            _ if known.goal.sequence == 0 => events,
            Some((anchor, newer)) if anchor.sequence == known.goal.sequence => newer,
            _ => {
                self.cache.invalidate(&known.id);
                return self.load(known.id).await;
            }
        };
        let mut goal = known.clone();
        goal.fold(newer)?;
        self.keep(&goal);
        Ok(goal)
    }

    /// Commits commands that were decided on top of `decided_on`, one after the other, and led to `after`. One outcome a command;
    /// when all are appended, `after` is what [`GoalStore::load`] gives from now on. After a conflict the cached state stays, to be
    /// brought up to date with [`GoalStore::catch_up`].
    ///
    /// # Errors
    /// As [`Log::append`].
    pub async fn append(
        &self,
        decided_on: &LoadedGoal,
        after: Goal,
        commands: Vec<NewCommand>,
    ) -> Result<Vec<Outcome>, AppendError> {
        let events: usize = commands.iter().map(|command| command.events.len()).sum();
        if after.sequence != decided_on.goal.sequence + events as u64 {
            let reason = format!("{events} events do not lead to sequence {}", after.sequence);
            return Err(AppendError::Invalid { reason });
        }
        let (id, epoch, expected_sequence) = (decided_on.id, decided_on.epoch, decided_on.goal.sequence);
        let new = commands.iter().flat_map(|command| &command.events).map(|event| event.payload.len() as u64);
        let written = decided_on.written + new.sum::<u64>();
        let outcomes = self.log.append(Stack { stream: decided_on.stream(), expected_sequence, commands }).await?;
        if outcomes.iter().all(|outcome| matches!(outcome, Outcome::Appended(_))) {
            self.keep(&LoadedGoal { id, goal: after, written, epoch });
        }
        Ok(outcomes)
    }

    /// Keeps the newer of two states, since answers may overtake each other. What does not exist is not kept.
    fn keep(&self, goal: &LoadedGoal) {
        let known = self.cache.get(&goal.id);
        let newer = known.is_none_or(|known| known.epoch != goal.epoch || known.goal.sequence < goal.goal.sequence);
        if newer && goal.goal.sequence > 0 {
            self.cache.insert(goal.id, goal.clone());
        }
    }
}
