//! What speaks against a plan.

use std::{cmp::Reverse, collections::BTreeSet};

use super::{
    Circumstances,
    critical::Step,
    durations::Basis,
    forecast::{Ends, later},
    net::{Net, finish},
};
use crate::{
    TaskId, Timestamp,
    goal::{Goal, Subject, Task, TaskStatus, Text},
    time::Due,
};

/// Tasks that are looked at for how much they hold up: those that most others name in their `after`.
const LOOKED_AT_MAX: usize = 16;
/// A task that holds up one in so many of those that are left is worth a word ...
const PART_HELD_UP: usize = 3;
/// ... if these are not too few.
const HELD_UP_MIN: usize = 5;
/// So many of these are named: in a chain each holds up all that follow.
const HOLDING_UP_MAX: usize = 3;

/// Something that may keep the goal from being reached in time, or at all.
#[derive(Debug, Clone, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Risk {
    /// It should have been done by now.
    Overdue {
        /// The goal or task.
        subject: Subject,
        /// When it was due.
        due: Timestamp,
    },
    /// It will probably not be done in time.
    Late {
        /// The goal or task.
        subject: Subject,
        /// When it is due.
        due: Timestamp,
        /// When it will be done: four times in five before, or as expected when too little was measured to say.
        expected: Timestamp,
    },
    /// It failed, and others wait for it: that is in vain until somebody decides.
    Failed {
        /// The task.
        task: TaskId,
        /// Those that wait for it, or that it is a part of.
        waiting: Vec<TaskId>,
    },
    /// Somebody said that it cannot go on.
    Blocked {
        /// The task.
        task: TaskId,
        /// Why, if that is known.
        reason: Option<Text>,
    },
    /// Its worker's lease ran out and nobody has taken it up since.
    Lapsed {
        /// The task.
        task: TaskId,
        /// Who held it.
        holder: String,
        /// When the lease ended.
        until: Timestamp,
    },
    /// A large part of what is left has to wait for it.
    HoldsUp {
        /// The task.
        task: TaskId,
        /// How many tasks.
        tasks: usize,
    },
    /// Nobody has said how long these take, and all depends on them.
    Unestimated {
        /// Tasks of the critical path.
        tasks: Vec<TaskId>,
    },
}

impl Risk {
    /// What kind of risk it is: `overdue`.
    pub fn kind(&self) -> &'static str {
        self.into()
    }

    /// What it is about; `None` when that is more than one thing.
    pub fn subject(&self) -> Option<Subject> {
        match self {
            Self::Overdue { subject, .. } | Self::Late { subject, .. } => Some(*subject),
            Self::Failed { task, .. }
            | Self::Blocked { task, .. }
            | Self::Lapsed { task, .. }
            | Self::HoldsUp { task, .. } => Some((*task).into()),
            Self::Unestimated { .. } => None,
        }
    }
}

/// What is past mending by time comes first, what is only not known comes last.
pub(super) fn risks(
    goal: &Goal,
    net: &Net<'_>,
    circumstances: &Circumstances,
    critical_path: &[Step],
    ends: &Ends,
) -> Vec<Risk> {
    if net.work().next().is_none() {
        return Vec::new();
    }
    let (mut risks, late) = of_time(goal, net, circumstances.at, ends);
    risks.extend(net.tasks.iter().filter_map(|(id, task)| failed(goal, *id, task)));
    risks.extend(late);
    let work = || net.work().map(|place| net.tasks[place]);
    risks.extend(work().filter_map(|(id, task)| blocked(id, task)));
    risks.extend(work().filter_map(|(id, task)| lapsed(id, task, circumstances.at)));
    risks.extend(holding_up(net));
    risks.extend(unestimated(critical_path));
    risks
}

/// What is overdue, and what will be late.
fn of_time(goal: &Goal, net: &Net<'_>, at: Timestamp, ends: &Ends) -> (Vec<Risk>, Vec<Risk>) {
    let of_tasks = ends.due.iter().map(|(place, end)| {
        let (id, task) = net.tasks[*place];
        (Subject::from(id), task.due, *end)
    });
    let of_goal = goal.id.map(|id| (Subject::from(id), goal.due, ends.all));
    let (mut overdue, mut late) = (Vec::new(), Vec::new());
    for (subject, due, end) in of_goal.into_iter().chain(of_tasks) {
        let Some(due) = due.map(Due::deadline) else { continue };
        let expected = later(at, end);
        match due {
            due if due <= at => overdue.push(Risk::Overdue { subject, due }),
            due if due < expected => late.push(Risk::Late { subject, due, expected }),
            _ => {}
        }
    }
    (overdue, late)
}

fn failed(goal: &Goal, id: TaskId, task: &Task) -> Option<Risk> {
    if task.archived || task.status != TaskStatus::Failed {
        return None;
    }
    let open = |id: &TaskId| goal.task(*id).is_some_and(|task| !task.archived && task.status.is_open());
    let waiting: BTreeSet<TaskId> = task.dependents.iter().copied().chain(task.parent).filter(open).collect();
    (!waiting.is_empty()).then(|| Risk::Failed { task: id, waiting: waiting.into_iter().collect() })
}

fn blocked(id: TaskId, task: &Task) -> Option<Risk> {
    (task.status == TaskStatus::Blocked).then(|| Risk::Blocked { task: id, reason: task.blocked_reason.clone() })
}

fn lapsed(id: TaskId, task: &Task, at: Timestamp) -> Option<Risk> {
    let claim = task.claim.as_ref().filter(|claim| !claim.is_live(at))?;
    Some(Risk::Lapsed { task: id, holder: claim.holder.clone(), until: claim.until })
}

/// The tasks that most has to wait for. Only some are looked at, since each takes a walk through what follows.
fn holding_up(net: &Net<'_>) -> Vec<Risk> {
    let mut places: Vec<usize> = net.work().collect();
    let threshold = HELD_UP_MIN.max(places.len().div_ceil(PART_HELD_UP));
    places.sort_by_key(|place| (Reverse(net.followers(finish(*place)).len()), *place));
    let count = |place: usize| (place, followers(net, place));
    let mut found: Vec<(usize, usize)> =
        places.into_iter().take(LOOKED_AT_MAX).map(count).filter(|(_, tasks)| *tasks >= threshold).collect();
    found.sort_by_key(|(place, tasks)| (Reverse(*tasks), *place));
    found.truncate(HOLDING_UP_MAX);
    found.into_iter().map(|(place, tasks)| Risk::HoldsUp { task: net.tasks[place].0, tasks }).collect()
}

/// How many tasks have to wait for this one, directly or not.
fn followers(net: &Net<'_>, place: usize) -> usize {
    let mut met = vec![false; net.nodes().len()];
    let (mut path, mut tasks) = (vec![finish(place)], 0);
    while let Some(node) = path.pop() {
        for next in net.followers(node) {
            if !std::mem::replace(&mut met[*next], true) {
                tasks += usize::from(net.done_with(*next).is_some());
                path.push(*next);
            }
        }
    }
    tasks
}

fn unestimated(critical_path: &[Step]) -> Option<Risk> {
    let unknown = |step: &&Step| matches!(step.basis, Basis::Measured | Basis::Assumed);
    let tasks: Vec<TaskId> = critical_path.iter().filter(unknown).map(|step| step.task).collect();
    (!tasks.is_empty()).then_some(Risk::Unestimated { tasks })
}
