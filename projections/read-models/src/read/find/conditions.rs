//! What each view asks of a goal or task. Ready is the domain's `graph::is_ready`, said in SQL.
//!
//! `(SELECT EXISTS (...))` keeps the planner from making a join of the question: it stays a few index look-ups a candidate, asked in the
//! order of the page until that is full. As a join it took 80 seconds for 30,000 tasks while their tables had no statistics yet.

use super::{FindRequest, FindView};
use crate::{limits, read::question::Question};

/// Done, given up or put aside: stands in nobody's way.
pub(super) const UNSETTLED: &str = "NOT o.archived AND o.status NOT IN ('completed', 'cancelled')";

/// Levels to climb from a task: more than the domain lets a tree have, so that a circle in a broken log ends.
pub(super) const LEVELS_MAX: usize = 2 * domain::limits::TASK_DEPTH_MAX;

const OPEN_GOAL: &str = " AND g.status IN ('pending', 'in_progress') AND NOT g.archived";
const OPEN_TASK: &str = " AND t.status IN ('pending', 'in_progress', 'blocked', 'in_review') AND NOT t.archived";

pub(super) fn goals(question: &mut Question, request: &FindRequest) {
    match request.view {
        None => question.add(" AND NOT g.archived"),
        Some(FindView::All) => question,
        Some(FindView::Open) => question.add(OPEN_GOAL),
        Some(FindView::Overdue) => question.add(OPEN_GOAL).add(" AND g.deadline <= {now}"),
        Some(FindView::Mine) => {
            question.add(OPEN_GOAL).add(" AND g.assignee = ").bind(request.me.clone().unwrap_or_default())
        }
        // Only tasks are any of these.
        Some(FindView::Ready | FindView::Blocked | FindView::Stale) => question.add(" AND false"),
    };
}

/// What a look at the task's own row tells.
pub(super) fn cheap_for_tasks(question: &mut Question, request: &FindRequest) {
    match request.view {
        None => question.add(" AND NOT t.archived"),
        Some(FindView::All) => question,
        Some(_) => question.add(OPEN_TASK),
    };
    match request.view {
        Some(FindView::Ready) => _ = question.add(" AND t.status IN ('pending', 'in_progress')"),
        Some(FindView::Stale) => _ = question.add(" AND t.status <> 'pending'"),
        Some(FindView::Overdue) => _ = question.add(" AND t.deadline <= {now}"),
        Some(FindView::Mine) => {
            let me = request.me.clone().unwrap_or_default();
            question.add(" AND (t.assignee = ").bind(me.clone()).add(" OR ");
            held_by(question, &me);
            question.add(")");
        }
        Some(FindView::Blocked | FindView::Open | FindView::All) | None => {}
    }
}

/// What has to be looked up for each task.
pub(super) fn dear_for_tasks(question: &mut Question, request: &FindRequest) {
    const OF_GOAL: &str = " FROM {goals} g WHERE g.goal = t.goal AND {@g})";
    match request.view {
        None => question.add(" AND (SELECT NOT g.archived").add(OF_GOAL),
        Some(FindView::All) => return,
        Some(_) => question.add(" AND (SELECT g.status IN ('pending', 'in_progress') AND NOT g.archived").add(OF_GOAL),
    };
    match request.view {
        Some(FindView::Ready) => ready(question),
        Some(FindView::Blocked) => {
            question.add(" AND (t.status = 'blocked' OR ");
            waits(question);
            question.add(")");
        }
        Some(FindView::Stale) => {
            // Without a lease it is as if one had ended a while after the last event.
            question
                .add(" AND coalesce((SELECT c.ends_at FROM {claims} c WHERE c.task = t.task AND {@c}), t.changed_at");
            question.add(" + make_interval(days => ").bind(limits::STALE_AFTER_DAYS).add(")) <= {now}");
        }
        Some(FindView::Overdue | FindView::Mine | FindView::Open | FindView::All) | None => {}
    }
}

/// Somebody has a live lease on it.
pub(super) fn held_by(question: &mut Question, holder: &str) {
    question.add("t.task IN (SELECT c.task FROM {claims} c WHERE {@c} AND c.ends_at > {now} AND c.holder = ");
    question.bind(holder.to_owned()).add(")");
}

/// Cheap conditions first; only tasks that are part of another have their ancestors looked at.
fn ready(question: &mut Question) {
    question
        .add(" AND NOT (SELECT EXISTS (SELECT FROM {claims} c WHERE c.task = t.task AND {@c} AND c.ends_at > {now}))");
    question.add(" AND NOT (SELECT EXISTS (SELECT FROM {tasks} o WHERE o.parent = t.task AND {@o} AND ");
    question.add(UNSETTLED).add(")) AND NOT ");
    own_blockers(question, "t.task");
    question.add(" AND (t.parent IS NULL OR NOT ");
    climb(question, "up.archived OR ");
    question.add(")");
}

/// It, or a task it is a part of, waits for something.
fn waits(question: &mut Question) {
    question.add("(");
    own_blockers(question, "t.task");
    question.add(" OR (t.parent IS NOT NULL AND ");
    climb(question, "");
    question.add("))");
}

fn own_blockers(question: &mut Question, task: &str) {
    question
        .add(&format!("(SELECT EXISTS (SELECT FROM {{dependencies}} d WHERE d.task = {task} AND {{@d}} AND EXISTS ("));
    question.add("SELECT FROM {tasks} o WHERE o.task = d.on_task AND {@o} AND ").add(UNSETTLED).add(")))");
}

/// Whether one of the tasks that `t` is a part of waits for something, or fulfils the other condition.
fn climb(question: &mut Question, or: &str) {
    question.add("(SELECT EXISTS (WITH RECURSIVE up(task, parent, archived, level) AS (");
    question.add("SELECT a.task, a.parent, a.archived, 1 FROM {tasks} a WHERE a.task = t.parent AND {@a} UNION ALL ");
    question
        .add("SELECT a.task, a.parent, a.archived, up.level + 1 FROM up JOIN {tasks} a ON a.task = up.parent AND {@a}");
    question.add(&format!(" WHERE up.level < {LEVELS_MAX}) SELECT FROM up WHERE {or}"));
    own_blockers(question, "up.task");
    question.add("))");
}
