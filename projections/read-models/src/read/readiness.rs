//! Whether somebody could take a task at this moment and begin: the domain's `graph::is_ready`, said in SQL.
//!
//! `(SELECT EXISTS (...))` keeps the planner from making a join of the question: it stays a few index look-ups a candidate, asked in the
//! order of the page until that is full. As a join it took 80 seconds for 30,000 tasks while their tables had no statistics yet.

use super::question::Question;

/// Done, given up or put aside: stands in nobody's way.
pub(super) const UNSETTLED: &str = "NOT o.archived AND o.status NOT IN ('completed', 'cancelled')";

/// Levels to climb from a task: more than the domain lets a tree have, so that a circle in a broken log ends.
pub(super) const LEVELS_MAX: usize = 2 * domain::limits::TASK_DEPTH_MAX;

/// What the goal `g` of a task must be for work on the task to go on.
pub(super) const OPEN_GOAL: &str = "g.status IN ('pending', 'in_progress') AND NOT g.archived";

/// What the task `t` must be itself.
pub(super) const WORKABLE: &str = "t.status IN ('pending', 'in_progress') AND NOT t.archived";

/// All of it, as one condition on the task `t`.
pub(super) fn ready(question: &mut Question) -> &mut Question {
    question.add(WORKABLE).add(" AND (SELECT ").add(OPEN_GOAL).add(" FROM {goals} g WHERE g.goal = t.goal AND {@g})");
    question.add(" AND ");
    free(question);
    question
}

/// Nobody holds `t` and nothing has to come first. Cheap conditions first; only tasks that are part of another have their ancestors
/// looked at.
pub(super) fn free(question: &mut Question) {
    question.add("NOT (SELECT EXISTS (SELECT FROM {claims} c WHERE c.task = t.task AND {@c} AND c.ends_at > {now}))");
    question.add(" AND NOT (SELECT EXISTS (SELECT FROM {tasks} o WHERE o.parent = t.task AND {@o} AND ");
    question.add(UNSETTLED).add(")) AND NOT ");
    own_blockers(question, "t.task");
    question.add(" AND (t.parent IS NULL OR NOT ");
    climb(question, "up.archived OR ");
    question.add(")");
}

/// It, or a task it is a part of, waits for something.
pub(super) fn waits(question: &mut Question) {
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
