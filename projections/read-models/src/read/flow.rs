//! How work flowed: what came, what was done and how long it took, in stretches of time. All of it is counted from the past, so it can be
//! asked for any stretch of it.
//!
//! A stretch of time is a stretch of positions, since time never goes back in the log: its ends are looked up once, and everything else
//! is counted by position.

use chrono::TimeDelta;
use domain::{GoalId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::FromRow;

use super::{
    question::Question,
    snapshot::{Answer, ReadAt, Snapshot},
};
use crate::{
    Views,
    error::ReadError,
    fold::{signed, unsigned},
};

/// Which stretch of time, in how many parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowRequest {
    /// Of this goal alone.
    pub goal: Option<GoalId>,
    /// Where it begins; not after its end.
    pub from: Timestamp,
    /// Where it ends, itself not in it.
    pub to: Timestamp,
    /// In so many parts, 1 or more.
    pub buckets: u32,
}

/// A part of the time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct FlowBucket {
    /// Where it begins.
    pub at: Timestamp,
    /// All events.
    pub events: u64,
    /// Tasks that were added.
    pub created: u64,
    /// Completions of tasks.
    pub completed: u64,
    /// Tasks that failed.
    pub failed: u64,
    /// Tasks that were cancelled.
    pub cancelled: u64,
    /// Tasks that were thought to be closed and were not: rework.
    pub reopened: u64,
    /// Claims.
    pub claimed: u64,
    /// Tasks still to do at its end: neither put aside themselves nor of a goal that is, or that is cancelled.
    pub open: u64,
    /// Tasks done by its end, but for those that are put aside, or whose goal is.
    pub done: u64,
    /// From adding a task to completing it, in seconds: the median of those completed here.
    pub lead_p50_s: Option<f64>,
    /// Nine of ten took no longer.
    pub lead_p90_s: Option<f64>,
    /// From beginning to work on a task to completing it, in seconds: the median of those completed here.
    pub cycle_p50_s: Option<f64>,
    /// Nine of ten took no longer.
    pub cycle_p90_s: Option<f64>,
}

/// Positions that begin the parts, and the one behind the last. Where nothing happened any more they are higher than any.
struct Stretch {
    starts: Vec<i64>,
    goal: Option<i64>,
}

#[derive(FromRow)]
struct Durations {
    bucket: i32,
    lead: Option<Vec<f64>>,
    cycle: Option<Vec<f64>>,
}

impl Views {
    /// What happened in each part of a stretch of time.
    ///
    /// # Errors
    /// The views are not that far, or the database failed us.
    pub async fn flow(&self, request: &FlowRequest, read: &ReadAt) -> Result<Answer<Vec<FlowBucket>>, ReadError> {
        let ends = ends(request);
        let mut snapshot = self.snapshot(read).await?;
        let starts = starts(&mut snapshot, &ends).await?;
        let stretch = Stretch { starts, goal: request.goal.map(|goal| signed(goal.0)) };
        let mut buckets: Vec<FlowBucket> =
            ends[..ends.len() - 1].iter().map(|at| FlowBucket { at: *at, ..FlowBucket::default() }).collect();
        count(&mut snapshot, &stretch, &mut buckets).await?;
        count_reopened(&mut snapshot, &stretch, &mut buckets).await?;
        level(&mut snapshot, &stretch, &mut buckets).await?;
        time(&mut snapshot, &stretch, &mut buckets).await?;
        Ok(snapshot.answer(buckets))
    }

    /// When the first event was recorded, if there is one.
    ///
    /// # Errors
    /// The views are not that far, or the database failed us.
    pub async fn begun_at(&self, goal: Option<GoalId>, read: &ReadAt) -> Result<Option<Timestamp>, ReadError> {
        let mut snapshot = self.snapshot(read).await?;
        let ask = |question: &mut Question| {
            question.add("SELECT p.recorded_at FROM {positions} p WHERE true");
            of_goal(question, "p", goal.map(|goal| signed(goal.0)));
            question.add(" ORDER BY p.position").limit(1);
        };
        let found: Vec<(Timestamp,)> = snapshot.rows(ask).await?;
        Ok(found.first().map(|(at,)| *at))
    }
}

