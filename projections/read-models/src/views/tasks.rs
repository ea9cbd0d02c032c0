//! The view `tasks`: a task's own fields, and how many tasks of each goal stand where.
//!
//! The counts have rows of their own: narrow, one lookup a goal for any list and any position, and no work when asked. How many others a
//! task holds up stands in its row, because what is found is sorted by it. A task may be named before it is added, by others of its
//! command; what they add up to waits in rows of its own until it comes, should a page end between them.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    TaskId, Timestamp,
    goal::{Priority, TaskStatus, event::NewCriterion},
    time::Due,
};
use serde_json::Value;
use sqlx::types::Json;

use super::{
    goals::{deadline, due_text},
    search::SearchVersion,
};
use crate::{
    fold::{At, Fold, signed},
    ranged::version_table,
    rows::{CriterionRow, LinkRow},
};

version_table! {
    /// One version of a task.
    TaskVersion in "tasks"
    key { task: i64 as "bigint" }
    always {
        goal: i64 as "bigint",
        workspace: String as "text",
        title: String as "text",
        status: String as "text",
        priority: i16 as "smallint",
        holds_up: i32 as "int",
        archived: bool as "boolean",
        tags: Json<BTreeSet<String>> as "jsonb",
        after_tasks: Json<BTreeSet<TaskId>> as "jsonb",
        criteria: Json<Vec<CriterionRow>> as "jsonb",
        links: Json<BTreeSet<LinkRow>> as "jsonb",
        metadata: Json<BTreeMap<String, Value>> as "jsonb",
        version: i64 as "bigint",
        created_position: i64 as "bigint",
        placed_position: i64 as "bigint",
        created_at: Timestamp as "timestamptz",
        changed_at: Timestamp as "timestamptz",
    }
    maybe {
        parent: i64 as "bigint",
        estimate_minutes: i32 as "int",
        due: String as "text",
        deadline: Timestamp as "timestamptz",
        assignee: String as "text",
        blocked_reason: String as "text",
        created_by: String as "text",
    }
    derived {}
    live {
        "(goal)",
        "(parent) WHERE parent IS NOT NULL",
        // The statuses as `find` spells those that are open: the planner compares the texts.
        "(priority DESC, holds_up DESC, created_position) WHERE status IN ('pending', 'in_progress', 'blocked', 'in_review')",
        "(priority DESC, holds_up DESC, created_position)",
        // Of a status that few have: those of the others are found soon on the way along the one above.
        "(status) WHERE status IN ('in_progress', 'blocked', 'in_review', 'failed', 'cancelled')",
        "(deadline) WHERE deadline IS NOT NULL",
        "(assignee) WHERE assignee IS NOT NULL",
        "(created_by) WHERE created_by IS NOT NULL",
        "USING gin (metadata jsonb_path_ops) WHERE metadata <> '{}'",
    }
    past {
        "(parent, from_position) WHERE parent IS NOT NULL",
        "(goal, from_position)",
    }
}

version_table! {
    /// One version of a goal's counts.
    ProgressVersion in "progress"
    key { goal: i64 as "bigint" }
    always {
        workspace: String as "text",
        pending: i32 as "int",
        in_progress: i32 as "int",
        blocked: i32 as "int",
        in_review: i32 as "int",
        completed: i32 as "int",
        failed: i32 as "int",
        cancelled: i32 as "int",
        counted_at: Timestamp as "timestamptz",
    }
    maybe {}
    derived {}
    live {}
    past {}
}

version_table! {
    /// A task that others of its command wait for, until it is added itself.
    AwaitedVersion in "awaited"
    key { task: i64 as "bigint" }
    always { goal: i64 as "bigint", workspace: String as "text", holds_up: i32 as "int" }
    maybe {}
    derived {}
    live {}
    past {}
}

impl TaskVersion {
    /// Whether what waits for it may start, as the domain has it.
    pub(crate) fn is_settled(&self) -> bool {
        self.archived || self.status.parse().is_ok_and(TaskStatus::is_settled)
    }
}

impl ProgressVersion {
    fn count(&mut self, status: TaskStatus) -> &mut i32 {
        match status {
            TaskStatus::Pending => &mut self.pending,
            TaskStatus::InProgress => &mut self.in_progress,
            TaskStatus::Blocked => &mut self.blocked,
            TaskStatus::InReview => &mut self.in_review,
            TaskStatus::Completed => &mut self.completed,
            TaskStatus::Failed => &mut self.failed,
            TaskStatus::Cancelled => &mut self.cancelled,
        }
    }
}

