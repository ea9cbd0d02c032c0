//! `find`: goals and tasks by words, by terms and by what an agent wants to know next.

mod conditions;
mod near;
mod remembered;
mod statement;
mod whole;
mod why;

#[cfg(test)]
mod plans;

pub use whole::{Portion, TasksPage};

use std::collections::BTreeMap;

use domain::{GoalId, goal::GoalStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    cursor::{Cursor, fingerprint},
    filters::checked_metadata,
    goals::remember,
    records::FoundRecord,
    snapshot::{ReadAt, Snapshot},
    terms::{Terms, checked_values, known_status, no_null_character, page_rows},
};
use crate::{
    Views,
    error::ReadError,
    limits,
    rows::{FoundRow, Kind},
};

/// What an agent wants to know next. Goals are found by `mine`, `overdue`, `open` and `all`, tasks by each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindView {
    /// Tasks that somebody could take at this moment and begin.
    Ready,
    /// What I hold or am assigned to, and is not closed.
    Mine,
    /// Open tasks that wait for others, or that somebody said cannot go on.
    Blocked,
    /// Open tasks in work that nobody holds, whose lease ran out or to which nothing has happened for a week.
    Stale,
    /// What should have been done by now.
    Overdue,
    /// What is still to be done: neither closed nor put aside, and of a goal that is not.
    Open,
    /// Everything, also what is put aside. Without a view, everything that is not.
    All,
}

/// What to find. Everything given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindRequest {
    /// Words to search for, and `tag:`, `goal:`, `by:`, `status:`, `priority:` terms: any of several of one kind, but all tags.
    #[serde(default)]
    pub q: Option<String>,
    /// What an agent wants to know next.
    #[serde(default)]
    pub view: Option<FindView>,
    /// Only goals, or only tasks.
    #[serde(default)]
    pub kind: Option<Kind>,
    /// Only this goal and its tasks.
    #[serde(default)]
    pub goal: Option<GoalId>,
    /// All of these tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Any of these statuses.
    #[serde(default)]
    pub status: Vec<String>,
    /// Only what this one looks after.
    #[serde(default)]
    pub assignee: Option<String>,
    /// Only what has these values under these keys of its metadata.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// Who asks: `mine` needs it.
    #[serde(default)]
    pub me: Option<String>,
    /// Rows a page, 1 to 200; 50 when missing.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Where the last page ended.
    #[serde(default)]
    pub cursor: Option<String>,
}

impl FindRequest {
    /// The goals that it names: as a field, and as a term of `q`.
    pub fn named_goals(&self) -> Vec<GoalId> {
        let terms = Terms::read(self.q.as_deref().unwrap_or_default()).unwrap_or_default();
        self.goal.into_iter().chain(terms.goals).collect()
    }
}

/// A page of what was found: the best match first, then the most important, then what most others wait for, then the oldest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FindPage {
    /// The position it is true for.
    pub position: u64,
    /// The log's epoch.
    pub epoch: Uuid,
    /// What was found.
    pub rows: Vec<FoundRow>,
    /// How to ask for the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Rank, priority, how many it holds up, and creation of the last row of a page.
pub(crate) type Key = (i64, i16, i32, i64);

/// A request whose terms have been read.
#[derive(Clone)]
struct Wanted<'a> {
    request: &'a FindRequest,
    terms: Terms,
    /// One of these, if it matters; of none when what was asked for contradicts itself.
    status: Option<Vec<String>>,
    limit: u32,
}

impl<'a> Wanted<'a> {
    fn read(request: &'a FindRequest) -> Result<Self, ReadError> {
        let mut terms = Terms::read(request.q.as_deref().unwrap_or_default())?;
        checked_values("tags", &request.tags)?;
        checked_values("status", &request.status)?;
        no_null_character("me", request.me.as_deref().unwrap_or_default())?;
        checked_metadata(&request.metadata)?;
        no_null_character("assignee", request.assignee.as_deref().unwrap_or_default())?;
        if request.view == Some(FindView::Mine) && request.me.is_none() {
            return Err(ReadError::invalid("me", "is missing; the view `mine` needs to know who asks"));
        }
        let status = request.status.iter().map(|text| known_status("status", text)).collect::<Result<Vec<_>, _>>()?;
        let status = in_both(status, std::mem::take(&mut terms.status));
        terms.tags.extend(request.tags.iter().cloned());
        Ok(Self { request, terms, status, limit: page_rows(request.limit)? })
    }

