//! The view `goals`: a goal's own fields.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Timestamp, goal::Priority, time::Due};
use serde_json::Value;
use sqlx::types::Json;

use super::search::SearchVersion;
use crate::{
    fold::{At, Fold},
    ranged::version_table,
    rows::LinkRow,
};

version_table! {
    /// One version of a goal.
    GoalVersion in "goals"
    key { goal: i64 as "bigint" }
    always {
        workspace: String as "text",
        title: String as "text",
        status: String as "text",
        priority: i16 as "smallint",
        archived: bool as "boolean",
        tags: Json<BTreeSet<String>> as "jsonb",
        links: Json<BTreeSet<LinkRow>> as "jsonb",
        metadata: Json<BTreeMap<String, Value>> as "jsonb",
        version: i64 as "bigint",
        created_position: i64 as "bigint",
        created_at: Timestamp as "timestamptz",
        changed_at: Timestamp as "timestamptz",
    }
    maybe {
        due: String as "text",
        deadline: Timestamp as "timestamptz",
        assignee: String as "text",
        created_by: String as "text",
    }
    derived {}
    live {
        "(created_position DESC)",
        "(priority DESC, created_position)",
        // Of a status that few have: most are found soon on the way along the others.
        "(status) WHERE status IN ('in_progress', 'cancelled')",
        "(deadline) WHERE deadline IS NOT NULL",
        "(assignee) WHERE assignee IS NOT NULL",
        "(created_by) WHERE created_by IS NOT NULL",
        "USING gin (metadata jsonb_path_ops) WHERE metadata <> '{}'",
    }
    past { "(created_position DESC, from_position)" }
}

/// What a creation says about a goal.
pub(crate) struct NewGoal<'a> {
    pub(crate) title: &'a str,
    pub(crate) description: Option<&'a str>,
    pub(crate) priority: Priority,
    pub(crate) tags: &'a BTreeSet<String>,
    pub(crate) due: Option<Due>,
    pub(crate) metadata: &'a BTreeMap<String, Value>,
}

impl Fold {
    pub(crate) fn create_goal(&mut self, at: &At, new: &NewGoal) {
        self.goals.begin(GoalVersion {
            goal: at.goal,
            from_position: at.position,
            to_position: None,
            workspace: at.workspace.to_owned(),
            title: new.title.to_owned(),
            status: "pending".to_owned(),
            priority: new.priority as i16,
            archived: false,
            tags: Json(new.tags.clone()),
            links: Json::default(),
            metadata: Json(new.metadata.clone()),
            version: at.sequence,
            created_position: at.position,
            created_at: at.time,
            changed_at: at.time,
            due: new.due.map(due_text),
            deadline: new.due.map(deadline),
            assignee: None,
            created_by: at.actor.map(str::to_owned),
        });
        self.begin_progress(at);
        self.search.begin(SearchVersion::of_goal(at, new));
        self.learn(at, new.title);
        self.begin_tags(at, None, new.tags);
    }

    /// An event about the goal itself: it has a new version even when no other field changes.
    pub(crate) fn change_goal(&mut self, at: &At, change: impl FnOnce(&mut GoalVersion)) {
        self.goals.change((at.goal,), at.position, |goal| {
            change(goal);
            goal.version = at.sequence;
            goal.changed_at = at.time;
        });
    }
}

/// How a due time is kept: as it was given.
pub(crate) fn due_text(due: Due) -> String {
    match due {
        Due::Day(day) => day.to_string(),
        Due::Moment(moment) => moment.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
    }
}

/// The moment from which it is overdue, within what Postgres can keep.
pub(crate) fn deadline(due: Due) -> Timestamp {
    due.deadline().clamp(Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH + chrono::TimeDelta::days(365_000))
}
