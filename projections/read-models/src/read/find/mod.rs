//! `find`: goals and tasks by words, by terms and by what an agent wants to know next.

mod conditions;
mod why;

use domain::GoalId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    cursor::{Cursor, fingerprint},
    filters::{Among, filter_by_tags, filter_by_words, query_of_words},
    question::Question,
    records::FoundRecord,
    snapshot::{ReadAt, Snapshot},
    terms::{Terms, checked_values, known_status, no_null_character, page_rows},
};
use crate::{
    Views,
    error::ReadError,
    fold::signed,
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
    /// Words to search for, and `tag:`, `goal:`, `by:`, `status:` terms.
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
        self.goal.into_iter().chain(terms.goal).collect()
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
struct Wanted<'a> {
    request: &'a FindRequest,
    terms: Terms,
    status: Vec<String>,
    limit: u32,
}

impl<'a> Wanted<'a> {
    fn read(request: &'a FindRequest) -> Result<Self, ReadError> {
        let mut terms = Terms::read(request.q.as_deref().unwrap_or_default())?;
        checked_values("tags", &request.tags)?;
        checked_values("status", &request.status)?;
        no_null_character("me", request.me.as_deref().unwrap_or_default())?;
        if request.view == Some(FindView::Mine) && request.me.is_none() {
            return Err(ReadError::invalid("me", "is missing; the view `mine` needs to know who asks"));
        }
        let mut status =
            request.status.iter().map(|text| known_status("status", text)).collect::<Result<Vec<_>, _>>()?;
        status.append(&mut terms.status);
        terms.tags.extend(request.tags.iter().cloned());
        Ok(Self { request, terms, status, limit: page_rows(request.limit)? })
    }

    /// Whether the view has goals.
    fn goals(&self) -> bool {
        use FindView as V;
        let tasks_only = matches!(self.request.view, Some(V::Ready | V::Blocked | V::Stale));
        self.request.kind != Some(Kind::Task) && !tasks_only
    }

    fn tasks(&self) -> bool {
        self.request.kind != Some(Kind::Goal)
    }
}

impl Views {
    /// Finds goals and tasks.
    ///
    /// # Errors
    /// A filter or the cursor is wrong, the views are not that far, or the database failed us.
    pub async fn find(&self, request: &FindRequest, read: &ReadAt) -> Result<FindPage, ReadError> {
        let wanted = Wanted::read(request)?;
        let asked = fingerprint(&(FindRequest { cursor: None, limit: None, ..request.clone() }, read.as_of));
        let cursor: Option<Cursor<Key>> =
            request.cursor.as_deref().map(|text| Cursor::read(text, self.epoch(), asked)).transpose()?;
        let mut snapshot = match &cursor {
            None => self.snapshot(read).await?,
            Some(cursor) => {
                let mut snapshot = self.snapshot(&ReadAt::as_of(cursor.position, cursor.at)).await?;
                snapshot.at = cursor.at;
                snapshot
            }
        };
        let mut records = found(&mut snapshot, &wanted, cursor.map(|cursor| cursor.key)).await?;
        let limit = wanted.limit as usize;
        let more = records.len() > limit;
        records.truncate(limit);
        let next = records.last().filter(|_| more).map(|last| {
            let key = (last.rank, last.priority, last.holds_up, last.created_position);
            let (epoch, position, at) = (snapshot.epoch(), snapshot.position(), snapshot.at);
            Cursor { epoch, position, at, question: asked, key }.write()
        });
        let rows = match request.view {
            // Nothing stands in the way of what is ready.
            Some(FindView::Ready) => records.into_iter().map(FoundRecord::row).collect(),
            _ => why::explained(&mut snapshot, records).await?,
        };
        Ok(FindPage { position: snapshot.position(), epoch: snapshot.epoch(), rows, next })
    }
}

async fn found(
    snapshot: &mut Snapshot,
    wanted: &Wanted<'_>,
    after: Option<Key>,
) -> Result<Vec<FoundRecord>, ReadError> {
    let arms: &[Select] = match (wanted.goals(), wanted.tasks()) {
        (true, true) => &[goals, tasks],
        (true, false) => &[goals],
        (false, true) => &[tasks],
        (false, false) => return Ok(Vec::new()),
    };
    snapshot.rows(|question| page(question, wanted, arms, after)).await
}

