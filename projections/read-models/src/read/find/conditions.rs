//! What each view asks of a goal or task.

use super::{FindRequest, FindView};
use crate::{
    limits,
    read::{
        question::Question,
        readiness::{OPEN_GOAL, WORKABLE, free, waits},
    },
};

const OPEN_TASK: &str = " AND t.status IN ('pending', 'in_progress', 'blocked', 'in_review') AND NOT t.archived";

pub(super) fn goals(question: &mut Question, request: &FindRequest) {
    match request.view {
        None => question.add(" AND NOT g.archived"),
        Some(FindView::All) => question,
        Some(FindView::Open) => question.add(" AND ").add(OPEN_GOAL),
        Some(FindView::Overdue) => question.add(" AND ").add(OPEN_GOAL).add(" AND g.deadline <= {now}"),
        Some(FindView::Mine) => {
            question.add(" AND ").add(OPEN_GOAL).add(" AND g.assignee = ").bind(request.me.clone().unwrap_or_default())
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
        Some(FindView::Ready) => _ = question.add(" AND ").add(WORKABLE),
        Some(FindView::Stale) => _ = question.add(" AND t.status <> 'pending'"),
        Some(FindView::Overdue) => _ = question.add(" AND t.deadline <= {now}"),
        Some(FindView::Mine) => {
            let me = request.me.clone().unwrap_or_default();
            question.add(" AND (t.assignee = ").bind(me.clone()).add(" OR ");
            held_by(question, &[me]);
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
        Some(_) => question.add(" AND (SELECT ").add(OPEN_GOAL).add(OF_GOAL),
    };
    match request.view {
        Some(FindView::Ready) => {
            question.add(" AND ");
            free(question);
        }
        Some(FindView::Blocked) => {
            question.add(" AND (t.status = 'blocked' OR ");
            waits(question);
            question.add(")");
        }
        Some(FindView::Stale) => {
            question.add(" AND coalesce((SELECT c.ends_at FROM {claims} c WHERE c.task = t.task AND {@c}), ");
            // That its lease ran out may have been written down, and nobody has touched it since.
            question.add("(SELECT t.changed_at FROM {positions} p WHERE p.position = t.from_position");
            question.add(" AND p.event_type = 'claim_expired'), ");
            // Without a lease it is as if one had ended a while after the last event.
            question.add("t.changed_at + make_interval(days => ").bind(limits::STALE_AFTER_DAYS).add(")) <= {now}");
        }
        Some(FindView::Overdue | FindView::Mine | FindView::Open | FindView::All) | None => {}
    }
}

/// One of these has a live lease on it. As an array, so that the tasks are looked up by it rather than it asked of every task.
pub(super) fn held_by(question: &mut Question, holders: &[String]) {
    question
        .add("t.task = ANY(ARRAY(SELECT c.task FROM {claims} c WHERE {@c} AND c.ends_at > {now} AND c.holder = ANY(");
    question.bind(holders.to_vec()).add(")))");
}
