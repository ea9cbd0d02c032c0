//! What a projector says when it has committed a page: how far the views are, and which answers about them may have changed.

use std::collections::BTreeSet;

use domain::{GoalEvent, Recorded};
use serde::{Deserialize, Serialize};

use crate::{fold::signed, limits};

/// The channel of announcements.
pub(crate) const CHANNEL: &str = "goalstream_views";

/// What is said to hear of them.
pub(crate) const LISTEN: &str = "LISTEN goalstream_views";

/// One commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Announcement {
    pub(crate) generation: i32,
    pub(crate) from: u64,
    pub(crate) checkpoint: u64,
    /// The goals that changed; left out when they are too many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) goals: Option<Vec<i64>>,
    /// Which of their tasks changed; left out when there are too many, and by older programs: then all may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tasks: Option<ChangedTasks>,
}

/// Tasks whose rows, or of which what is said about their being ready, may be different.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChangedTasks {
    /// All tasks of these goals.
    pub(crate) all_of: BTreeSet<i64>,
    /// These, whatever their goals.
    pub(crate) only: BTreeSet<i64>,
}

impl Announcement {
    /// Everything may have changed.
    pub(crate) fn of_all(generation: i32, checkpoint: u64) -> Self {
        Self { generation, from: checkpoint, checkpoint, goals: None, tasks: None }
    }

    /// What these events changed.
    pub(crate) fn of_page(generation: i32, from: u64, checkpoint: u64, page: &[(&Recorded, GoalEvent)]) -> Self {
        let (mut goals, mut tasks) = (BTreeSet::new(), ChangedTasks::default());
        for (recorded, event) in page {
            let Some(goal) = recorded.goal_id().map(|goal| signed(goal.0)) else { continue };
            goals.insert(goal);
            tasks.only.extend(event.task().map(|task| signed(task.0)));
            if event.reaches_other_tasks() {
                tasks.all_of.insert(goal);
            }
        }
        let fits = |named: usize| named <= limits::ANNOUNCED_NAMES_MAX;
        let tasks = fits(goals.len() + tasks.all_of.len() + tasks.only.len()).then_some(tasks);
        let goals = fits(goals.len()).then(|| goals.into_iter().collect());
        Self { generation, from, checkpoint, goals, tasks }
    }
}
