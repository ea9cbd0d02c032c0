//! Tasks: a goal's tree, or a few by id.

use std::collections::HashMap;

use domain::{GoalId, TaskId, Timestamp};

use super::{
    goals::{at_most, remember},
    question::Question,
    readiness,
    records::{TASK_JOINS, TaskRecord, select_tasks},
    snapshot::{Answer, ReadAt, Snapshot},
};
use crate::{Views, error::ReadError, fold::signed, limits, reached::About, rows::TaskRow};

/// A task as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskStanding {
    /// Its row.
    pub task: TaskRow,
    /// Whether somebody could claim it.
    pub ready: bool,
}

impl TaskStanding {
    fn about(&self) -> About {
        About::Task { goal: signed(self.task.goal.0), task: signed(self.task.id.0) }
    }
}

#[derive(sqlx::FromRow)]
struct StandingRecord {
    #[sqlx(flatten)]
    task: TaskRecord,
    ready: bool,
}

impl StandingRecord {
    fn standing(self) -> sqlx::Result<TaskStanding> {
        Ok(TaskStanding { task: self.task.row()?, ready: self.ready })
    }
}

impl Views {
    /// All tasks of a goal, parents before their parts, siblings in the order they came.
    ///
    /// # Errors
    /// The views are not that far, or the database failed us.
    pub async fn tasks_of(&self, goal: GoalId, read: &ReadAt) -> Result<Answer<Vec<TaskRow>>, ReadError> {
        let mut snapshot = self.snapshot(read).await?;
        let tasks = tree_order(&mut snapshot, goal).await?;
        Ok(snapshot.answer(tasks))
    }

    /// Tasks by id, at most 100, in the order of their ids; those that do not exist are missing.
    ///
    /// # Errors
    /// Too many ids, the views are not that far, or the database failed us.
    pub async fn tasks_by_id(&self, ids: &[TaskId], read: &ReadAt) -> Result<Answer<Vec<TaskStanding>>, ReadError> {
        at_most(ids.len())?;
        if let Some(answer) = self.remembered(&self.inner.caches.task, ids, TaskStanding::about, read).await {
            return Ok(answer);
        }
        let mut snapshot = self.snapshot(read).await?;
        let found = standing_by_ids(&mut snapshot, ids).await?;
        if read.as_of.is_none() && ids.len() <= limits::REMEMBERED_IDS_MAX {
            for standing in &found {
                let lease_ends = standing.task.claim.as_ref().map(|claim| claim.until);
                self.inner.caches.task.keep(standing.task.id, remember(&snapshot, lease_ends, standing.clone()));
            }
        }
        Ok(snapshot.answer(found))
    }
}

pub(super) async fn standing_by_ids(snapshot: &mut Snapshot, ids: &[TaskId]) -> Result<Vec<TaskStanding>, ReadError> {
    let numbers: Vec<i64> = ids.iter().map(|id| signed(id.0)).collect();
    let ask = |question: &mut Question| {
        select_tasks(question).add(", (");
        readiness::ready(question).add(") AS ready FROM").add(TASK_JOINS);
        question.add(" WHERE {@t} AND t.task = ANY(").bind(numbers.clone()).add(") ORDER BY t.task");
    };
    let records: Vec<StandingRecord> = snapshot.rows(ask).await?;
    Ok(records.into_iter().map(StandingRecord::standing).collect::<sqlx::Result<_>>()?)
}

/// When the first lease among these ends.
pub(crate) fn first_lease_end(tasks: &[TaskRow]) -> Option<Timestamp> {
    tasks.iter().filter_map(|task| task.claim.as_ref()).map(|claim| claim.until).min()
}

pub(crate) async fn tree_order(snapshot: &mut Snapshot, goal: GoalId) -> Result<Vec<TaskRow>, ReadError> {
    let ask = |question: &mut Question| {
        select_tasks(question).add(" FROM").add(TASK_JOINS).add(" WHERE {@t} AND t.goal = ").bind(signed(goal.0));
    };
    let mut records: Vec<TaskRecord> = snapshot.rows(ask).await?;
    records.sort_by_key(|record| record.placed_position);
    let rows = records.into_iter().map(TaskRecord::row).collect::<sqlx::Result<Vec<_>>>()?;
    Ok(depth_first(rows))
}

/// Each task behind the one it is a part of. What hangs from nothing that is there comes last rather than not at all.
fn depth_first(rows: Vec<TaskRow>) -> Vec<TaskRow> {
    let mut parts: HashMap<Option<TaskId>, Vec<usize>> = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        parts.entry(row.parent).or_default().push(index);
    }
    let mut order = Vec::with_capacity(rows.len());
    let mut stack: Vec<usize> = parts.remove(&None).unwrap_or_default().into_iter().rev().collect();
    while let Some(index) = stack.pop() {
        order.push(index);
        stack.extend(parts.remove(&Some(rows[index].id)).unwrap_or_default().into_iter().rev());
    }
    let mut lost: Vec<usize> = parts.into_values().flatten().collect();
    lost.sort_unstable();
    order.extend(lost);
    let mut rows: Vec<Option<TaskRow>> = rows.into_iter().map(Some).collect();
    order.into_iter().filter_map(|index| rows[index].take()).collect()
}
