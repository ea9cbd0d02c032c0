//! Whether what an event changed has been changed again since.

use crate::{
    Rejection,
    goal::{Goal, GoalEvent as E, GoalStatus, Subject, Task, TaskStatus, Text},
};

/// How things stand, as far as one event changed them.
pub(super) enum Standing {
    /// As they were before it: there is nothing to undo.
    AsBefore,
    /// As it left them, or nobody can tell.
    AsLeft,
    /// Neither: somebody has changed the same thing since.
    Changed(Rejection),
}

/// `before` is the task that it is about, just before it happened.
pub(super) fn standing(event: &E, before: Option<&Task>, now: &Goal) -> Standing {
    let standing = match event.task() {
        Some(task) => now.task(task).and_then(|task| of_task(event, before, task, now)),
        None => of_goal(event, now),
    };
    match standing {
        None => Standing::AsLeft,
        Some(Ok(())) => Standing::AsBefore,
        Some(Err(problem)) => Standing::Changed(conflict(event, now, &problem)),
    }
}

fn conflict(event: &E, now: &Goal, problem: &str) -> Rejection {
    match event.task() {
        Some(task) => Rejection::conflict(task, problem, now.task(task).map_or(0, |task| task.version)),
        None => Rejection::conflict(Subject::Goal(now.id.unwrap_or_default()), problem, now.version),
    }
}

/// `None`: as it left it. Otherwise as it was before, or what has become of it.
type Since = Option<Result<(), String>>;

fn of_goal(event: &E, now: &Goal) -> Since {
    match event {
        E::GoalCreated { .. } => match now.status {
            GoalStatus::Pending => None,
            status => Some(Err(format!("has been worked on since: it is {}", <&str>::from(status)))),
        },
        E::GoalRetitled { from, to } => other("title", &now.title, from, to),
        E::GoalDescribed { from, to } => other("description", &now.description, from, to),
        E::GoalReprioritised { from, to } => other("priority", &now.priority, from, to),
        E::GoalDueSet { from, to } => other("due date", &now.due, from, to),
        E::GoalAssigned { from, to } => other("assignee", &now.assignee, from, to),
        E::GoalMetadataSet { key, from, to } => {
            other("value for that key", &now.metadata.get(key), &from.as_ref(), &to.as_ref())
        }
        E::GoalStarted { from, to }
        | E::GoalCompleted { from, to, .. }
        | E::GoalCancelled { from, to }
        | E::GoalReopened { from, to } => course(now.status, *from, *to),
        _ => None,
    }
}

fn of_task(event: &E, before: Option<&Task>, now: &Task, goal: &Goal) -> Since {
    match event {
        E::TaskBlocked { from, reason, .. } if now.status == TaskStatus::Blocked => {
            let then = before.filter(|_| *from == TaskStatus::Blocked).map(|then| &then.blocked_reason);
            blocked(&now.blocked_reason, then, reason)
        }
        E::TaskAdded { .. } => added(now, goal),
        E::TaskArchived { .. } => archived(now, goal),
        E::TaskRestored { .. } => restored(now, goal),
        E::TaskRetitled { from, to, .. } => other("title", &now.title, from, to),
        E::TaskDescribed { from, to, .. } => other("description", &now.description, from, to),
        E::TaskReprioritised { from, to, .. } => other("priority", &now.priority, from, to),
        E::TaskEstimated { from, to, .. } => other("estimate", &now.estimate_minutes, from, to),
        E::TaskDueSet { from, to, .. } => other("due date", &now.due, from, to),
        E::TaskAssigned { from, to, .. } => other("assignee", &now.assignee, from, to),
        E::TaskMoved { from, to, .. } => other("parent", &now.parent, from, to),
        E::TaskMetadataSet { key, from, to, .. } => {
            other("value for that key", &now.metadata.get(key), &from.as_ref(), &to.as_ref())
        }
        E::ClaimRenewed { from, to, .. } => match &now.claim {
            Some(claim) => other("lease", &claim.until, from, to),
            None => Some(Ok(())),
        },
        E::TaskStarted { from, to, .. }
        | E::TaskBlocked { from, to, .. }
        | E::TaskUnblocked { from, to, .. }
        | E::TaskReviewRequested { from, to, .. }
        | E::TaskCompleted { from, to, .. }
        | E::TaskFailed { from, to, .. }
        | E::TaskCancelled { from, to, .. }
        | E::TaskReopened { from, to, .. } => course(now.status, *from, *to),
        _ => None,
    }
}

/// Taken back, it brings what it is a part of with it, should somebody have put that aside. What was put aside with it comes back before it.
fn archived(now: &Task, goal: &Goal) -> Since {
    let is_aside = |id| goal.task(id).is_some_and(|task: &Task| task.archived);
    match now.parent {
        _ if !now.archived => Some(Ok(())),
        Some(parent) if is_aside(parent) => Some(Err(format!("is part of {parent}, which is put aside as well"))),
        _ => None,
    }
}

/// What came back with it is put aside before it.
fn restored(now: &Task, goal: &Goal) -> Since {
    match now.archived {
        true => Some(Ok(())),
        false => parts_in_sight(now, goal),
    }
}

fn parts_in_sight(now: &Task, goal: &Goal) -> Since {
    let in_sight = |part| goal.task(part).is_some_and(|part: &Task| !part.archived);
    now.children.iter().copied().any(in_sight).then(|| Err("has parts that would go with it".to_owned()))
}

/// With a task that is put aside goes out of sight what has become of it. The parts that came with it are put aside before it.
fn added(now: &Task, goal: &Goal) -> Since {
    if let Some(parts) = parts_in_sight(now, goal).filter(|_| !now.archived) {
        return Some(parts);
    }
    match now.status {
        _ if now.archived => Some(Ok(())),
        TaskStatus::Pending | TaskStatus::Cancelled => None,
        status => Some(Err(format!("has been worked on since: it is {}", <&str>::from(status)))),
    }
}

fn other<T: PartialEq>(what: &str, now: &T, from: &T, to: &T) -> Since {
    match now {
        now if now == to => None,
        now if now == from => Some(Ok(())),
        _ => Some(Err(format!("has been given another {what} since"))),
    }
}

/// Blocked now: for the reason that the event gave, for the one of then, if it was blocked then, or for another.
fn blocked(now: &Option<Text>, then: Option<&Option<Text>>, given: &Option<Text>) -> Since {
    match now {
        now if now == given => None,
        now if Some(now) == then => Some(Ok(())),
        _ => Some(Err("is blocked for another reason since".to_owned())),
    }
}

fn course<T: PartialEq + Into<&'static str>>(now: T, from: T, to: T) -> Since {
    match now {
        now if now == to => None,
        now if now == from => Some(Ok(())),
        now => Some(Err(format!("has become {} since", now.into()))),
    }
}
