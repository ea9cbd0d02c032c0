//! Goals and tasks by id, with what is below them and what was said about them: all of one moment.

use std::collections::BTreeMap;

use domain::{GoalId, TaskId, goal::Subject};

use super::{
    comments::newest_last,
    goals::{at_most, by_ids},
    snapshot::{Answer, ReadAt, Snapshot},
    tasks::{TaskStanding, standing_by_ids, tree_order},
};
use crate::{
    Views,
    error::ReadError,
    rows::{CommentRow, GoalRow, TaskRow},
};

/// What to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectsRequest {
    /// These goals.
    pub goals: Vec<GoalId>,
    /// These tasks; together with the goals at most 100.
    pub tasks: Vec<TaskId>,
    /// The tasks of each goal that they are or belong to.
    pub trees: bool,
    /// What was said about each.
    pub comments: bool,
}

/// What was read. What does not exist is missing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Objects {
    /// In the order of their ids.
    pub goals: Vec<GoalRow>,
    /// In the order of their ids.
    pub tasks: Vec<TaskStanding>,
    /// All tasks of a goal, parents before their parts.
    pub trees: BTreeMap<GoalId, Vec<TaskRow>>,
    /// Oldest first.
    pub comments: BTreeMap<Subject, Vec<CommentRow>>,
}

impl Views {
    /// Reads goals and tasks as they stand at one position.
    ///
    /// # Errors
    /// Too many ids, the views are not that far, or the database failed us.
    pub async fn objects(&self, request: &ObjectsRequest, read: &ReadAt) -> Result<Answer<Objects>, ReadError> {
        at_most(request.goals.len() + request.tasks.len())?;
        // One question is of one moment by itself, and its answer may be remembered.
        match (&request.goals[..], &request.tasks[..]) {
            (goals, []) if request.only_rows() => {
                let found = self.goals_by_id(goals, read).await?;
                Ok(found.map(|goals| Objects { goals, ..Objects::default() }))
            }
            ([], tasks) if request.only_rows() => {
                let found = self.tasks_by_id(tasks, read).await?;
                Ok(found.map(|tasks| Objects { tasks, ..Objects::default() }))
            }
            _ => {
                let mut snapshot = self.snapshot(read).await?;
                let objects = request.read(&mut snapshot).await?;
                Ok(snapshot.answer(objects))
            }
        }
    }
}

impl ObjectsRequest {
    fn only_rows(&self) -> bool {
        !self.trees && !self.comments
    }

    async fn read(&self, snapshot: &mut Snapshot) -> Result<Objects, ReadError> {
        let mut objects = Objects::default();
        if !self.goals.is_empty() {
            objects.goals = by_ids(snapshot, &self.goals).await?;
        }
        if !self.tasks.is_empty() {
            objects.tasks = standing_by_ids(snapshot, &self.tasks).await?;
        }
        if self.trees {
            for goal in objects.trees_of() {
                objects.trees.insert(goal, tree_order(snapshot, goal).await?);
            }
        }
        if self.comments {
            for subject in objects.subjects() {
                objects.comments.insert(subject, newest_last(snapshot, subject).await?);
            }
        }
        Ok(objects)
    }
}

impl Objects {
    fn trees_of(&self) -> Vec<GoalId> {
        let mut goals: Vec<GoalId> = self.goals.iter().map(|goal| goal.id).collect();
        goals.extend(self.tasks.iter().map(|standing| standing.task.goal));
        goals.sort_unstable();
        goals.dedup();
        goals
    }

    fn subjects(&self) -> Vec<Subject> {
        let goals = self.goals.iter().map(|goal| Subject::Goal(goal.id));
        goals.chain(self.tasks.iter().map(|standing| Subject::Task(standing.task.id))).collect()
    }
}
