//! What every request goes through.

use std::{sync::Arc, time::Duration};

use domain::{GoalId, TaskId, Workspace, goal::schedule::Sample};
use event_store::{GoalStore, Log};
use moka::{Entry, sync::Cache};
use read_models::Views;
use uuid::Uuid;

use crate::{
    admission::{Admission, CHOOSING_MAX, READS_MAX, WRITES_MAX},
    caller::Caller,
    lane::Lanes,
    order::{Done, Order},
    refusal::Refusal,
    reply::Stored,
};

/// Callers whose last write is remembered, and for how long: their reads wait for it.
const CALLERS_MAX: u64 = 10_000;
const CALLER_LIFETIME: Duration = Duration::from_secs(5 * 60);
/// Tasks whose goal is remembered. A task never leaves its goal, so there is nothing to invalidate.
const LOCATED_MAX: u64 = 200_000;
/// Workspaces of which it is remembered how long work took, and for how long: it takes a walk through the log to know.
const MEASURED_MAX: u64 = 100;
const MEASURED_LIFETIME: Duration = Duration::from_secs(60);

/// Executes commands and answers queries, so many at the same time; the rest is told BUSY. Cheap to clone.
#[derive(Clone)]
pub struct GoalAgent {
    pub(crate) log: Log,
    pub(crate) views: Views,
    pub(crate) lanes: Lanes,
    /// The position of each caller's last write.
    written: Cache<String, u64>,
    /// The goal of each task that was met.
    pub(crate) located: Cache<TaskId, GoalId>,
    /// How long work took lately in each workspace.
    pub(crate) measured: Cache<Workspace, Arc<[Sample]>>,
    /// What one claim by `match` tries in turn is shared by nobody else of this node.
    pub(crate) choosing: Arc<tokio::sync::Mutex<()>>,
    pub(crate) doors: Arc<Doors>,
}

/// Where requests are let in.
pub(crate) struct Doors {
    pub(crate) writes: Admission,
    pub(crate) choosing: Admission,
    pub(crate) reads: Admission,
}

impl GoalAgent {
    /// An agent for this log and these views of it.
    pub fn new(log: Log, views: Views) -> Self {
        Self {
            lanes: Lanes::new(GoalStore::new(log.clone())),
            log,
            views,
            written: Cache::builder().max_capacity(CALLERS_MAX).time_to_idle(CALLER_LIFETIME).build(),
            located: Cache::new(LOCATED_MAX),
            measured: Cache::builder().max_capacity(MEASURED_MAX).time_to_live(MEASURED_LIFETIME).build(),
            choosing: Arc::default(),
            doors: Arc::new(Doors {
                writes: Admission::new("write", WRITES_MAX),
                choosing: Admission::new("choose", CHOOSING_MAX),
                reads: Admission::new("read", READS_MAX),
            }),
        }
    }

    /// Which log this is; another epoch is another log.
    pub fn epoch(&self) -> Uuid {
        self.log.epoch()
    }

    /// How far the views are known to be.
    pub fn view_position(&self) -> u64 {
        self.views.reached()
    }

    /// How far the log is known to be.
    pub fn head(&self) -> u64 {
        *self.log.wakeups().borrow()
    }

    /// Has an order carried out, and remembers it as the caller's last write.
    pub(crate) async fn execute(&self, caller: &Caller, order: Order) -> Result<Done, Refusal> {
        let done = self.lanes.execute(order).await?;
        let goal = done.goal_id();
        for (task, _) in done.added() {
            self.located.insert(task, goal);
        }
        if let Some(receipt) = &done.receipt {
            self.remember(caller, receipt.last_position);
        }
        Ok(done)
    }

    /// The caller has written up to this position.
    pub(crate) fn remember(&self, caller: &Caller, position: u64) {
        // Calls of one session may be answered at the same time, and the later write by the earlier one.
        let later = |there: Option<Entry<_, u64>>| there.map_or(position, |there| there.into_value().max(position));
        self.written.entry(caller.reading_key()).and_upsert_with(later);
    }

    /// The position that a caller's read must not be older than.
    pub(crate) fn own_writes(&self, caller: &Caller) -> u64 {
        self.written.get(&caller.reading_key()).unwrap_or(0)
    }

    pub(crate) fn stored(&self, done: &Done) -> Stored {
        Stored::of(done, self.head())
    }
}
