//! The view `search`: the long texts of goals and tasks, found by their words. Claims and the like do not version it.
//!
//! Words are kept twice, as they are written and as English stems: names and other languages are found, and "deploys" finds "deploy".

use domain::TaskId;

use super::{GOAL, TASK, goals::NewGoal, tasks::NewTask};
use crate::{
    fold::{At, Fold, signed},
    ranged::version_table,
};

version_table! {
    /// One version of what a goal or task says.
    SearchVersion in "search"
    key { kind: String as "text", number: i64 as "bigint" }
    always { goal: i64 as "bigint", workspace: String as "text", title: String as "text" }
    maybe { description: String as "text", result: String as "text" }
    derived {
        "words tsvector GENERATED ALWAYS AS (
            setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('english', title), 'A')
            || to_tsvector('simple', coalesce(description, '') || ' ' || coalesce(result, ''))
            || to_tsvector('english', coalesce(description, '') || ' ' || coalesce(result, ''))) STORED"
    }
    indexes { "USING gin (words)" }
}

impl SearchVersion {
    pub(crate) fn of_goal(at: &At, new: &NewGoal) -> Self {
        Self::new(at, (GOAL, at.goal), new.title, new.description)
    }

    pub(crate) fn of_task(at: &At, new: &NewTask) -> Self {
        Self::new(at, (TASK, signed(new.task.0)), new.title, new.description)
    }

    fn new(at: &At, (kind, number): (&str, i64), title: &str, description: Option<&str>) -> Self {
        Self {
            kind: kind.to_owned(),
            number,
            from_position: at.position,
            to_position: None,
            goal: at.goal,
            workspace: at.workspace.to_owned(),
            title: title.to_owned(),
            description: description.map(str::to_owned),
            result: None,
        }
    }
}

impl Fold {
    /// The texts of the goal, or of one of its tasks, change.
    pub(crate) fn rewrite(&mut self, at: &At, task: Option<TaskId>, change: impl FnOnce(&mut SearchVersion)) {
        let (kind, number) = task.map_or((GOAL, at.goal), |task| (TASK, signed(task.0)));
        self.search.change((kind.to_owned(), number), at.position, change);
    }
}
