//! The rows that events changed, as they stood right after each: what the live feed carries.

use domain::Timestamp;

use super::{
    question::{Moment, Question},
    records::{GoalRecord, TaskRecord, select_goals, select_tasks},
};
use crate::{
    Views,
    catalogue::Generations,
    error::{NotYet, ReadError},
    fold::{signed, unsigned},
    limits,
    own_connection::own_connection,
    rows::{ChangedRows, GoalRow, TaskRow},
};

#[derive(sqlx::FromRow)]
struct AtPosition<Record> {
    at_position: i64,
    #[sqlx(flatten)]
    record: Record,
}

impl Views {
    /// The live tables, when they have that position: what we have heard is enough, else the catalogue is read.
    async fn tables_at(&self, position: u64) -> Result<Generations, ReadError> {
        if let Some((generations, _)) = self.inner.reached.live_at(position) {
            return Ok(generations);
        }
        let live = self.inner.reached.ask(&self.inner.pool).await?.ok_or(ReadError::NoCatalogue)?;
        match live.checkpoint < position {
            true => Err(NotYet { asked: position, reached: live.checkpoint }.into()),
            false => Ok(live.generations),
        }
    }

    /// For each position of `from..=to` the rows its event changed, leases judged by that event's time. What this process has just
    /// projected is handed out from memory, to the first who asks.
    ///
    /// # Errors
    /// More than [`CHANGED_POSITIONS_MAX`](limits::CHANGED_POSITIONS_MAX) positions, the views are not that far, or the
    /// database failed us.
    pub async fn rows_changed(&self, from: u64, to: u64) -> Result<Vec<ChangedRows>, ReadError> {
        if to.saturating_sub(from) >= limits::CHANGED_POSITIONS_MAX {
            let most = limits::CHANGED_POSITIONS_MAX;
            return Err(ReadError::invalid("to", format!("is too far from `from`; ask for at most {most} positions")));
        }
        let _heard = self.wait_for(to, limits::WAIT_BOUND_DEFAULT).await;
        let told = self.take_told(from, to).await;
        let name = if told.is_some() { "cache_hits_total" } else { "cache_misses_total" };
        metrics::counter!(name, "cache" => "changed_rows", "key_pattern" => "positions").increment(1);
        match told {
            Some(rows) => Ok(rows),
            None => self.read_changed(from, to).await,
        }
    }

    async fn read_changed(&self, from: u64, to: u64) -> Result<Vec<ChangedRows>, ReadError> {
        let generations = self.tables_at(to).await?;
        let mut kept = self.inner.changes.lock().await;
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => own_connection(&self.inner.pool).await?,
        };
        // What held right after an event never changes, so both need no common snapshot.
        let goals = goals_changed(generations.clone(), from, to).rows(&mut connection).await?;
        let tasks = tasks_changed(generations, from, to).rows(&mut connection).await?;
        // After a failure, or when nobody waits any more, the next call connects anew.
        *kept = Some(connection);
        by_position(from, to, goals, tasks)
    }
}

fn goals_changed(generations: Generations, from: u64, to: u64) -> Question {
    let mut question = Question::new(generations, Moment::Live, Timestamp::UNIX_EPOCH);
    select_goals(&mut question).add(", x.position AS at_position FROM {positions} x");
    question.add(&version("g", "goals", "v.goal = x.goal"));
    question.add(&version("p", "progress", "v.goal = x.goal"));
    question.add(&version("s", "search", "v.kind = 'goal' AND v.number = x.goal"));
    question.add(" WHERE x.position BETWEEN ").bind(signed(from)).add(" AND ").bind(signed(to));
    question.add(" AND (g.from_position = x.position OR p.from_position = x.position)");
    question
}

fn tasks_changed(generations: Generations, from: u64, to: u64) -> Question {
    let mut question = Question::new(generations, Moment::Live, Timestamp::UNIX_EPOCH);
    select_tasks(&mut question).add(", x.position AS at_position FROM {positions} x");
    question.add(&version("t", "tasks", "v.task = x.task"));
    question.add(&version("s", "search", "v.kind = 'task' AND v.number = x.task"));
    question.add(" LEFT").add(&version("c", "claims", "v.task = x.task")).add(" AND c.ends_at > x.recorded_at");
    question.add(" WHERE x.position BETWEEN ").bind(signed(from)).add(" AND ").bind(signed(to));
    question.add(" AND t.from_position = x.position");
    question
}

/// Joins the version that held right after `x` of the row that is the same: the one that holds still, or one step down the index of those
/// that held, however many there are.
fn version(alias: &str, table: &str, same: &str) -> String {
    let held = format!("{same} AND v.from_position <= x.position");
    format!(
        " JOIN LATERAL (SELECT * FROM (
            SELECT {{{table}.columns}} FROM {{{table}.live}} v WHERE {held} UNION ALL
            (SELECT {{{table}.columns}} FROM {{{table}.past}} v WHERE {held} ORDER BY v.from_position DESC LIMIT 1)) v
            WHERE v.to_position IS NULL OR v.to_position > x.position LIMIT 1) {alias} ON true"
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