/// Where the parts begin, and where the last one ends.
fn ends(request: &FlowRequest) -> Vec<Timestamp> {
    let whole = (request.to - request.from).num_microseconds().unwrap_or(i64::MAX);
    let parts = request.buckets.max(1);
    let of = |part: u32| i64::try_from(i128::from(whole) * i128::from(part) / i128::from(parts)).unwrap_or(whole);
    (0..=parts).map(|part| request.from + TimeDelta::microseconds(of(part))).collect()
}

async fn starts(snapshot: &mut Snapshot, ends: &[Timestamp]) -> Result<Vec<i64>, ReadError> {
    let ask = |question: &mut Question| {
        question.add("SELECT (SELECT p.position FROM {positions} p WHERE p.recorded_at >= e.at");
        question.add(" ORDER BY p.recorded_at, p.position").limit(1).add(") FROM unnest(").bind(ends.to_vec());
        question.add(") WITH ORDINALITY e(at, place) ORDER BY e.place");
    };
    let found: Vec<(Option<i64>,)> = snapshot.rows(ask).await?;
    Ok(found.into_iter().map(|(first,)| first.unwrap_or(i64::MAX)).collect())
}

async fn count(snapshot: &mut Snapshot, stretch: &Stretch, buckets: &mut [FlowBucket]) -> Result<(), ReadError> {
    let ask = |question: &mut Question| {
        stretch.bucket(question, "p.position").add(", p.event_type, count(*) FROM {positions} p WHERE ");
        stretch.holds(question, "p").add(" GROUP BY 1, 2");
    };
    let found: Vec<(i32, String, i64)> = snapshot.rows(ask).await?;
    for (bucket, event_type, count) in found {
        let Some(bucket) = numbered(buckets, bucket) else { continue };
        let count = unsigned(count);
        bucket.events += count;
        match event_type.as_str() {
            "task_added" => bucket.created = count,
            "task_completed" => bucket.completed = count,
            "task_failed" => bucket.failed = count,
            "task_cancelled" => bucket.cancelled = count,
            "task_claimed" => bucket.claimed = count,
            _ => {}
        }
    }
    Ok(())
}

/// A task given back is reopened too, but had not been closed.
async fn count_reopened(
    snapshot: &mut Snapshot,
    stretch: &Stretch,
    buckets: &mut [FlowBucket],
) -> Result<(), ReadError> {
    let ask = |question: &mut Question| {
        stretch.bucket(question, "p.position").add(", count(*) FROM {positions} p WHERE ");
        stretch.holds(question, "p").add(" AND p.event_type = 'task_reopened' AND EXISTS (SELECT FROM {tasks.past} v");
        question.add(" WHERE v.task = p.task AND v.to_position = p.position");
        question.add(" AND v.status IN ('completed', 'failed', 'cancelled')) GROUP BY 1");
    };
    let found: Vec<(i32, i64)> = snapshot.rows(ask).await?;
    for (bucket, count) in found {
        if let Some(bucket) = numbered(buckets, bucket) {
            bucket.reopened = unsigned(count);
        }
    }
    Ok(())
}

/// Each version of a task adds one to those that are as it is, from where it begins to where it ends, for as long as its goal is not put
/// aside; what is left to do of a cancelled goal is not to be done either. What came before the first part stands in part 0.
async fn level(snapshot: &mut Snapshot, stretch: &Stretch, buckets: &mut [FlowBucket]) -> Result<(), ReadError> {
    let ask = |question: &mut Question| {
        stretch.bucket(question, "c.position").add(", v.status = 'completed', sum(c.change)::bigint FROM (");
        standing(question, "tasks", "NOT t.archived AND t.status <> 'cancelled'", stretch.goal);
        question.add(") v JOIN (");
        standing(question, "goals", "NOT t.archived", stretch.goal);
        // Where neither ends, `least` is nothing, and nothing is taken away again.
        question.add(") g ON g.goal = v.goal AND (v.status = 'completed' OR g.status <> 'cancelled')");
        question.add(" AND (g.to_position IS NULL OR g.to_position > v.from_position)");
        question.add(" AND (v.to_position IS NULL OR v.to_position > g.from_position) CROSS JOIN LATERAL (VALUES");
        question.add(" (greatest(v.from_position, g.from_position), 1), (least(v.to_position, g.to_position), -1)) c(position, change)");
        question.add(" WHERE c.position < ").bind(stretch.end()).add(" GROUP BY 1, 2");
    };
    let found: Vec<(i32, bool, i64)> = snapshot.rows(ask).await?;
    let change = |part: usize, done: bool| -> i64 {
        let is_it = |(bucket, is_done, _): &&(i32, bool, i64)| usize::try_from(*bucket) == Ok(part) && *is_done == done;
        found.iter().filter(is_it).map(|(_, _, change)| change).sum()
    };
    let (mut open, mut done) = (change(0, false), change(0, true));
    for (place, bucket) in buckets.iter_mut().enumerate() {
        open += change(place + 1, false);
        done += change(place + 1, true);
        (bucket.open, bucket.done) = (unsigned(open), unsigned(done));
    }
    Ok(())
}

