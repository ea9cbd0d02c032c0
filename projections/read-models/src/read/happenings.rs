//! Which events there were: by goal or task, who did it, what it was, and what led to what. Only where they stand in the log, which has the
//! rest of them.

use domain::{GoalId, TaskId};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    question::Question,
    snapshot::{Answer, ReadAt, Snapshot},
    terms::{checked_values, no_null_character},
};
use crate::{
    Views,
    error::ReadError,
    fold::{signed, unsigned},
    limits,
};

/// Which events to name. Several filters must all hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HappeningsRequest {
    /// Of this goal and its tasks.
    pub goal: Option<GoalId>,
    /// Of this task. Name its goal too: that is what they are found by.
    pub task: Option<TaskId>,
    /// By this actor.
    pub actor: Option<String>,
    /// Of any of these types, such as `task_completed`; of all when empty.
    pub types: Vec<String>,
    /// What belongs to the piece of work that the event at this position is a part of, and to those it led to and came from.
    pub cause: Option<u64>,
    /// What belongs to this piece of work, and to no other.
    pub correlation: Option<Uuid>,
    /// Behind this position.
    pub after: u64,
    /// Up to this position.
    pub until: Option<u64>,
    /// From the newest to the oldest.
    pub newest_first: bool,
    /// At most so many.
    pub limit: u32,
}

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Happening {
    /// Its position.
    pub position: u64,
    /// The position of the event that led to it, if that is known.
    pub cause: Option<u64>,
}

#[derive(FromRow)]
struct HappeningRecord {
    position: i64,
    cause: Option<i64>,
}

impl Views {
    /// Events in the order that was asked for; `None` when there is none at the position of `cause`.
    ///
    /// # Errors
    /// A filter is wrong, the views are not that far, or the database failed us.
    pub async fn happenings(
        &self,
        request: &HappeningsRequest,
        read: &ReadAt,
    ) -> Result<Answer<Option<Vec<Happening>>>, ReadError> {
        checked_values("types", &request.types)?;
        no_null_character("actor", request.actor.as_deref().unwrap_or_default())?;
        let mut snapshot = self.snapshot(read).await?;
        let work = match request.cause {
            Some(cause) => match work_around(&mut snapshot, cause).await? {
                work if work.is_empty() => return Ok(snapshot.answer(None)),
                work => Some(work),
            },
            None => None,
        };
        let records: Vec<HappeningRecord> = snapshot.rows(|question| named(question, request, work.as_deref())).await?;
        let found = records
            .into_iter()
            .map(|record| Happening { position: unsigned(record.position), cause: record.cause.map(unsigned) });
        Ok(snapshot.answer(Some(found.collect())))
    }
}

/// The correlation ids of the piece of work that an event is a part of, and of those it led to and came from, step by step.
async fn work_around(snapshot: &mut Snapshot, position: u64) -> Result<Vec<Uuid>, ReadError> {
    let ask = |question: &mut Question| {
        question.add("WITH RECURSIVE work(id) AS (SELECT correlation_id FROM {positions} WHERE position = ");
        question.bind(signed(position)).add(
            " UNION SELECT linked.id FROM work JOIN {positions} mine ON mine.correlation_id = work.id
              CROSS JOIN LATERAL (
                  SELECT up.correlation_id AS id FROM {positions} up WHERE up.event_id = mine.causation_id
                  UNION ALL
                  SELECT down.correlation_id FROM {positions} down WHERE down.causation_id = mine.event_id) linked)
              SELECT id FROM work WHERE id IS NOT NULL",
        );
        question.limit(limits::LINKED_WORK_MAX);
    };
    let found: Vec<(Uuid,)> = snapshot.rows(ask).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Each type and each piece of work is looked through in its own order and no further than a page: an index has them so.
fn named(question: &mut Question, request: &HappeningsRequest, work: Option<&[Uuid]>) {
    let order = if request.newest_first { "DESC" } else { "ASC" };
    question.add("SELECT p.position, cause.position AS cause FROM (");
    match (work, &request.types[..]) {
        (Some(work), _) => {
            question.add("SELECT of_it.* FROM unnest(").bind(work.to_vec());
            question.add(") work(id) CROSS JOIN LATERAL (SELECT * FROM {positions} p WHERE p.correlation_id = work.id");
            if !request.types.is_empty() {
                question.add(" AND p.event_type = ANY(").bind(request.types.clone()).add(")");
            }
        }
        (None, []) => _ = question.add("SELECT of_it.* FROM (SELECT * FROM {positions} p WHERE true"),
        (None, types) => {
            question.add("SELECT of_it.* FROM unnest(").bind(types.to_vec());
            question
                .add(") wanted(type) CROSS JOIN LATERAL (SELECT * FROM {positions} p WHERE p.event_type = wanted.type");
        }
    }
    narrowed(question, request);
    question.add(&format!(" ORDER BY p.position {order}")).limit(request.limit).add(") of_it");
    question.add(") p LEFT JOIN {positions} cause ON cause.event_id = p.causation_id");
    question.add(&format!(" ORDER BY p.position {order}")).limit(request.limit);
}

fn narrowed(question: &mut Question, request: &HappeningsRequest) {
    question.add(" AND p.position > ").bind(signed(request.after));
    if let Some(until) = request.until {
        question.add(" AND p.position <= ").bind(signed(until));
    }
    if let Some(goal) = request.goal {
        question.add(" AND p.goal = ").bind(signed(goal.0));
    }
    if let Some(task) = request.task {
        question.add(" AND p.task = ").bind(signed(task.0));
    }
    if let Some(correlation) = request.correlation {
        question.add(" AND p.correlation_id = ").bind(correlation);
    }
    if let Some(actor) = &request.actor {
        question.add(" AND p.actor = ").bind(actor.clone());
    }
}
