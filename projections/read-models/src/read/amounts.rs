//! How much the views keep.

use super::snapshot::{Answer, ReadAt};
use crate::{Views, error::ReadError, fold::unsigned};

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amounts {
    /// Goals, also those that are put aside.
    pub goals: u64,
    /// Tasks, also those that are put aside.
    pub tasks: u64,
    /// Comments that were not taken back.
    pub comments: u64,
    /// What the whole database takes, in bytes.
    pub database_bytes: u64,
}

impl Views {
    /// Counts what there is.
    ///
    /// # Errors
    /// The views are not that far, or the database failed us.
    pub async fn amounts(&self, read: &ReadAt) -> Result<Answer<Amounts>, ReadError> {
        const AMOUNTS: &str =
            "SELECT (SELECT count(*) FROM {goals} g WHERE {@g}), (SELECT count(*) FROM {tasks} t WHERE {@t}),
            (SELECT count(*) FROM {comments} c WHERE {@c}), pg_database_size(current_database())";
        let mut snapshot = self.snapshot(read).await?;
        let found: Vec<(i64, i64, i64, i64)> = snapshot.rows(|question| _ = question.add(AMOUNTS)).await?;
        let (goals, tasks, comments, bytes) = found.first().copied().unwrap_or_default();
        let amounts = Amounts {
            goals: unsigned(goals),
            tasks: unsigned(tasks),
            comments: unsigned(comments),
            database_bytes: unsigned(bytes),
        };
        Ok(snapshot.answer(amounts))
    }
}
