//! Rows as the database has them, and as callers see them.

mod versions;

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    GoalId, TaskId, Timestamp,
    goal::{Priority, Subject},
    time::Due,
};
use serde_json::Value;
use sqlx::types::Json;

use super::question::Question;
use crate::{
    fold::unsigned,
    rows::{ClaimRow, CommentRow, CriterionRow, FoundRow, GoalRow, Kind, LinkRow, Progress, TaskRow},
};

/// Whole goals: the rows of `g`, `p` and `s`. The caller goes on with its conditions.
pub(crate) fn select_goals(question: &mut Question) -> &mut Question {
    question.add(
        "SELECT g.goal, g.title, g.status, g.priority, g.archived, g.tags, g.links, g.metadata, g.version, g.created_position,
                g.created_at, greatest(g.changed_at, p.counted_at) AS changed_at, g.due, g.assignee,
                p.pending, p.in_progress, p.blocked, p.in_review, p.completed, p.failed, p.cancelled, s.description, s.result",
    )
}

/// What [`select_goals`] reads, joined.
pub(crate) const GOAL_JOINS: &str = " {goals} g JOIN {progress} p ON p.goal = g.goal AND {@p}
    JOIN {search} s ON s.kind = 'goal' AND s.number = g.goal AND {@s}";

#[derive(sqlx::FromRow)]
pub(crate) struct GoalRecord {
    goal: i64,
    title: String,
    status: String,
    priority: i16,
    archived: bool,
    tags: Json<BTreeSet<String>>,
    links: Json<BTreeSet<LinkRow>>,
    metadata: Json<BTreeMap<String, Value>>,
    version: i64,
    pub(crate) created_position: i64,
    created_at: Timestamp,
    changed_at: Timestamp,
    due: Option<String>,
    assignee: Option<String>,
    pending: i32,
    in_progress: i32,
    blocked: i32,
    in_review: i32,
    completed: i32,
    failed: i32,
    cancelled: i32,
    description: Option<String>,
    result: Option<String>,
}

impl GoalRecord {
    fn progress(&self) -> Progress {
        let count = |count: i32| u32::try_from(count).unwrap_or(0);
        let [pending, in_progress, blocked, in_review, completed, failed, cancelled] =
            [self.pending, self.in_progress, self.blocked, self.in_review, self.completed, self.failed, self.cancelled]
                .map(count);
        let total = pending + in_progress + blocked + in_review + completed + failed + cancelled;
        Progress { total, pending, in_progress, blocked, in_review, completed, failed, cancelled }
    }

    pub(crate) fn row(self) -> sqlx::Result<GoalRow> {
        Ok(GoalRow {
            progress: self.progress(),
            id: GoalId(unsigned(self.goal)),
            title: self.title,
            description: self.description,
            status: word(&self.status)?,
            priority: priority(self.priority),
            tags: self.tags.0,
            due: due(self.due)?,
            assignee: self.assignee,
            links: self.links.0.into_iter().collect(),
            metadata: self.metadata.0,
            result: self.result,
            archived: self.archived,
            version: unsigned(self.version),
            created_at: self.created_at,
            updated_at: self.changed_at,
        })
    }
}

const TASK_COLUMNS: &str =
    "SELECT t.task, t.goal, t.parent, t.title, t.status, t.priority, t.archived, t.tags, t.after_tasks, t.criteria, t.links,
            t.metadata, t.version, t.placed_position, t.created_at, t.changed_at, t.estimate_minutes, t.due, t.assignee,
            t.blocked_reason, c.holder, c.fence, c.since, c.ends_at";

/// Whole tasks: the rows of `t`, `c` and `s`. The caller goes on with its conditions.
pub(crate) fn select_tasks(question: &mut Question) -> &mut Question {
    question.add(TASK_COLUMNS).add(", s.description, s.result")
}

/// Tasks without their long texts: the rows of `t` and `c`.
pub(crate) fn select_tasks_without_texts(question: &mut Question) -> &mut Question {
    question.add(TASK_COLUMNS).add(", NULL::text AS description, NULL::text AS result")
}

/// What [`select_tasks`] reads, joined. Only leases that are live at the time asked for.
pub(crate) const TASK_JOINS: &str = " {tasks} t LEFT JOIN {claims} c ON c.task = t.task AND {@c} AND c.ends_at > {now}
    JOIN {search} s ON s.kind = 'task' AND s.number = t.task AND {@s}";

