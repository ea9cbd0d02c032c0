//! The tags in use.

use super::{
    question::Question,
    snapshot::{Answer, ReadAt},
};
use crate::{Views, error::ReadError, limits, rows::TagRow};

impl Views {
    /// Every tag in use, the most used first, at most [`TAGS_LISTED_MAX`](limits::TAGS_LISTED_MAX). What is archived does not count.
    ///
    /// # Errors
    /// The views are not that far, or the database failed us.
    pub async fn tags(&self, read: &ReadAt) -> Result<Answer<Vec<TagRow>>, ReadError> {
        const TAGS: &str =
            "SELECT tag.tag, count(*) FILTER (WHERE tag.kind = 'goal') AS goals, count(*) FILTER (WHERE tag.kind = 'task') AS tasks
               FROM {tags} tag JOIN {goals} g ON g.goal = tag.goal AND {@g} AND NOT g.archived
               LEFT JOIN {tasks} t ON tag.kind = 'task' AND t.task = tag.number AND {@t}
              WHERE {@tag} AND t.archived IS NOT TRUE
              GROUP BY tag.tag ORDER BY count(*) DESC, tag.tag";
        let mut snapshot = self.snapshot(read).await?;
        let ask = |question: &mut Question| _ = question.add(TAGS).limit(limits::TAGS_LISTED_MAX);
        let found: Vec<(String, i64, i64)> = snapshot.rows(ask).await?;
        let count = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
        let rows =
            found.into_iter().map(|(tag, goals, tasks)| TagRow { tag, goals: count(goals), tasks: count(tasks) });
        let rows = rows.collect();
        Ok(snapshot.answer(rows))
    }
}