/// Every version of a view for which something holds, and from where to where it stood.
fn standing(question: &mut Question, view: &str, holds: &str, goal: Option<i64>) {
    for (place, (table, to)) in [("live", "NULL::bigint"), ("past", "t.to_position")].iter().enumerate() {
        question.add(if place > 0 { " UNION ALL " } else { "" });
        question.add(&format!(
            "SELECT t.goal, t.status, t.from_position, {to} AS to_position FROM {{{view}.{table}}} t WHERE {holds}"
        ));
        of_goal(question, "t", goal);
    }
}

async fn time(snapshot: &mut Snapshot, stretch: &Stretch, buckets: &mut [FlowBucket]) -> Result<(), ReadError> {
    const PERCENTILES: &str =
        "percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM c.recorded_at - ";
    const BEGUN: &str = " FROM {positions} c JOIN {tasks.live} t ON t.task = c.task CROSS JOIN LATERAL (SELECT min(v.changed_at) AS at FROM (
         SELECT l.changed_at, l.status, l.from_position FROM {tasks.live} l WHERE l.task = c.task
         UNION ALL SELECT o.changed_at, o.status, o.from_position FROM {tasks.past} o WHERE o.task = c.task) v
        WHERE v.status = 'in_progress' AND v.from_position <= c.position) begun WHERE c.event_type = 'task_completed' AND ";
    let ask = |question: &mut Question| {
        stretch
            .bucket(question, "c.position")
            .add(" AS bucket, ")
            .add(PERCENTILES)
            .add("t.created_at)::float8) AS lead, ");
        question.add(PERCENTILES).add("begun.at)::float8) AS cycle").add(BEGUN);
        stretch.holds(question, "c").add(" GROUP BY 1");
    };
    let found: Vec<Durations> = snapshot.rows(ask).await?;
    for Durations { bucket, lead, cycle } in found {
        let Some(bucket) = numbered(buckets, bucket) else { continue };
        (bucket.lead_p50_s, bucket.lead_p90_s) = pair(lead);
        (bucket.cycle_p50_s, bucket.cycle_p90_s) = pair(cycle);
    }
    Ok(())
}

fn pair(percentiles: Option<Vec<f64>>) -> (Option<f64>, Option<f64>) {
    let percentiles = percentiles.unwrap_or_default();
    (percentiles.first().copied(), percentiles.get(1).copied())
}

/// Postgres numbers them from 1.
fn numbered(buckets: &mut [FlowBucket], number: i32) -> Option<&mut FlowBucket> {
    buckets.get_mut(usize::try_from(number).ok()?.checked_sub(1)?)
}

fn of_goal(question: &mut Question, row: &str, goal: Option<i64>) {
    if let Some(goal) = goal {
        question.add(&format!(" AND {row}.goal = ")).bind(goal);
    }
}

impl Stretch {
    fn end(&self) -> i64 {
        self.starts.last().copied().unwrap_or(i64::MAX)
    }

    /// Begins a question: the number of the part that a position is in.
    fn bucket<'q>(&self, question: &'q mut Question, position: &str) -> &'q mut Question {
        question.add(&format!("SELECT width_bucket({position}, ")).bind(self.starts.clone()).add(")")
    }

    /// The row is of this stretch.
    fn holds<'q>(&self, question: &'q mut Question, row: &str) -> &'q mut Question {
        let first = self.starts.first().copied().unwrap_or(i64::MAX);
        question.add(&format!("{row}.position >= ")).bind(first);
        question.add(&format!(" AND {row}.position < ")).bind(self.end());
        of_goal(question, row, self.goal);
        question
    }
}
