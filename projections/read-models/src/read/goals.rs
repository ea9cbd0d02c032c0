//! Goals: a list, a few by id, one with its tasks.

use std::collections::BTreeMap;

use domain::{GoalId, goal::GoalStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    cursor::{Cursor, fingerprint},
    filters::{checked_metadata, filter_by_metadata},
    question::Question,
    records::{GOAL_JOINS, GoalRecord, select_goals},
    snapshot::{Answer, ReadAt, Snapshot},
    tasks::{first_lease_end, tree_order},
    terms::page_rows,
};
use crate::{
    Views,
    cache::Remembered,
    error::ReadError,
    fold::signed,
    limits,
    reached::About,
    rows::{GoalRow, TaskRow},
};

/// Which goals to list; those that are searched for are [found](crate::FindRequest). Several filters must all hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GoalsRequest {
    /// Any of these statuses; all when empty.
    #[serde(default)]
    pub status: Vec<GoalStatus>,
    /// Only those with these values under these keys of their metadata.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// Only the goals that are put aside, or only those that are not; both when missing.
    #[serde(default)]
    pub archived: Option<bool>,
    /// Rows a page, 1 to 200; 50 when missing.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Where the last page ended.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// A page of goals, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GoalsPage {
    /// The position it is true for.
    pub position: u64,
    /// The log's epoch.
    pub epoch: Uuid,
    /// The goals.
    pub goals: Vec<GoalRow>,
    /// How to ask for the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A goal with all its tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GoalTree {
    /// The position it is true for.
    pub position: u64,
    /// The log's epoch.
    pub epoch: Uuid,
    /// The goal.
    pub goal: GoalRow,
    /// Its tasks, parents before their parts, siblings in the order they came.
    pub tasks: Vec<TaskRow>,
}

impl Views {
    /// Lists goals, newest first.
    ///
    /// # Errors
    /// A filter or the cursor is wrong, the views are not that far, or the database failed us.
    pub async fn goals(&self, request: &GoalsRequest, read: &ReadAt) -> Result<GoalsPage, ReadError> {
        let key = (read.as_of.is_none() && request.cursor.is_none())
            .then(|| serde_json::to_string(request).unwrap_or_default());
        if let Some(key) = &key
            && let Some(page) = self.remembered_of_all(&self.inner.caches.goals, key, read).await
        {
            return Ok(page);
        }
        let asked = fingerprint(&(GoalsRequest { cursor: None, limit: None, ..request.clone() }, read.as_of));
        let cursor: Option<Cursor<i64>> =
            request.cursor.as_deref().map(|text| Cursor::read(text, self.epoch(), asked)).transpose()?;
        let at = cursor.as_ref().map_or(*read, |cursor| ReadAt::as_of(cursor.position, cursor.at));
        checked_metadata(&request.metadata)?;
        let limit = page_rows(request.limit)?;
        let mut snapshot = self.snapshot(&at).await?;
        let mut records = list(&mut snapshot, request, limit, cursor.map(|cursor| cursor.key)).await?;
        let more = records.len() > limit as usize;
        records.truncate(limit as usize);
        let next = records.last().filter(|_| more).map(|last| {
            let (epoch, position, at) = (snapshot.epoch(), snapshot.position(), read.now);
            Cursor { epoch, position, at, question: asked, key: last.created_position }.write()
        });
        let goals = records.into_iter().map(GoalRecord::row).collect::<sqlx::Result<_>>()?;
        let page = GoalsPage { position: snapshot.position(), epoch: snapshot.epoch(), goals, next };
        if let Some(key) = key {
            self.inner.caches.goals.keep(key, remember(&snapshot, None, page.clone()));
        }
        Ok(page)
    }

    /// One goal with all its tasks; `None` when there is no such goal.
    ///
    /// # Errors
    /// The views are not that far, or the database failed us.
    pub async fn goal_tree(&self, id: GoalId, read: &ReadAt) -> Result<Option<GoalTree>, ReadError> {
        if let Some(tree) = self.remembered_tree(id, read).await {
            return Ok(Some(tree));
        }
        let mut snapshot = self.snapshot(read).await?;
        let Some(goal) = by_ids(&mut snapshot, &[id]).await?.pop() else { return Ok(None) };
        let tasks = tree_order(&mut snapshot, id).await?;
        let tree = GoalTree { position: snapshot.position(), epoch: snapshot.epoch(), goal, tasks };
        if read.as_of.is_none() {
            let lease_ends = first_lease_end(&tree.tasks);
            self.inner.caches.trees.keep(id, remember(&snapshot, lease_ends, tree.clone()));
        }
        Ok(Some(tree))
    }

