//! Which tasks show something of others: a task is read with its parts, and each with whether it can be begun.

use std::collections::BTreeSet;

use domain::{GoalId, TaskId, goal::graph::lineage};

use crate::{GoalAgent, Refusal};

impl GoalAgent {
    /// What these tasks and those that come after them are part of, with themselves.
    ///
    /// # Errors
    /// A goal cannot be read.
    pub async fn kin(&self, tasks: impl IntoIterator<Item = (GoalId, TaskId)>) -> Result<BTreeSet<TaskId>, Refusal> {
        let mut kin = BTreeSet::new();
        for (goal, task) in tasks {
            let goal = self.lanes.store().load(goal).await?.goal;
            let after = goal.task(task).into_iter().flat_map(|task| task.dependents.iter().copied());
            let touched = after.chain([task]);
            kin.extend(touched.flat_map(|one| lineage(&goal, one)).map(|(id, _)| id));
        }
        Ok(kin)
    }
}
