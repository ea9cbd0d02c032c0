//! The rows that events changed, as they stood right after each: what the live feed carries.

use domain::Timestamp;

use super::{
    question::Moment,
    records::{GoalRecord, TaskRecord, select_goals, select_tasks},
    snapshot::ReadAt,
};
use crate::{
    Views,
    error::ReadError,
    fold::{signed, unsigned},
    limits,
    rows::{ChangedRows, GoalRow, TaskRow},
};

#[derive(sqlx::FromRow)]
struct AtPosition<Record> {
    at_position: i64,
    #[sqlx(flatten)]
    record: Record,
}

impl Views {
    /// For each position of `from..=to` the rows its event changed, leases judged by that event's time.
    ///
    /// # Errors
    /// More than [`CHANGED_POSITIONS_MAX`](limits::CHANGED_POSITIONS_MAX) positions, the views are not that far, or the
    /// database failed us.
    pub async fn rows_changed(&self, from: u64, to: u64) -> Result<Vec<ChangedRows>, ReadError> {
        if to.saturating_sub(from) >= limits::CHANGED_POSITIONS_MAX {
            let most = limits::CHANGED_POSITIONS_MAX;
            return Err(ReadError::invalid("to", format!("is too far from `from`; ask for at most {most} positions")));
        }
        let mut snapshot = self.snapshot(&ReadAt::after(to, Timestamp::UNIX_EPOCH)).await?;
        snapshot.moment = Moment::OfEach;

        let mut question = snapshot.question();
        select_goals(&mut question)
            .add(", x.position AS at_position FROM {positions} x JOIN {goals} g ON g.goal = x.goal AND {@g}");
        question.add(" JOIN {progress} p ON p.goal = g.goal AND {@p} JOIN {search} s ON s.kind = 'goal' AND s.number = g.goal AND {@s}");
        question.add(" WHERE x.position BETWEEN ").bind(signed(from)).add(" AND ").bind(signed(to));
        question.add(" AND (g.from_position = x.position OR p.from_position = x.position)");
        let goals: Vec<AtPosition<GoalRecord>> = question.rows(&mut snapshot.transaction).await?;

        let mut question = snapshot.question();
        select_tasks(&mut question).add(", x.position AS at_position FROM {positions} x");
        question.add(" JOIN {tasks} t ON t.task = x.task AND t.from_position = x.position");
        question.add(" LEFT JOIN {claims} c ON c.task = t.task AND {@c} AND c.ends_at > x.recorded_at");
        question.add(" JOIN {search} s ON s.kind = 'task' AND s.number = t.task AND {@s}");
        question.add(" WHERE x.position BETWEEN ").bind(signed(from)).add(" AND ").bind(signed(to));
        let tasks: Vec<AtPosition<TaskRecord>> = question.rows(&mut snapshot.transaction).await?;
        by_position(from, to, goals, tasks)
    }
}

fn by_position(
    from: u64,
    to: u64,
    goals: Vec<AtPosition<GoalRecord>>,
    tasks: Vec<AtPosition<TaskRecord>>,
) -> Result<Vec<ChangedRows>, ReadError> {
    let mut changed: Vec<ChangedRows> =
        (from..=to).map(|position| ChangedRows { position, ..ChangedRows::default() }).collect();
    let place = |position: i64| usize::try_from(unsigned(position) - from).unwrap_or(usize::MAX);
    for AtPosition { at_position, record } in goals {
        let row: GoalRow = record.row()?;
        changed[place(at_position)].goals.push(row);
    }
    for AtPosition { at_position, record } in tasks {
        let row: TaskRow = record.row()?;
        changed[place(at_position)].tasks.push(row);
    }
    Ok(changed)
}
