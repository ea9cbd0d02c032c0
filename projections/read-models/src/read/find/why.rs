//! What stands in the way of the tasks on a page: one statement for all of them.

use std::collections::HashMap;

use crate::{
    error::ReadError,
    fold::unsigned,
    limits,
    read::{
        question::Question,
        readiness::{LEVELS_MAX, UNSETTLED},
        records::FoundRecord,
        snapshot::Snapshot,
    },
    rows::{FoundRow, Kind, WhyBlocked},
};
use domain::TaskId;

#[derive(sqlx::FromRow)]
struct Obstacle {
    task: i64,
    /// `after`, `part`, or `reason`.
    sort: String,
    on_task: Option<i64>,
    reason: Option<String>,
}

/// The rows, with what stands in the way of the open tasks among them.
pub(super) async fn explained(snapshot: &mut Snapshot, records: Vec<FoundRecord>) -> Result<Vec<FoundRow>, ReadError> {
    let numbers: Vec<i64> = records.iter().map(|record| record.number).collect();
    let mut rows: Vec<FoundRow> = records.into_iter().map(FoundRecord::row).collect();
    let open =
        |row: &FoundRow| row.kind == Kind::Task && !["completed", "failed", "cancelled"].contains(&row.status.as_str());
    let tasks: Vec<i64> = rows.iter().zip(&numbers).filter(|(row, _)| open(row)).map(|(_, number)| *number).collect();
    if tasks.is_empty() {
        return Ok(rows);
    }
    let mut why = obstacles(snapshot, tasks).await?;
    for (row, number) in rows.iter_mut().zip(numbers).filter(|(row, _)| row.kind == Kind::Task) {
        row.why_blocked = why.remove(&number);
    }
    Ok(rows)
}

async fn obstacles(snapshot: &mut Snapshot, tasks: Vec<i64>) -> Result<HashMap<i64, WhyBlocked>, ReadError> {
    let found: Vec<Obstacle> = snapshot.rows(|question| in_the_way(question, &tasks)).await?;
    let mut why: HashMap<i64, WhyBlocked> = HashMap::new();
    for obstacle in found {
        let why = why.entry(obstacle.task).or_default();
        let list = if obstacle.sort == "after" { &mut why.waits_for } else { &mut why.open_parts };
        match obstacle.on_task {
            Some(on) if list.len() < limits::WHY_BLOCKED_TASKS_MAX => list.push(TaskId(unsigned(on))),
            Some(_) => *why.more.get_or_insert(0) += 1,
            None => why.reason = obstacle.reason,
        }
    }
    Ok(why)
}

pub(super) fn in_the_way(question: &mut Question, tasks: &[i64]) {
    question.add("WITH RECURSIVE up(origin, task, level) AS (SELECT o, o, 0 FROM unnest(").bind(tasks.to_vec());
    question.add("::bigint[]) AS o UNION ALL SELECT up.origin, a.parent, up.level + 1 FROM up JOIN {tasks} a ON a.task = up.task AND {@a}");
    question.add(&format!(" WHERE a.parent IS NOT NULL AND up.level < {LEVELS_MAX})"));
    question.add(" SELECT up.origin AS task, 'after' AS sort, d.on_task, NULL::text AS reason FROM up");
    // OFFSET 0: looked up for the few on the page, however many there are.
    question
        .add(" CROSS JOIN LATERAL (SELECT d.on_task FROM {dependencies} d WHERE d.task = up.task AND {@d} OFFSET 0) d");
    question.add(" JOIN {tasks} o ON o.task = d.on_task AND {@o} WHERE ").add(UNSETTLED);
    question
        .add(" UNION SELECT o.parent, 'part', o.task, NULL FROM {tasks} o WHERE {@o} AND o.parent = ANY(")
        .bind(tasks.to_vec());
    question.add(") AND ").add(UNSETTLED);
    question
        .add(" UNION SELECT b.task, 'reason', NULL, b.blocked_reason FROM {tasks} b WHERE {@b} AND b.task = ANY(")
        .bind(tasks.to_vec());
    question.add(") AND b.blocked_reason IS NOT NULL ORDER BY task, sort, on_task");
}
