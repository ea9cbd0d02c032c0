//! The rows that events changed, as they stood right after each: what the live feed carries.

use domain::Timestamp;

use super::{
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

        let mut question = snapshot.question();
        select_goals(&mut question).add(", x.position AS at_position FROM {positions} x");
        question.add(&version("g", "{goals}", "v.goal = x.goal"));
        question.add(&version("p", "{progress}", "v.goal = x.goal"));
        question.add(&version("s", "{search}", "v.kind = 'goal' AND v.number = x.goal"));
        question.add(" WHERE x.position BETWEEN ").bind(signed(from)).add(" AND ").bind(signed(to));
        question.add(" AND (g.from_position = x.position OR p.from_position = x.position)");
        let goals: Vec<AtPosition<GoalRecord>> = question.rows(&mut snapshot.transaction).await?;

        let mut question = snapshot.question();
        select_tasks(&mut question).add(", x.position AS at_position FROM {positions} x");
        question.add(" JOIN {tasks} t ON t.task = x.task AND t.from_position = x.position");
        question.add(&version("s", "{search}", "v.kind = 'task' AND v.number = x.task"));
        question.add(" LEFT").add(&version("c", "{claims}", "v.task = x.task"));
        question.add(" AND (c.to_position IS NULL OR c.to_position > x.position) AND c.ends_at > x.recorded_at");
        question.add(" WHERE x.position BETWEEN ").bind(signed(from)).add(" AND ").bind(signed(to));
        let tasks: Vec<AtPosition<TaskRecord>> = question.rows(&mut snapshot.transaction).await?;
        by_position(from, to, goals, tasks)
    }
}

/// Joins the newest version at `x` of the row that is the same: one step down the index of versions, however many there are.
fn version(alias: &str, table: &str, same: &str) -> String {
    format!(
        " JOIN LATERAL (SELECT * FROM {table} v WHERE {same} AND v.from_position <= x.position
            ORDER BY v.from_position DESC LIMIT 1) {alias} ON true"
    )
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