    async fn remembered_tree(&self, id: GoalId, read: &ReadAt) -> Option<GoalTree> {
        if read.as_of.is_some() {
            return None;
        }
        let _heard = self.wait_for(read.min_position, limits::WAIT_BOUND_DEFAULT).await;
        let trees = &self.inner.caches.trees;
        let found = trees.get(&id, read.now).and_then(|answer| {
            let position = self.inner.reached.holds(answer.generation, answer.position, [About::Goal(signed(id.0))])?;
            (position >= read.min_position).then(|| GoalTree { position, ..answer.value.clone() })
        });
        trees.count(found.is_some());
        found
    }

    /// One goal.
    ///
    /// # Errors
    /// The views are not that far, or the database failed us.
    pub async fn goal(&self, id: GoalId, read: &ReadAt) -> Result<Answer<Option<GoalRow>>, ReadError> {
        let answer = self.goals_by_id(&[id], read).await?;
        Ok(Answer { position: answer.position, epoch: answer.epoch, value: answer.value.into_iter().next() })
    }

    /// Goals by id, at most 100, in the order of their ids; those that do not exist are missing.
    ///
    /// # Errors
    /// Too many ids, the views are not that far, or the database failed us.
    pub async fn goals_by_id(&self, ids: &[GoalId], read: &ReadAt) -> Result<Answer<Vec<GoalRow>>, ReadError> {
        at_most(ids.len())?;
        if let Some(answer) =
            self.remembered(&self.inner.caches.goal, ids, |goal| About::Goal(signed(goal.id.0)), read).await
        {
            return Ok(answer);
        }
        let mut snapshot = self.snapshot(read).await?;
        let goals = by_ids(&mut snapshot, ids).await?;
        if read.as_of.is_none() && ids.len() <= limits::REMEMBERED_IDS_MAX {
            for goal in &goals {
                self.inner.caches.goal.keep(goal.id, remember(&snapshot, None, goal.clone()));
            }
        }
        Ok(snapshot.answer(goals))
    }
}

pub(crate) fn at_most(ids: usize) -> Result<(), ReadError> {
    match ids > limits::BATCH_IDS_MAX {
        true => Err(ReadError::invalid("ids", format!("has {ids} ids; give at most {}", limits::BATCH_IDS_MAX))),
        false => Ok(()),
    }
}

pub(crate) fn remember<V>(snapshot: &Snapshot, lease_ends: Option<domain::Timestamp>, value: V) -> Remembered<V> {
    let (generation, position) = (snapshot.generation(), snapshot.position());
    Remembered { generation, position, at: snapshot.at, lease_ends, value }
}

pub(super) async fn by_ids(snapshot: &mut Snapshot, ids: &[GoalId]) -> Result<Vec<GoalRow>, ReadError> {
    let numbers: Vec<i64> = ids.iter().map(|id| signed(id.0)).collect();
    let ask = |question: &mut Question| {
        select_goals(question).add(" FROM").add(GOAL_JOINS).add(" WHERE {@g} AND g.goal = ANY(").bind(numbers.clone());
        question.add(") ORDER BY g.goal");
    };
    let records: Vec<GoalRecord> = snapshot.rows(ask).await?;
    Ok(records.into_iter().map(GoalRecord::row).collect::<sqlx::Result<_>>()?)
}

async fn list(
    snapshot: &mut Snapshot,
    request: &GoalsRequest,
    limit: u32,
    before: Option<i64>,
) -> Result<Vec<GoalRecord>, ReadError> {
    let ask = |question: &mut Question| {
        listed(question, request);
        if let Some(before) = before {
            question.add(" AND g.created_position < ").bind(before);
        }
        question.add(" ORDER BY g.created_position DESC").limit(limit + 1);
    };
    snapshot.rows(ask).await
}

/// Ends inside the conditions.
fn listed(question: &mut Question, request: &GoalsRequest) {
    select_goals(question).add(" FROM").add(GOAL_JOINS).add(" WHERE {@g}");
    if !request.status.is_empty() {
        let words: Vec<&'static str> = request.status.iter().map(Into::into).collect();
        question.add(" AND g.status = ANY(").bind(words).add(")");
    }
    if let Some(archived) = request.archived {
        question.add(" AND g.archived = ").bind(archived);
    }
    filter_by_metadata(question, "g", &request.metadata);
}
