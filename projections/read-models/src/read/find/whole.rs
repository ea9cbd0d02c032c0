//! Tasks in full: a page of those that were found, and all of them, one portion after the other.

use domain::TaskId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{FindRequest, Wanted, conditions, page_of, statement};
use crate::{
    Views,
    error::ReadError,
    fold::{signed, unsigned},
    read::{
        question::Question,
        records::{TaskRecord, select_tasks, select_tasks_without_texts},
        snapshot::{Answer, ReadAt, Snapshot},
    },
    rows::{Kind, TaskRow},
};

/// A page of tasks, in the order of `find`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TasksPage {
    /// The position it is true for.
    pub position: u64,
    /// The log's epoch.
    pub epoch: Uuid,
    /// The tasks.
    pub tasks: Vec<TaskRow>,
    /// How to ask for the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Some of all tasks, in the order of their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Portion {
    /// Behind this task.
    pub after: Option<TaskId>,
    /// At most so many.
    pub rows: u32,
    /// With descriptions and results, which take most of the time.
    pub texts: bool,
}

impl Views {
    /// Finds tasks, and reads them in full.
    ///
    /// # Errors
    /// A filter or the cursor is wrong, the views are not that far, or the database failed us.
    pub async fn tasks(&self, request: &FindRequest, read: &ReadAt) -> Result<TasksPage, ReadError> {
        let request = of_tasks(request);
        let (mut snapshot, page) = page_of(self, &Wanted::read(&request)?, read).await?;
        let numbers: Vec<i64> = page.records.iter().map(|record| record.number).collect();
        let tasks = in_order(&mut snapshot, numbers).await?;
        Ok(TasksPage { position: snapshot.position(), epoch: snapshot.epoch(), tasks, next: page.next })
    }

    /// How many tasks there are of those that `find` would list.
    ///
    /// # Errors
    /// As [`Views::tasks`].
    pub async fn count_tasks(&self, request: &FindRequest, read: &ReadAt) -> Result<Answer<u64>, ReadError> {
        let request = of_tasks(request);
        let wanted = Wanted::read(&request)?;
        let mut snapshot = self.snapshot(read).await?;
        let found: Vec<(i64,)> = snapshot.rows(|question| counted(question, &wanted)).await?;
        Ok(snapshot.answer(found.first().map_or(0, |(count,)| unsigned(*count))))
    }

    /// Reads some of them. To read all as they were at one position, ask for each portion as of that.
    ///
    /// # Errors
    /// As [`Views::tasks`].
    pub async fn every_task(
        &self,
        request: &FindRequest,
        portion: Portion,
        read: &ReadAt,
    ) -> Result<Answer<Vec<TaskRow>>, ReadError> {
        let request = of_tasks(request);
        let wanted = Wanted::read(&request)?;
        let mut snapshot = self.snapshot(read).await?;
        let records: Vec<TaskRecord> = snapshot.rows(|question| some(question, &wanted, portion)).await?;
        let rows = records.into_iter().map(TaskRecord::row).collect::<sqlx::Result<_>>()?;
        Ok(snapshot.answer(rows))
    }
}

fn of_tasks(request: &FindRequest) -> FindRequest {
    FindRequest { kind: Some(Kind::Task), ..request.clone() }
}

async fn in_order(snapshot: &mut Snapshot, numbers: Vec<i64>) -> Result<Vec<TaskRow>, ReadError> {
    let ask = |question: &mut Question| {
        select_tasks(question).add(" FROM unnest(").bind(numbers.clone());
        question.add(") WITH ORDINALITY wanted(number, place) CROSS JOIN LATERAL (SELECT * FROM {tasks} t ");
        question.add("WHERE {@t} AND t.task = wanted.number) t LEFT JOIN {claims} c ON c.task = t.task AND {@c} AND c.ends_at > {now}");
        question.add(" JOIN {search} s ON s.kind = 'task' AND s.number = t.task AND {@s} ORDER BY wanted.place");
    };
    let records: Vec<TaskRecord> = snapshot.rows(ask).await?;
    Ok(records.into_iter().map(TaskRecord::row).collect::<sqlx::Result<_>>()?)
}

pub(super) fn counted(question: &mut Question, wanted: &Wanted) {
    wanted.terms.words.with(question);
    question.add("SELECT count(*) FROM (");
    matching(question, wanted, None);
    question.add(") t");
}

pub(super) fn some(question: &mut Question, wanted: &Wanted, portion: Portion) {
    wanted.terms.words.with(question);
    match portion.texts {
        true => select_tasks(question),
        false => select_tasks_without_texts(question),
    };
    question.add(" FROM (");
    matching(question, wanted, portion.after);
    question.add(" ORDER BY t.task").limit(portion.rows).add(") t");
    question.add(" LEFT JOIN {claims} c ON c.task = t.task AND {@c} AND c.ends_at > {now}");
    if portion.texts {
        // Looked up one by one: to join them, the planner would go through all texts for each portion.
        question.add(" CROSS JOIN LATERAL (SELECT s.description, s.result FROM {search} s");
        question.add(" WHERE s.kind = 'task' AND s.number = t.task AND {@s} LIMIT 1) s");
    }
    question.add(" ORDER BY t.task");
}

/// What is looked up for each task is asked last. Ends inside the conditions.
fn matching(question: &mut Question, wanted: &Wanted, after: Option<TaskId>) {
    question.add("SELECT t.* FROM (SELECT t.* FROM {tasks} t");
    wanted.terms.words.join(question, ("task", "t.task"));
    question.add(" WHERE {@t}");
    statement::filters(question, wanted, "task", ("t", "t.task"));
    statement::done_by(question, wanted);
    conditions::cheap_for_tasks(question, wanted.request);
    if let Some(after) = after {
        question.add(" AND t.task > ").bind(signed(after.0));
    }
    question.add(") t WHERE true");
    conditions::dear_for_tasks(question, wanted.request);
}
