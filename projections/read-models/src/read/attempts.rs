//! Who worked on what from when to when, and how that ended: one attempt a claim, however often it was renewed.

use chrono::TimeDelta;
use domain::{GoalId, TaskId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::FromRow;

use super::{
    question::Question,
    snapshot::{Answer, ReadAt},
    terms::no_null_character,
};
use crate::{
    Views,
    error::ReadError,
    fold::{signed, unsigned},
};

/// An attempt that began so long before the time asked for is not looked for, though it may have gone on.
const REACH: TimeDelta = TimeDelta::days(7);

/// Which attempts. Several filters must all hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttemptsRequest {
    /// On tasks of this goal.
    pub goal: Option<GoalId>,
    /// By this actor.
    pub actor: Option<String>,
    /// That went on at or after this time. Of those that began more than a week before, none are found.
    pub from: Option<Timestamp>,
    /// That began before this time.
    pub to: Option<Timestamp>,
    /// At most so many, the latest.
    pub limit: u32,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The task was done.
    Completed,
    /// It failed.
    Failed,
    /// It was given back.
    Released,
    /// The lease ran out.
    Expired,
    /// It was given up.
    Cancelled,
    /// By something else, such as an undo.
    Otherwise,
}

/// One claim of a task, from its beginning to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AttemptRow {
    /// The task.
    pub task: TaskId,
    /// Its goal.
    pub goal: GoalId,
    /// What it is about.
    pub title: String,
    /// Who.
    pub agent: String,
    /// The fence of the claim.
    pub fence: u64,
    /// Since when.
    pub from: Timestamp,
    /// Until when; of one that goes on there is none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// How it ended, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

#[derive(FromRow)]
struct AttemptRecord {
    task: i64,
    goal: i64,
    title: String,
    holder: String,
    fence: i64,
    since: Timestamp,
    ends_at: Timestamp,
    ended_at: Option<Timestamp>,
    ended_by: Option<String>,
}

impl Views {
    /// Attempts, the latest first.
    ///
    /// # Errors
    /// A filter is wrong, the views are not that far, or the database failed us.
    pub async fn attempts(
        &self,
        request: &AttemptsRequest,
        read: &ReadAt,
    ) -> Result<Answer<Vec<AttemptRow>>, ReadError> {
        no_null_character("actor", request.actor.as_deref().unwrap_or_default())?;
        let mut snapshot = self.snapshot(read).await?;
        let records: Vec<AttemptRecord> = snapshot.rows(|question| ask(question, request)).await?;
        let now = snapshot.at;
        Ok(snapshot.answer(records.into_iter().map(|record| record.told(now)).collect()))
    }
}

/// Each begins with a `task_claimed`, which an index has by type and position; what became of it is looked up one by one. Fences only grow, so of
/// the versions from there on those with the lowest are its own; the last of them says how long it was to last, and its end which event
/// ended it.
fn ask(question: &mut Question, request: &AttemptsRequest) {
    question.add(
        "SELECT a.task, a.goal, t.title, a.holder, a.fence, a.since, a.ends_at, e.recorded_at AS ended_at, e.event_type AS ended_by
           FROM {positions} p
           CROSS JOIN LATERAL (
               SELECT c.* FROM (
                   SELECT l.task, l.goal, l.holder, l.fence, l.since, l.ends_at, l.from_position, NULL::bigint AS to_position
                     FROM {claims.live} l WHERE l.task = p.task AND l.from_position >= p.position
                   UNION ALL
                   SELECT o.task, o.goal, o.holder, o.fence, o.since, o.ends_at, o.from_position, o.to_position
                     FROM {claims.past} o WHERE o.task = p.task AND o.from_position >= p.position) c
                ORDER BY c.fence, c.from_position DESC LIMIT 1) a
           JOIN {tasks.live} t ON t.task = a.task
           LEFT JOIN {positions} e ON e.position = a.to_position
          WHERE p.event_type = 'task_claimed'",
    );
    if let Some(goal) = request.goal {
        question.add(" AND p.goal = ").bind(signed(goal.0));
    }
    if let Some(actor) = &request.actor {
        question.add(" AND a.holder = ").bind(actor.clone());
    }
    if let Some(to) = request.to {
        question.add(" AND p.recorded_at < ").bind(to);
    }
    if let Some(from) = request.from {
        question.add(" AND coalesce(e.recorded_at, a.ends_at) >= ").bind(from);
        question.add(" AND p.position >= coalesce((SELECT b.position FROM {positions} b WHERE b.recorded_at >= ");
        question.bind(from - REACH).add(" ORDER BY b.recorded_at, b.position LIMIT 1), ").bind(i64::MAX).add(")");
    }
    question.add(" ORDER BY p.position DESC").limit(request.limit);
}

impl AttemptRecord {
    fn told(self, now: Timestamp) -> AttemptRow {
        let (until, ended) = match (self.ended_at, self.ended_by.as_deref()) {
            // It was over when the lease was, whenever somebody noticed.
            (Some(_), Some("claim_expired")) => (Some(self.ends_at), Some(Ended::Expired)),
            (Some(at), by) => (Some(at), Some(ended_by(by.unwrap_or_default()))),
            (None, _) if self.ends_at <= now => (Some(self.ends_at), Some(Ended::Expired)),
            (None, _) => (None, None),
        };
        AttemptRow {
            task: TaskId(unsigned(self.task)),
            goal: GoalId(unsigned(self.goal)),
            title: self.title,
            agent: self.holder,
            fence: unsigned(self.fence),
            from: self.since,
            until,
            ended,
        }
    }
}

fn ended_by(event_type: &str) -> Ended {
    match event_type {
        "task_completed" => Ended::Completed,
        "task_failed" => Ended::Failed,
        "claim_released" => Ended::Released,
        "task_cancelled" => Ended::Cancelled,
        _ => Ended::Otherwise,
    }
}
