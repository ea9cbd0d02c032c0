//! Numbers for goals and tasks, taken from Postgres' sequences in blocks.

use std::{collections::VecDeque, time::Instant};

use domain::{GoalId, TaskId};
use tokio::sync::Mutex;

use crate::{
    Log, StoreError,
    retry::retry,
    row::{from_bigint, to_bigint},
};

/// Numbers taken at once, at most. What a node has not used when it stops is a gap.
const BLOCK_MAX: usize = 32;
/// Ids handed out in one call.
const MINTED_MAX: usize = 100_000;

/// What this node has taken.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    goals: Mutex<Block>,
    tasks: Mutex<Block>,
}

/// Each block is twice as large as the one before, so that a process which needs one number takes one, and one that needs many
/// seldom has to ask.
#[derive(Debug, Default)]
struct Block {
    left: VecDeque<u64>,
    size: usize,
    /// When somebody last asked in vain.
    failed_at: Option<Instant>,
}

impl Block {
    fn grow(&mut self) -> usize {
        self.size = (self.size * 2).clamp(1, BLOCK_MAX);
        self.size
    }
}

impl Log {
    /// New goal ids, ascending; used nowhere else, ever. At most 100,000 at once.
    ///
    /// # Errors
    /// When Postgres cannot be reached.
    pub async fn mint_goal_ids(&self, amount: usize) -> Result<Vec<GoalId>, StoreError> {
        Ok(self.mint("goal", &self.ids().goals, amount).await?.map(GoalId).collect())
    }

    /// New task ids, ascending; used nowhere else, ever. At most 100,000 at once.
    ///
    /// # Errors
    /// When Postgres cannot be reached.
    pub async fn mint_task_ids(&self, amount: usize) -> Result<Vec<TaskId>, StoreError> {
        Ok(self.mint("task", &self.ids().tasks, amount).await?.map(TaskId).collect())
    }

    /// Makes new ids greater than these, for an import that brings its own. Answers the highest given before: imported ids up to
    /// them may be in use, so such an import has to take new ones.
    ///
    /// # Errors
    /// When Postgres cannot be reached.
    pub async fn raise_ids(&self, goal: GoalId, task: TaskId) -> Result<(GoalId, TaskId), StoreError> {
        let raise = || async {
            sqlx::query_as("SELECT es_raise_ids('goal', $1), es_raise_ids('task', $2)")
                .bind(to_bigint(goal.0))
                .bind(to_bigint(task.0))
                .fetch_one(self.pool())
                .await
        };
        let (goals, tasks) = retry("raise the ids", raise).await?;
        Ok((GoalId(from_bigint(goals)), TaskId(from_bigint(tasks))))
    }

    /// The lock is held while a block is fetched: callers who come meanwhile share it instead of fetching their own, and share the failure
    /// instead of trying for as long again, one after the other.
    async fn mint(
        &self,
        kind: &'static str,
        block: &Mutex<Block>,
        amount: usize,
    ) -> Result<impl Iterator<Item = u64> + use<>, StoreError> {
        let amount = amount.min(MINTED_MAX);
        const DOING: &str = "take a block of ids";
        let asked_at = Instant::now();
        let mut block = block.lock().await;
        if block.left.len() < amount {
            if block.failed_at.is_some_and(|failed_at| failed_at > asked_at) {
                return Err(StoreError::Unavailable { what: DOING, source: sqlx::Error::PoolTimedOut });
            }
            let missing = i32::try_from((amount - block.left.len()).max(block.grow())).unwrap_or(i32::MAX);
            let take = || async {
                let query = sqlx::query_scalar("SELECT es_mint_ids($1, $2)").bind(kind).bind(missing);
                query.fetch_all(self.pool()).await
            };
            let taken = retry(DOING, take).await;
            block.failed_at = matches!(taken, Err(StoreError::Unavailable { .. })).then(Instant::now);
            let taken: Vec<i64> = taken?;
            block.left.extend(taken.into_iter().map(from_bigint));
        }
        Ok(block.left.drain(..amount).collect::<Vec<_>>().into_iter())
    }
}
