//! What was said about a goal or a task.

use domain::{GoalId, goal::Subject};

use super::{
    question::Question,
    records::CommentRecord,
    snapshot::{Answer, ReadAt, Snapshot},
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
        let newest_last = newest_last(&mut snapshot, subject).await?;
        Ok(snapshot.answer(newest_last))
    }

    /// A comment by its number in its goal; `None` when there is no such one, or it was taken back.
    ///
    /// # Errors
    /// The views are not that far, or the database failed us.
    pub async fn comment(
        &self,
        goal: GoalId,
        number: u32,
        read: &ReadAt,
    ) -> Result<Answer<Option<CommentRow>>, ReadError> {
        let mut snapshot = self.snapshot(read).await?;
        let ask = |question: &mut Question| {
            select_comments(question).add(" WHERE {@c} AND c.goal = ").bind(signed(goal.0));
            question.add(" AND c.comment = ").bind(i64::from(number));
        };
        let record: Option<CommentRecord> = snapshot.rows(ask).await?.pop();
        Ok(snapshot.answer(record.map(CommentRecord::row).transpose()?))
    }
}

pub(super) async fn newest_last(snapshot: &mut Snapshot, subject: Subject) -> Result<Vec<CommentRow>, ReadError> {
    let (of_subject, number) = match subject {
        Subject::Goal(goal) => ("c.task IS NULL AND c.goal = ", goal.0),
        Subject::Task(task) => ("c.task = ", task.0),
    };
    let ask = |question: &mut Question| {
        select_comments(question).add(" WHERE {@c} AND ").add(of_subject).bind(signed(number));
        question.add(" ORDER BY c.comment DESC").limit(limits::COMMENTS_MAX);
    };
    let records: Vec<CommentRecord> = snapshot.rows(ask).await?;
    Ok(records.into_iter().rev().map(CommentRecord::row).collect::<sqlx::Result<_>>()?)
}

fn select_comments(question: &mut Question) -> &mut Question {
    question.add("SELECT c.goal, c.comment, c.task, c.kind, c.body, c.author, c.said_at FROM {comments} c")
}
