//! Rows from what the projecting process has in memory, as [`select_goals`](super::select_goals) and
//! [`select_tasks`](super::select_tasks) read them.

use domain::Timestamp;

use super::{ClaimRecord, GoalRecord, TaskRecord};
use crate::views::{
    claims::ClaimVersion,
    goals::GoalVersion,
    search::SearchVersion,
    tasks::{ProgressVersion, TaskVersion},
};

impl GoalRecord {
    pub(crate) fn of(goal: &GoalVersion, counts: &ProgressVersion, texts: &SearchVersion) -> Self {
        let goal = goal.clone();
        Self {
            goal: goal.goal,
            title: goal.title,
            status: goal.status,
            priority: goal.priority,
            archived: goal.archived,
            tags: goal.tags,
            links: goal.links,
            metadata: goal.metadata,
            version: goal.version,
            created_position: goal.created_position,
            created_at: goal.created_at,
            changed_at: goal.changed_at.max(counts.counted_at),
            due: goal.due,
            assignee: goal.assignee,
            pending: counts.pending,
            in_progress: counts.in_progress,
            blocked: counts.blocked,
            in_review: counts.in_review,
            completed: counts.completed,
            failed: counts.failed,
            cancelled: counts.cancelled,
            description: texts.description.clone(),
            result: texts.result.clone(),
        }
    }
}

impl TaskRecord {
    pub(crate) fn of(task: &TaskVersion, claim: Option<&ClaimVersion>, texts: &SearchVersion) -> Self {
        let task = task.clone();
        Self {
            task: task.task,
            goal: task.goal,
            parent: task.parent,
            title: task.title,
            status: task.status,
            priority: task.priority,
            archived: task.archived,
            tags: task.tags,
            after_tasks: task.after_tasks,
            criteria: task.criteria,
            links: task.links,
            metadata: task.metadata,
            version: task.version,
            placed_position: task.placed_position,
            created_at: task.created_at,
            changed_at: task.changed_at,
            estimate_minutes: task.estimate_minutes,
            due: task.due,
            assignee: task.assignee,
            blocked_reason: task.blocked_reason,
            claim: ClaimRecord::of(claim),
            description: texts.description.clone(),
            result: texts.result.clone(),
        }
    }
}

impl ClaimRecord {
    fn of(claim: Option<&ClaimVersion>) -> Self {
        let at = |moment: fn(&ClaimVersion) -> Timestamp| claim.map(moment);
        Self {
            holder: claim.map(|claim| claim.holder.clone()),
            fence: claim.map(|claim| claim.fence),
            since: at(|claim| claim.since),
            ends_at: at(|claim| claim.ends_at),
        }
    }
}
