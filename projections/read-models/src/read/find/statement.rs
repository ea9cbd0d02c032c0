//! What is wanted, as one statement.

use super::{FindView, Key, Wanted, conditions};
use crate::{
    fold::signed,
    read::{
        filters::{Among, filter_by_metadata, filter_by_tags},
        question::Question,
    },
    views::GOAL,
};

/// A page of what is wanted, behind the row of this key.
pub(super) fn page(question: &mut Question, wanted: &Wanted, after: Option<Key>) {
    let arms: &[Select] = match (wanted.goals(), wanted.tasks()) {
        (true, true) => &[goals, tasks],
        (true, false) => &[goals],
        (false, _) => &[tasks],
    };
    wanted.terms.words.with(question);
    question.add("SELECT f.*, c.holder, c.fence, c.since, c.ends_at FROM (");
    for (place, select) in arms.iter().enumerate() {
        question.add(if place > 0 { " UNION ALL " } else { "" });
        arm(question, wanted, after, *select);
    }
    // Looked up for the rows of the page, however many leases there are.
    question.add(") f LEFT JOIN LATERAL (SELECT c.holder, c.fence, c.since, c.ends_at FROM {claims} c");
    question.add(" WHERE f.kind = 'task' AND c.task = f.number AND {@c}");
    if wanted.request.view != Some(FindView::Stale) {
        question.add(" AND c.ends_at > {now}");
    }
    question.add(" LIMIT 1) c ON true").add(order(wanted)).limit(wanted.limit + 1);
}

/// Rows of any list of tasks, and few enough to be counted in 32 bits.
const MORE_THAN_THERE_ARE: i64 = 1_000_000_000;

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
    wanted.terms.words.rank(question);
    question.add(" AS rank FROM {goals} g");
    wanted.terms.words.join(question, ("goal", "g.goal"));
    question.add(" WHERE {@g}");
    filters(question, wanted, "goal", ("g", "g.goal"));
    if !wanted.terms.by.is_empty() {
        question.add(" AND (");
        made_or_minded(question, wanted, "g");
        question.add(")");
    }
    conditions::goals(question, wanted.request);
    question.add(") g WHERE true");
}

/// Ends inside the conditions of the arm. What costs little is asked of all and sorted first; the limit keeps the planner from asking the
/// rest before the sort, and tells it that what comes first may be enough, so that it goes along an index where there is one.
fn tasks(question: &mut Question, wanted: &Wanted) {
    question.add("SELECT t.*, 'task' AS kind, t.task AS number, ");
    wanted.terms.words.rank(question);
    question.add(" AS rank FROM {tasks} t");
    wanted.terms.words.join(question, ("task", "t.task"));
    question.add(" WHERE {@t}");
    filters(question, wanted, "task", ("t", "t.task"));
    done_by(question, wanted);
    conditions::cheap_for_tasks(question, wanted.request);
    question.add(order(wanted)).limit(MORE_THAN_THERE_ARE).add(") t WHERE true");
    conditions::dear_for_tasks(question, wanted.request);
}

/// One of those who made the task, look after it or hold it.
pub(super) fn done_by(question: &mut Question, wanted: &Wanted) {
    if !wanted.terms.by.is_empty() {
        question.add(" AND (");
        made_or_minded(question, wanted, "t");
        question.add(" OR ");
        conditions::held_by(question, &wanted.terms.by);
        question.add(")");
    }
}

fn made_or_minded(question: &mut Question, wanted: &Wanted, row: &str) {
    question.add(&format!("{row}.created_by = ANY(")).bind(wanted.terms.by.clone());
    question.add(&format!(") OR {row}.assignee = ANY(")).bind(wanted.terms.by.clone()).add(")");
}

pub(super) fn filters(question: &mut Question, wanted: &Wanted, kind: &str, (row, number): (&str, &str)) {
    let mut among = Among::All;
    if let Some(goal) = wanted.request.goal {
        among = Among::Few;
        question.add(&format!(" AND {row}.goal = ")).bind(signed(goal.0));
    }
    if !wanted.terms.goals.is_empty() {
        among = Among::Few;
        let goals: Vec<i64> = wanted.terms.goals.iter().map(|goal| signed(goal.0)).collect();
        question.add(&format!(" AND {row}.goal = ANY(")).bind(goals).add(")");
    }
    let status = match kind {
        GOAL => wanted.status_of_goals(),
        _ => wanted.status.clone(),
    };
    if let Some(status) = status {
        question.add(&format!(" AND {row}.status = ANY(")).bind(status).add(")");
    }
    if let Some(assignee) = &wanted.request.assignee {
        question.add(&format!(" AND {row}.assignee = ")).bind(assignee.clone());
    }
    filter_by_metadata(question, row, &wanted.request.metadata);
    match wanted.terms.priority.as_slice() {
        [] => {}
        // Not `=`: with that the planner takes it out of the order of the rows, and sorts all of them to get it back in.
        [one] => {
            question.add(&format!(" AND {row}.priority BETWEEN ")).bind(*one as i16).add(" AND ").bind(*one as i16);
        }
        some => {
            let some: Vec<i16> = some.iter().map(|one| *one as i16).collect();
            question.add(&format!(" AND {row}.priority = ANY(")).bind(some).add(")");
        }
    }
    filter_by_tags(question, (kind, number), &wanted.terms.tags, among);
    wanted.terms.words.filter(question, kind);
}