/// What a creation says about a task.
pub(crate) struct NewTask<'a> {
    pub(crate) task: TaskId,
    pub(crate) parent: Option<TaskId>,
    pub(crate) title: &'a str,
    pub(crate) description: Option<&'a str>,
    pub(crate) priority: Priority,
    pub(crate) tags: &'a BTreeSet<String>,
    pub(crate) after: &'a BTreeSet<TaskId>,
    pub(crate) criteria: &'a [NewCriterion],
    pub(crate) estimate_minutes: Option<u32>,
    pub(crate) due: Option<Due>,
}

impl Fold {
    pub(crate) fn add_task(&mut self, at: &At, new: &NewTask) {
        let holds_up = self.end_awaiting(at, new.task);
        self.tasks.begin(TaskVersion {
            task: signed(new.task.0),
            from_position: at.position,
            to_position: None,
            goal: at.goal,
            workspace: at.workspace.to_owned(),
            title: new.title.to_owned(),
            status: "pending".to_owned(),
            priority: new.priority as i16,
            holds_up,
            archived: false,
            tags: Json(new.tags.clone()),
            after_tasks: Json(new.after.clone()),
            criteria: Json(new.criteria.iter().map(unmet).collect()),
            links: Json::default(),
            metadata: Json::default(),
            version: at.sequence,
            created_position: at.position,
            placed_position: at.position,
            created_at: at.time,
            changed_at: at.time,
            parent: new.parent.map(|parent| signed(parent.0)),
            estimate_minutes: estimate(new.estimate_minutes),
            due: new.due.map(due_text),
            deadline: new.due.map(deadline),
            assignee: None,
            blocked_reason: None,
            created_by: at.actor.map(str::to_owned),
        });
        self.recount(at, None, Some(TaskStatus::Pending));
        self.search.begin(SearchVersion::of_task(at, new));
        self.learn(at, new.title);
        self.begin_tags(at, Some(new.task), new.tags);
        for on in new.after {
            self.begin_dependency(at, new.task, *on);
            self.hold_up_or_await(at, *on);
        }
    }

    /// An event about the task: it has a new version even when no other field changes.
    pub(crate) fn change_task(&mut self, at: &At, task: TaskId, change: impl FnOnce(&mut TaskVersion)) {
        self.tasks.change((signed(task.0),), at.position, |task| {
            change(task);
            task.version = at.sequence;
            task.changed_at = at.time;
        });
    }

    pub(crate) fn set_task_status(&mut self, at: &At, task: TaskId, to: TaskStatus, reason: Option<&str>) {
        self.change_counted_task(at, task, |task| {
            task.status = <&str>::from(to).to_owned();
            task.blocked_reason = reason.map(str::to_owned);
        });
    }

    /// A change after which the task may be counted elsewhere.
    pub(crate) fn change_counted_task(&mut self, at: &At, task: TaskId, change: impl FnOnce(&mut TaskVersion)) {
        let (before, was_settled) = (self.counted_as(task), self.is_settled(task));
        self.change_task(at, task, change);
        self.recount(at, before, self.counted_as(task));
        if self.tasks.noting || self.is_settled(task) != was_settled {
            self.hold_up_fewer_or_more(at, task);
        }
    }

    fn counted_as(&self, task: TaskId) -> Option<TaskStatus> {
        let task = self.tasks.get(&(signed(task.0),)).filter(|task| !task.archived)?;
        task.status.parse().ok()
    }

    fn is_settled(&self, task: TaskId) -> bool {
        self.tasks.get(&(signed(task.0),)).is_some_and(TaskVersion::is_settled)
    }

    fn recount(&mut self, at: &At, before: Option<TaskStatus>, after: Option<TaskStatus>) {
        self.progress.want((at.goal,));
        if before == after {
            return;
        }
        self.progress.change((at.goal,), at.position, |progress| {
            before.into_iter().for_each(|status| *progress.count(status) -= 1);
            after.into_iter().for_each(|status| *progress.count(status) += 1);
            progress.counted_at = at.time;
        });
    }

    pub(crate) fn begin_progress(&mut self, at: &At) {
        self.progress.begin(ProgressVersion {
            goal: at.goal,
            from_position: at.position,
            to_position: None,
            workspace: at.workspace.to_owned(),
            pending: 0,
            in_progress: 0,
            blocked: 0,
            in_review: 0,
            completed: 0,
            failed: 0,
            cancelled: 0,
            counted_at: at.time,
        });
    }

    pub(crate) fn judge_criterion(&mut self, at: &At, task: TaskId, number: u32, met: bool) {
        self.change_task(at, task, |task| {
            task.criteria
                .iter_mut()
                .filter(|criterion| criterion.number == number)
                .for_each(|criterion| criterion.met = met);
        });
    }
}

fn unmet(new: &NewCriterion) -> CriterionRow {
    CriterionRow { number: new.number, text: new.text.to_string(), met: false }
}

pub(crate) fn estimate(minutes: Option<u32>) -> Option<i32> {
    minutes.map(|minutes| i32::try_from(minutes).unwrap_or(i32::MAX))
}
