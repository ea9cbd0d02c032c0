//! Leases that have run out and of which no event says so yet.

use domain::{GoalId, TaskId, Timestamp, Workspace};

use super::{
    question::Question,
    snapshot::{Answer, ReadAt},
};
use crate::{Views, error::ReadError, fold::unsigned};

/// A task whose lease is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LapsedClaim {
    /// The task.
    pub task: TaskId,
    /// Its goal.
    pub goal: GoalId,
    /// The workspace of both.
    pub workspace: Workspace,
}

impl Views {
    /// Leases that were over at the moment of reading, those that ended first, at most `limit`; of those that have ended since a moment alone,
    /// if there is one.
    ///
    /// # Errors
    /// The views are not that far, or the database failed us.
    pub async fn lapsed(
        &self,
        since: Option<Timestamp>,
        read: &ReadAt,
        limit: u32,
    ) -> Result<Answer<Vec<LapsedClaim>>, ReadError> {
        const LAPSED: &str = "SELECT c.task, c.goal, c.workspace FROM {claims} c
              WHERE {@c} AND c.ends_at <= {now}";
        let mut snapshot = self.snapshot(read).await?;
        let ask = |question: &mut Question| {
            question.add(LAPSED);
            if let Some(since) = since {
                question.add(" AND c.ends_at > ").bind(since);
            }
            question.add(" ORDER BY c.ends_at, c.task").limit(i64::from(limit));
        };
        let found: Vec<(i64, i64, String)> = snapshot.rows(ask).await?;
        let lapsed = found.into_iter().map(|(task, goal, workspace)| LapsedClaim {
            task: TaskId(unsigned(task)),
            goal: GoalId(unsigned(goal)),
            // What the log holds was checked when it was stored.
            workspace: workspace.parse().unwrap_or_default(),
        });
        let lapsed = lapsed.collect();
        Ok(snapshot.answer(lapsed))
    }
}
