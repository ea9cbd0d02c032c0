//! Who is at work, and who was.

use chrono::TimeDelta;
use domain::{GoalId, TaskId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::FromRow;

use super::{
    question::Question,
    snapshot::{Answer, ReadAt, Snapshot},
};
use crate::{Views, error::ReadError, fold::unsigned, limits};

/// What is lately: as long as this.
const LATELY: TimeDelta = TimeDelta::days(1);

/// Somebody who has done something.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ActorRow {
    /// Their name.
    pub actor: String,
    /// When they last did something.
    pub last_at: Timestamp,
    /// Where that stands in the log.
    pub last_position: u64,
    /// What it was.
    pub last_type: String,
    /// What they did in the last 24 hours, in events.
    pub events_24h: u64,
    /// Tasks they completed in the last 24 hours.
    pub completed_24h: u64,
    /// What they hold now, what they have held longest first.
    pub claims: Vec<HeldTask>,
}

/// A task that somebody holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HeldTask {
    /// The task.
    pub task: TaskId,
    /// Its goal.
    pub goal: GoalId,
    /// What it is about.
    pub title: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when, unless it is renewed.
    pub until: Timestamp,
    /// The fence of the claim.
    pub fence: u64,
}

#[derive(FromRow)]
struct ActorRecord {
    actor: String,
    recorded_at: Timestamp,
    position: i64,
    event_type: String,
    events: i64,
    completed: i64,
}

#[derive(FromRow)]
struct HeldRecord {
    holder: String,
    task: i64,
    goal: i64,
    title: String,
    since: Timestamp,
    ends_at: Timestamp,
    fence: i64,
}

impl Views {
    /// Those who did something, most lately first, at most `limit`. Of more than [`ACTORS_MAX`](limits::ACTORS_MAX) names the first are looked
    /// at.
    ///
    /// # Errors
    /// The views are not that far, or the database failed us.
    pub async fn actors(&self, limit: u32, read: &ReadAt) -> Result<Answer<Vec<ActorRow>>, ReadError> {
        let mut snapshot = self.snapshot(read).await?;
        let since = snapshot.at - LATELY;
        let records: Vec<ActorRecord> = snapshot.rows(|question| latest(question, since, limit)).await?;
        let mut actors: Vec<ActorRow> = records.into_iter().map(ActorRow::from).collect();
        add_claims(&mut snapshot, &mut actors).await?;
        Ok(snapshot.answer(actors))
    }
}

/// From one name to the next along the index, and from each to its last event.
fn latest(question: &mut Question, since: Timestamp, limit: u32) {
    question.add(
        "WITH RECURSIVE names(actor, place) AS (
             (SELECT p.actor, 1 FROM {positions} p WHERE p.actor IS NOT NULL ORDER BY p.actor LIMIT 1)
             UNION ALL
             SELECT (SELECT p.actor FROM {positions} p WHERE p.actor > n.actor ORDER BY p.actor LIMIT 1), n.place + 1
               FROM names n WHERE n.actor IS NOT NULL AND n.place < ",
    );
    question.bind(limits::ACTORS_MAX).add(
        "), behind(position) AS (
             SELECT coalesce((SELECT p.position FROM {positions} p WHERE p.recorded_at >= ",
    );
    question.bind(since).add(" ORDER BY p.recorded_at, p.position LIMIT 1), ").bind(i64::MAX).add(
        ")), newest AS (
             SELECT last.* FROM names n CROSS JOIN LATERAL (
                 SELECT p.actor, p.recorded_at, p.position, p.event_type FROM {positions} p
                  WHERE p.actor = n.actor ORDER BY p.position DESC LIMIT 1) last
              ORDER BY last.position DESC",
    );
    question.limit(limit).add(
        ")
         SELECT newest.*, lately.events, lately.completed FROM newest, behind, LATERAL (
             SELECT count(*) AS events, count(*) FILTER (WHERE p.event_type = 'task_completed') AS completed
               FROM {positions} p WHERE p.actor = newest.actor AND p.position >= behind.position) lately
          ORDER BY newest.position DESC",
    );
}

async fn add_claims(snapshot: &mut Snapshot, actors: &mut [ActorRow]) -> Result<(), ReadError> {
    let names: Vec<String> = actors.iter().map(|row| row.actor.clone()).collect();
    let ask = |question: &mut Question| {
        question.add("SELECT held.* FROM unnest(").bind(names.clone());
        question.add(
            ") name(holder) CROSS JOIN LATERAL (
                 SELECT c.holder, c.task, c.goal, t.title, c.since, c.ends_at, c.fence FROM {claims} c
                   JOIN {tasks} t ON t.task = c.task AND {@t}
                  WHERE c.holder = name.holder AND {@c} AND c.ends_at > {now} ORDER BY c.since, c.task",
        );
        question.limit(limits::HELD_TASKS_MAX).add(") held");
    };
    let found: Vec<HeldRecord> = snapshot.rows(ask).await?;
    for held in found {
        if let Some(row) = actors.iter_mut().find(|row| row.actor == held.holder) {
            row.claims.push(held.into());
        }
    }
    Ok(())
}

impl From<ActorRecord> for ActorRow {
    fn from(record: ActorRecord) -> Self {
        Self {
            actor: record.actor,
            last_at: record.recorded_at,
            last_position: unsigned(record.position),
            last_type: record.event_type,
            events_24h: unsigned(record.events),
            completed_24h: unsigned(record.completed),
            claims: Vec::new(),
        }
    }
}

impl From<HeldRecord> for HeldTask {
    fn from(record: HeldRecord) -> Self {
        Self {
            task: TaskId(unsigned(record.task)),
            goal: GoalId(unsigned(record.goal)),
            title: record.title,
            since: record.since,
            until: record.ends_at,
            fence: unsigned(record.fence),
        }
    }
}