    /// Whether a goal may be among them.
    fn goals(&self) -> bool {
        use FindView as V;
        let tasks_only = matches!(self.request.view, Some(V::Ready | V::Blocked | V::Stale));
        let is_of_goals = self.status_of_goals().is_none_or(|status| !status.is_empty());
        self.request.kind != Some(Kind::Task) && !tasks_only && is_of_goals
    }

    /// Goals stand in fewer ways than tasks.
    fn status_of_goals(&self) -> Option<Vec<String>> {
        let is_of_goals = |status: &&String| status.parse::<GoalStatus>().is_ok();
        self.status.as_ref().map(|status| status.iter().filter(is_of_goals).cloned().collect())
    }

    fn tasks(&self) -> bool {
        self.request.kind != Some(Kind::Goal)
    }
}

/// What is asked for as a field and in the text must hold both ways.
fn in_both(field: Vec<String>, term: Vec<String>) -> Option<Vec<String>> {
    match (field.is_empty(), term.is_empty()) {
        (true, true) => None,
        (true, false) => Some(term),
        (false, true) => Some(field),
        (false, false) => Some(field.into_iter().filter(|status| term.contains(status)).collect()),
    }
}

impl Views {
    /// Finds goals and tasks.
    ///
    /// # Errors
    /// A filter or the cursor is wrong, the views are not that far, or the database failed us.
    pub async fn find(&self, request: &FindRequest, read: &ReadAt) -> Result<FindPage, ReadError> {
        let wanted = Wanted::read(request)?;
        let key = remembered::key(request, read);
        if let Some(key) = &key
            && let Some(page) = self.remembered_of_all(&self.inner.caches.found, key, read).await
        {
            return Ok(page);
        }
        let (mut snapshot, Page { mut records, next }) = page_of(self, &wanted, read).await?;
        let (limit, is_first) = (wanted.limit as usize, request.cursor.is_none());
        let exact = records.len();
        if is_first && exact < limits::FORGIVING_BELOW.min(limit) {
            records.extend(near::found(&mut snapshot, &wanted, &records).await?);
        }
        let mut rows = match request.view {
            // Nothing stands in the way of what is ready.
            Some(FindView::Ready) => records.into_iter().map(FoundRecord::row).collect(),
            _ => why::explained(&mut snapshot, records).await?,
        };
        rows.iter_mut().skip(exact).for_each(|row| row.near = true);
        let page = FindPage { position: snapshot.position(), epoch: snapshot.epoch(), rows, next };
        if let Some((key, lease_ends)) = key.zip(snapshot.next_lease_end()) {
            self.inner.caches.found.keep(key, remember(&snapshot, lease_ends, page.clone()));
        }
        Ok(page)
    }
}

/// What was found, and how to go on.
struct Page {
    records: Vec<FoundRecord>,
    next: Option<String>,
}

/// The page that a request asks for, and the moment it is of.
async fn page_of(views: &Views, wanted: &Wanted<'_>, read: &ReadAt) -> Result<(Snapshot, Page), ReadError> {
    let request = wanted.request;
    let asked =
        fingerprint(&(FindRequest { cursor: None, limit: None, ..remembered::whoever_asks(request) }, read.as_of));
    let cursor: Option<Cursor<Key>> =
        request.cursor.as_deref().map(|text| Cursor::read(text, views.epoch(), asked)).transpose()?;
    let mut snapshot = match &cursor {
        None => {
            let mut snapshot = views.snapshot(read).await?;
            snapshot.want_next_lease_end();
            snapshot
        }
        Some(cursor) => {
            let mut snapshot = views.snapshot(&ReadAt::as_of(cursor.position, cursor.at)).await?;
            snapshot.at = cursor.at;
            snapshot
        }
    };
    let mut records = found(&mut snapshot, wanted, cursor.map(|cursor| cursor.key)).await?;
    let limit = wanted.limit as usize;
    let more = records.len() > limit;
    records.truncate(limit);
    let next = records.last().filter(|_| more).map(|last| {
        let key = (last.rank, last.priority, last.holds_up, last.created_position);
        let (epoch, position, at) = (snapshot.epoch(), snapshot.position(), snapshot.at);
        Cursor { epoch, position, at, question: asked, key }.write()
    });
    Ok((snapshot, Page { records, next }))
}

async fn found(
    snapshot: &mut Snapshot,
    wanted: &Wanted<'_>,
    after: Option<Key>,
) -> Result<Vec<FoundRecord>, ReadError> {
    match wanted.goals() || wanted.tasks() {
        true => snapshot.rows(|question| statement::page(question, wanted, after)).await,
        false => Ok(Vec::new()),
    }
}
