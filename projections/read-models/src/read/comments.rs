//! What was said about a goal or a task.

use domain::goal::Subject;

use super::{
    records::CommentRecord,
    snapshot::{Answer, ReadAt},
};
use crate::{Views, error::ReadError, fold::signed, limits, rows::CommentRow};

impl Views {
    /// The comments of a goal (not of its tasks) or of a task, oldest first; when there are more than
    /// [`COMMENTS_MAX`](limits::COMMENTS_MAX), the newest of them.
    ///
    /// # Errors
    /// The views are not that far, or the database failed us.
    pub async fn comments(&self, subject: Subject, read: &ReadAt) -> Result<Answer<Vec<CommentRow>>, ReadError> {
        let mut snapshot = self.snapshot(read).await?;
        let mut question = snapshot.question();
        question.add(
            "SELECT c.goal, c.comment, c.task, c.kind, c.body, c.author, c.said_at FROM {comments} c WHERE {@c} AND ",
        );
        match subject {
            Subject::Goal(goal) => question.add("c.task IS NULL AND c.goal = ").bind(signed(goal.0)),
            Subject::Task(task) => question.add("c.task = ").bind(signed(task.0)),
        };
        question.add(" ORDER BY c.comment DESC LIMIT ").bind(limits::COMMENTS_MAX);
        let records: Vec<CommentRecord> = question.rows(&mut snapshot.transaction).await?;
        let newest_last = records.into_iter().rev().map(CommentRecord::row).collect::<sqlx::Result<_>>()?;
        Ok(snapshot.answer(newest_last))
    }
}