fn page(question: &mut Question, wanted: &Wanted, arms: &[Select], after: Option<Key>) {
    question.add("SELECT f.*, c.holder, c.fence, c.since, c.ends_at FROM (");
    for (place, select) in arms.iter().enumerate() {
        question.add(if place > 0 { " UNION ALL " } else { "" });
        arm(question, wanted, after, *select);
    }
    question.add(") f LEFT JOIN {claims} c ON f.kind = 'task' AND c.task = f.number AND {@c}");
    if wanted.request.view != Some(FindView::Stale) {
        question.add(" AND c.ends_at > {now}");
    }
    question.add(order(wanted)).limit(wanted.limit + 1);
}

type Select = fn(&mut Question, &Wanted);

/// Without words all ranks are the same, and would only hide from the planner that what is sorted need not be sorted again.
fn order(wanted: &Wanted) -> &'static str {
    match wanted.terms.words.is_empty() {
        true => " ORDER BY priority DESC, holds_up DESC, created_position",
        false => " ORDER BY rank DESC, priority DESC, holds_up DESC, created_position",
    }
}

/// Each kind is sorted and cut by itself, so that conditions that cost much are asked only until a page is full.
fn arm(question: &mut Question, wanted: &Wanted, after: Option<Key>, select: Select) {
    question.add(
        "(SELECT kind, number, goal, title, status, priority, holds_up, archived, tags, created_position, rank FROM (",
    );
    select(question, wanted);
    if let Some((rank, priority, holds_up, created)) = after {
        question.add(" AND (rank < ").bind(rank).add(" OR (rank = ").bind(rank);
        question.add(" AND (priority < ").bind(priority).add(" OR (priority = ").bind(priority);
        question.add(" AND (holds_up < ").bind(holds_up).add(" OR (holds_up = ").bind(holds_up);
        question.add(" AND created_position > ").bind(created).add("))))))");
    }
    question.add(order(wanted)).limit(wanted.limit + 1).add(")");
}

/// Ends inside the conditions of the arm.
fn goals(question: &mut Question, wanted: &Wanted) {
    question.add("SELECT g.*, 0 AS holds_up, 'goal' AS kind, g.goal AS number, ");
    rank(question, &wanted.terms.words);
    question.add(" AS rank FROM {goals} g");
    if !wanted.terms.words.is_empty() {
        question.add(" JOIN {search} s ON s.kind = 'goal' AND s.number = g.goal AND {@s}");
    }
    question.add(" WHERE {@g}");
    filters(question, wanted, "goal", ("g", "g.goal"));
    if let Some(by) = &wanted.terms.by {
        question.add(" AND ").bind(by.clone()).add(" IN (g.created_by, g.assignee)");
    }
    conditions::goals(question, wanted.request);
    question.add(") g WHERE true");
}

/// Ends inside the conditions of the arm. What costs little is asked of all and sorted first; OFFSET 0 keeps the planner from asking the
/// rest before the sort.
fn tasks(question: &mut Question, wanted: &Wanted) {
    question.add("SELECT t.*, 'task' AS kind, t.task AS number, ");
    rank(question, &wanted.terms.words);
    question.add(" AS rank FROM {tasks} t");
    if !wanted.terms.words.is_empty() {
        question.add(" JOIN {search} s ON s.kind = 'task' AND s.number = t.task AND {@s}");
    }
    question.add(" WHERE {@t}");
    filters(question, wanted, "task", ("t", "t.task"));
    if let Some(by) = &wanted.terms.by {
        question.add(" AND (").bind(by.clone()).add(" IN (t.created_by, t.assignee) OR ");
        conditions::held_by(question, by);
        question.add(")");
    }
    conditions::cheap_for_tasks(question, wanted.request);
    question.add(order(wanted)).add(" OFFSET 0) t WHERE true");
    conditions::dear_for_tasks(question, wanted.request);
}

/// A whole number, so that a cursor can carry it exactly.
fn rank(question: &mut Question, words: &str) {
    match words.is_empty() {
        true => _ = question.add("0::bigint"),
        false => {
            question.add("floor(1e6 * ts_rank(s.words, ");
            query_of_words(question, words);
            question.add("))::bigint");
        }
    }
}

fn filters(question: &mut Question, wanted: &Wanted, kind: &str, (row, number): (&str, &str)) {
    let mut among = Among::All;
    for goal in [wanted.request.goal, wanted.terms.goal].into_iter().flatten() {
        among = Among::Few;
        question.add(&format!(" AND {row}.goal = ")).bind(signed(goal.0));
    }
    if !wanted.status.is_empty() {
        question.add(&format!(" AND {row}.status = ANY(")).bind(wanted.status.clone()).add(")");
    }
    filter_by_tags(question, (kind, number), &wanted.terms.tags, among);
    filter_by_words(question, &wanted.terms.words);
}
