//! Since when there is a goal or task.

use domain::{Timestamp, goal::Subject};

use super::snapshot::ReadAt;
use crate::{
    Views,
    error::ReadError,
    fold::{signed, unsigned},
};

impl Views {
    /// The position of the event that made a goal or task; `None` when there is no such thing.
    ///
    /// # Errors
    /// The database failed us.
    pub async fn created_position(&self, subject: Subject) -> Result<Option<u64>, ReadError> {
        let mut snapshot = self.snapshot(&ReadAt::latest(Timestamp::UNIX_EPOCH)).await?;
        let (of_kind, number) = match subject {
            Subject::Goal(goal) => ("SELECT g.created_position FROM {goals} g WHERE {@g} AND g.goal = ", goal.0),
            Subject::Task(task) => ("SELECT t.created_position FROM {tasks} t WHERE {@t} AND t.task = ", task.0),
        };
        let found: Vec<(i64,)> = snapshot.rows(|question| _ = question.add(of_kind).bind(signed(number))).await?;
        Ok(found.first().map(|(position,)| unsigned(*position)))
    }
}