#[derive(sqlx::FromRow)]
pub(crate) struct TaskRecord {
    task: i64,
    goal: i64,
    parent: Option<i64>,
    title: String,
    status: String,
    priority: i16,
    archived: bool,
    tags: Json<BTreeSet<String>>,
    after_tasks: Json<BTreeSet<TaskId>>,
    criteria: Json<Vec<CriterionRow>>,
    links: Json<BTreeSet<LinkRow>>,
    metadata: Json<BTreeMap<String, Value>>,
    version: i64,
    pub(crate) placed_position: i64,
    created_at: Timestamp,
    changed_at: Timestamp,
    estimate_minutes: Option<i32>,
    due: Option<String>,
    assignee: Option<String>,
    blocked_reason: Option<String>,
    #[sqlx(flatten)]
    claim: ClaimRecord,
    description: Option<String>,
    result: Option<String>,
}

impl TaskRecord {
    pub(crate) fn row(self) -> sqlx::Result<TaskRow> {
        Ok(TaskRow {
            id: TaskId(unsigned(self.task)),
            goal: GoalId(unsigned(self.goal)),
            parent: self.parent.map(|parent| TaskId(unsigned(parent))),
            title: self.title,
            description: self.description,
            status: word(&self.status)?,
            blocked_reason: self.blocked_reason,
            priority: priority(self.priority),
            tags: self.tags.0,
            after: self.after_tasks.0,
            claim: self.claim.row(),
            estimate_minutes: self.estimate_minutes.and_then(|minutes| u32::try_from(minutes).ok()),
            due: due(self.due)?,
            assignee: self.assignee,
            criteria: self.criteria.0,
            links: self.links.0.into_iter().collect(),
            metadata: self.metadata.0,
            result: self.result,
            archived: self.archived,
            version: unsigned(self.version),
            created_at: self.created_at,
            updated_at: self.changed_at,
        })
    }
}

/// A claim joined to a task: all there or nothing.
#[derive(sqlx::FromRow)]
pub(crate) struct ClaimRecord {
    holder: Option<String>,
    fence: Option<i64>,
    since: Option<Timestamp>,
    ends_at: Option<Timestamp>,
}

impl ClaimRecord {
    pub(crate) fn row(self) -> Option<ClaimRow> {
        let (holder, fence, since, until) = (self.holder?, unsigned(self.fence?), self.since?, self.ends_at?);
        Some(ClaimRow { holder, fence, since, until })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct CommentRecord {
    goal: i64,
    comment: i64,
    task: Option<i64>,
    kind: String,
    body: String,
    author: Option<String>,
    said_at: Timestamp,
}

impl CommentRecord {
    pub(crate) fn row(self) -> sqlx::Result<CommentRow> {
        Ok(CommentRow {
            goal: GoalId(unsigned(self.goal)),
            comment: u32::try_from(self.comment).unwrap_or(u32::MAX),
            task: self.task.map(|task| TaskId(unsigned(task))),
            kind: word(&self.kind)?,
            body: self.body,
            author: self.author,
            at: self.said_at,
        })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct FoundRecord {
    kind: String,
    pub(crate) number: i64,
    goal: i64,
    title: String,
    status: String,
    pub(crate) priority: i16,
    pub(crate) holds_up: i32,
    archived: bool,
    tags: Json<BTreeSet<String>>,
    pub(crate) created_position: i64,
    pub(crate) rank: i64,
    #[sqlx(flatten)]
    claim: ClaimRecord,
}

impl FoundRecord {
    /// Which goal or task it is.
    pub(crate) fn key(&self) -> (String, i64) {
        (self.kind.clone(), self.number)
    }

    pub(crate) fn row(self) -> FoundRow {
        let number = unsigned(self.number);
        let (kind, id) = match self.kind.as_str() {
            crate::views::GOAL => (Kind::Goal, Subject::Goal(GoalId(number))),
            _ => (Kind::Task, Subject::Task(TaskId(number))),
        };
        FoundRow {
            id,
            kind,
            goal: GoalId(unsigned(self.goal)),
            title: self.title,
            status: self.status,
            priority: priority(self.priority),
            tags: self.tags.0,
            claim: self.claim.row(),
            why_blocked: None,
            archived: self.archived,
            near: false,
        }
    }
}

fn priority(stored: i16) -> Priority {
    let all = [Priority::Low, Priority::Medium, Priority::High];
    all.into_iter().find(|priority| *priority as i16 == stored).unwrap_or(Priority::Critical)
}

fn word<T: std::str::FromStr>(text: &str) -> sqlx::Result<T> {
    text.parse().map_err(|_| sqlx::Error::Decode(format!("the views hold the unknown word `{text}`").into()))
}

fn due(text: Option<String>) -> sqlx::Result<Option<Due>> {
    let due = text.map(|text| serde_json::from_value(Value::String(text)));
    due.transpose().map_err(|error| sqlx::Error::Decode(error.into()))
}
