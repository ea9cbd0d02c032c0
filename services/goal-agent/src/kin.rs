//! Which tasks show something of others: a task is read with its parts, and each with whether it can be begun.

use std::collections::BTreeSet;

use chrono::Utc;
use domain::{GoalId, TaskId, goal::graph::lineage};
use read_models::{ReadAt, limits::BATCH_IDS_MAX};

use crate::{GoalAgent, Refusal, locate::read_failed};

impl GoalAgent {
    /// What the changed tasks, and those that come after them, are part of, with themselves. Only goals that have one of the `watched` tasks are
    /// looked at.
    ///
    /// # Errors
    /// A goal, or whose a task is, cannot be read.
    pub async fn kin(
        &self,
        watched: impl IntoIterator<Item = TaskId>,
        changed: impl IntoIterator<Item = (GoalId, TaskId)>,
    ) -> Result<BTreeSet<TaskId>, Refusal> {
        let goals = self.goals_of(watched).await?;
        let mut kin = BTreeSet::new();
        for (goal, task) in changed.into_iter().filter(|(goal, _)| goals.contains(goal)) {
            let goal = self.lanes.store().load(goal).await?.goal;
            let after = goal.task(task).into_iter().flat_map(|task| task.dependents.iter().copied());
            let touched = after.chain([task]);
            kin.extend(touched.flat_map(|one| lineage(&goal, one)).map(|(id, _)| id));
        }
        Ok(kin)
    }

    /// A task that is not there has none.
    async fn goals_of(&self, tasks: impl IntoIterator<Item = TaskId>) -> Result<BTreeSet<GoalId>, Refusal> {
        let (mut goals, mut unknown) = (BTreeSet::new(), Vec::new());
        for task in tasks {
            match self.located.get(&task) {
                Some(goal) => _ = goals.insert(goal),
                None => unknown.push(task),
            }
        }
        for some in unknown.chunks(BATCH_IDS_MAX) {
            let found = self.views.tasks_by_id(some, &ReadAt::latest(Utc::now())).await.map_err(read_failed)?;
            for standing in found.value {
                self.located.insert(standing.task.id, standing.task.goal);
                goals.insert(standing.task.goal);
            }
        }
        Ok(goals)
    }
}
