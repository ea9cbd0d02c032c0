//! What answers say of a goal as it stands: from its state, not from the views.

use domain::{
    TaskId,
    goal::{Goal, Task, TaskStatus, graph},
    time::Timestamp,
};
use read_models::rows::{CriterionRow, LinkRow, Progress};

/// Ids listed in one answer before it is cut; the rest is found with `find`.
const LISTED_MAX: usize = 50;

/// Tasks that can be claimed now, the most important and then the oldest first, cut at a readable number.
pub(crate) fn ready(goal: &Goal, at: Timestamp) -> Vec<TaskId> {
    goal.agenda.open().filter(|id| graph::is_ready(goal, *id, at)).take(LISTED_MAX).collect()
}

/// Tasks that a settled one no longer holds up: those that waited for it, their parts, and the task it is a part of.
pub(crate) fn unblocked(goal: &Goal, settled: TaskId, at: Timestamp) -> Vec<TaskId> {
    let Some(task) = goal.task(settled) else { return Vec::new() };
    let waited = task.dependents.iter().flat_map(|id| ready_from(goal, *id, at));
    let parent = task.parent.filter(|parent| graph::is_ready(goal, *parent, at));
    let mut freed: Vec<TaskId> = waited.chain(parent).collect();
    freed.sort_unstable();
    freed.dedup();
    freed.truncate(LISTED_MAX);
    freed
}

/// Of a task and its parts those that can be claimed now.
pub(crate) fn ready_from(goal: &Goal, task: TaskId, at: Timestamp) -> Vec<TaskId> {
    let tree = [task].into_iter().chain(graph::descendants(goal, task));
    tree.filter(|id| graph::is_ready(goal, *id, at)).collect()
}

/// How far a goal is, from its state. Archived tasks are not counted.
pub(crate) fn progress(goal: &Goal) -> Progress {
    let count = |status| goal.agenda.count(status);
    let mut progress = Progress {
        total: 0,
        pending: count(TaskStatus::Pending),
        in_progress: count(TaskStatus::InProgress),
        blocked: count(TaskStatus::Blocked),
        in_review: count(TaskStatus::InReview),
        completed: count(TaskStatus::Completed),
        failed: count(TaskStatus::Failed),
        cancelled: count(TaskStatus::Cancelled),
    };
    let closed = progress.completed + progress.failed + progress.cancelled;
    progress.total = progress.pending + progress.in_progress + progress.blocked + progress.in_review + closed;
    progress
}

pub(crate) fn criteria(task: &Task) -> Vec<CriterionRow> {
    let row = |(number, criterion): (&u32, &domain::goal::Criterion)| CriterionRow {
        number: *number,
        text: criterion.text.to_string(),
        met: criterion.met,
    };
    task.criteria.iter().map(row).collect()
}

pub(crate) fn links(task: &Task) -> Vec<LinkRow> {
    task.links.iter().map(|link| LinkRow { rel: link.rel.clone(), to: link.to.to_string() }).collect()
}
