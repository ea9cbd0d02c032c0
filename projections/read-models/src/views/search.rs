//! The view `search`: the long texts of goals and tasks, found by their words. Claims and the like do not version it.
//!
//! Every word is kept as its English stem, also those that English texts are full of: "deploys" finds "deploy", and names and other languages
//! are found, since what is asked for is stemmed alike. Taking a text apart is most of what it costs to keep, so it is done once.

use domain::TaskId;

use super::{GOAL, TASK, goals::NewGoal, tasks::NewTask};
use crate::{
    fold::{At, Fold, signed},
    ranged::version_table,
};

/// How words are read: as `english` does, with the words that it passes over. Made with the catalogue.
pub(crate) const CONFIGURATION: &str = "
    CREATE TEXT SEARCH DICTIONARY read.stems (TEMPLATE = pg_catalog.snowball, Language = english);
    CREATE TEXT SEARCH CONFIGURATION read.words (COPY = pg_catalog.english);
    ALTER TEXT SEARCH CONFIGURATION read.words ALTER MAPPING REPLACE english_stem WITH read.stems";

version_table! {
    /// One version of what a goal or task says.
    SearchVersion in "search"
    key { kind: String as "text", number: i64 as "bigint" }
    always { goal: i64 as "bigint", workspace: String as "text", title: String as "text" }
    maybe { description: String as "text", result: String as "text" }
    derived {
        words as "tsvector":
            "setweight(to_tsvector('read.words', title), 'A')
             || to_tsvector('read.words', coalesce(description, '') || ' ' || coalesce(result, ''))"
    }
    // An index for each kind: nobody knows beforehand how many texts have a word, and to go through all goals seems cheap beside the words of
    // all tasks. Words wait in a list before they are sorted in. It is kept short: whoever fills it sorts it in, and a reader goes through it.
    live {
        "USING gin (words) WITH (gin_pending_list_limit = 256) WHERE kind = 'task'",
        "USING gin (words) WITH (gin_pending_list_limit = 64) WHERE kind = 'goal'"
    }
    past {
        "USING gin (words) WITH (gin_pending_list_limit = 256) WHERE kind = 'task'",
        "USING gin (words) WITH (gin_pending_list_limit = 64) WHERE kind = 'goal'"
    }
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
