//! The tree of tasks: what there is to do, in what order, and when it counts as done.

use std::collections::{BTreeMap, BTreeSet};

use super::{Draft, check};
use crate::{
    GoalEvent, Rejection, TaskId,
    goal::{Criterion, PlannedTask, TaskReference, Text, event::NewCriterion, graph},
    limits,
};

/// The local keys of one call and the ids they stand for.
type Keys<'a> = BTreeMap<&'a str, TaskId>;

impl Draft {
    pub(super) fn add_tasks(&mut self, tasks: &[PlannedTask]) -> Result<(), Rejection> {
        self.open_goal()?;
        check::at_most("tasks", self.goal.tasks.len() + tasks.len(), limits::TASKS_PER_GOAL_MAX, "tasks in the goal")?;
        let keys = keys(tasks)?;
        let new: BTreeSet<TaskId> = tasks.iter().map(|task| task.id).collect();
        for task in tasks {
            let after = self.resolve_after(task, &keys, &new)?;
            self.add_task(task, after)?;
        }
        Ok(())
    }

    fn add_task(&mut self, planned: &PlannedTask, after: BTreeSet<TaskId>) -> Result<(), Rejection> {
        let field = |name: &str| format!("{}.{name}", planned.field);
        if self.goal.tasks.contains_key(&planned.id) {
            return Err(Rejection::validation(&planned.field, format!("{} exists already", planned.id)));
        }
        if let Some(parent) = planned.parent {
            self.fits_below(&planned.field, parent, 1)?;
            self.open_parent(parent)?;
            self.unarchived_parent(parent)?;
        }
        check::estimate(&field("estimate"), planned.estimate_minutes)?;
        self.record(GoalEvent::TaskAdded {
            task: planned.id,
            key: planned.key.clone(),
            parent: planned.parent,
            title: check::title(&field("title"), &planned.title)?,
            description: check::optional_text(
                &field("description"),
                planned.description.as_ref(),
                limits::TEXT_BYTES_MAX,
            )?,
            priority: planned.priority,
            tags: check::tags(&field("tags"), &planned.tags)?,
            after,
            criteria: criteria(&field("accept"), &planned.accept)?,
            estimate_minutes: planned.estimate_minutes,
            due: check::due(&field("due"), planned.due)?,
        });
        // An id that is never stored would mean nothing to the caller, a key or a title does.
        let name = planned.key.clone().unwrap_or_else(|| planned.title.to_string());
        self.relinked.insert(planned.id, Some(name));
        Ok(())
    }

    fn resolve_after(
        &self,
        task: &PlannedTask,
        keys: &Keys,
        new: &BTreeSet<TaskId>,
    ) -> Result<BTreeSet<TaskId>, Rejection> {
        let field = |place: usize| format!("{}.after[{place}]", task.field);
        check::at_most(
            &format!("{}.after", task.field),
            task.after.len(),
            limits::DEPENDENCIES_PER_TASK_MAX,
            "dependencies",
        )?;
        task.after
            .iter()
            .enumerate()
            .map(|(place, reference)| match reference {
                TaskReference::Id(id) if new.contains(id) || self.goal.tasks.contains_key(id) => Ok(*id),
                TaskReference::Id(id) => Err(Rejection::outside(field(place), *id, None)),
                TaskReference::Key(key) => {
                    keys.get(key.as_str()).copied().ok_or_else(|| self.unknown_name(field(place), key, new))
                }
            })
            .collect()
    }

    /// A name that is no key may be a title, or a key of an earlier call: keys are not kept.
    fn unknown_name(&self, field: String, name: &str, new: &BTreeSet<TaskId>) -> Rejection {
        let titled = self.goal.tasks.iter().find(|(id, task)| *task.title == *name && !new.contains(id));
        let instead = match titled {
            Some((id, _)) => format!("the task of this title is {id}"),
            None => "keys hold for one call, so give that task a key here, or its id if it is there already".to_owned(),
        };
        Rejection::validation(field, format!("`{name}` is neither a key of this call nor a task id; {instead}"))
    }

    /// Whether a tree of `height` levels may hang below `parent`.
    fn fits_below(&self, field: &str, parent: TaskId, height: usize) -> Result<(), Rejection> {
        self.task(parent)?;
        let depth = graph::lineage(&self.goal, parent).count() + height;
        match depth > limits::TASK_DEPTH_MAX {
            true => Err(Rejection::too_big(
                field,
                format!("would be {depth} levels deep; there may be at most {}", limits::TASK_DEPTH_MAX),
            )),
            false => Ok(()),
        }
    }

    /// Refuses what would make tasks wait for one another, naming them as the caller does.
    ///
    /// One walk for the whole instruction, when all of it has been decided: a circle may close only with its last command,
    /// and a thousand new dependencies must not walk the plan a thousand times.
    pub(in crate::goal) fn no_cycle(&self) -> Result<(), Rejection> {
        let Some(path) = graph::find_cycle(&self.goal, self.relinked.keys().copied()) else { return Ok(()) };
        let name = |task: &TaskId| self.relinked.get(task).cloned().flatten().unwrap_or_else(|| task.to_string());
        Err(Rejection::Cycle { path: path.iter().map(name).collect() })
    }

    /// What is put aside takes no parts that are not: they would be out of reach.
    fn unarchived_parent(&self, id: TaskId) -> Result<(), Rejection> {
        let parent = self.task(id)?;
        match parent.archived {
            true => Err(Rejection::conflict(id, "is archived; restore it first", parent.version)),
            false => Ok(()),
        }
    }

    pub(super) fn estimate(&mut self, task: TaskId, to: Option<u32>) -> Result<(), Rejection> {
        check::estimate("estimate", to)?;
        let from = self.task(task)?.estimate_minutes;
        if from != to {
            self.record(GoalEvent::TaskEstimated { task, from, to });
        }
        Ok(())
    }

    pub(super) fn move_task(&mut self, task: TaskId, to: Option<TaskId>) -> Result<(), Rejection> {
        let moved = self.task(task)?;
        let (from, open, archived) = (moved.parent, moved.status.is_open(), moved.archived);
        if from == to {
            return Ok(());
        }
        self.open_goal()?;
        if let Some(parent) = to {
            if parent == task || graph::descendants(&self.goal, task).contains(&parent) {
                let path = [task, parent, task].map(|task| task.to_string());
                return Err(Rejection::Cycle { path: path.into() });
            }
            self.fits_below("parent", parent, self.height(task))?;
            if open {
                self.open_parent(parent)?;
            }
            if !archived {
                self.unarchived_parent(parent)?;
            }
        }
        self.record(GoalEvent::TaskMoved { task, from, to });
        self.relink([task].into_iter().chain(to));
        Ok(())
    }

    fn relink(&mut self, tasks: impl IntoIterator<Item = TaskId>) {
        for task in tasks {
            self.relinked.entry(task).or_default();
        }
    }

    /// Levels of the tree that hangs from a task, itself included.
    fn height(&self, task: TaskId) -> usize {
        let depth = |id| graph::lineage(&self.goal, id).count();
        let deepest = graph::descendants(&self.goal, task).into_iter().map(depth).max();
        deepest.map_or(1, |deepest| deepest - depth(task) + 1)
    }

    pub(super) fn add_dependency(&mut self, task: TaskId, on: TaskId) -> Result<(), Rejection> {
        self.task(on)?;
        let after = &self.task(task)?.after;
        if after.contains(&on) {
            return Ok(());
        }
        self.open_goal()?;
        check::at_most("after", after.len() + 1, limits::DEPENDENCIES_PER_TASK_MAX, "dependencies")?;
        self.record(GoalEvent::DependencyAdded { task, on });
        self.relink([task]);
        Ok(())
    }

    pub(super) fn remove_dependency(&mut self, task: TaskId, on: TaskId) -> Result<(), Rejection> {
        if self.task(task)?.after.contains(&on) {
            self.open_goal()?;
            self.record(GoalEvent::DependencyRemoved { task, on });
        }
        Ok(())
    }

    pub(super) fn add_criterion(&mut self, task: TaskId, text: &Text) -> Result<(), Rejection> {
        let state = self.task(task)?;
        if state.criteria.values().any(|criterion| criterion.text == *text) {
            return Ok(());
        }
        check::at_most("accept", state.criteria.len() + 1, limits::CRITERIA_PER_TASK_MAX, "criteria")?;
        let number = state.criterion_last + 1;
        self.record(GoalEvent::CriterionAdded { task, number, text: criterion("accept", text)? });
        Ok(())
    }

    pub(super) fn remove_criterion(&mut self, task: TaskId, number: u32) -> Result<(), Rejection> {
        if let Some(criterion) = self.task(task)?.criteria.get(&number) {
            let text = criterion.text.clone();
            self.record(GoalEvent::CriterionRemoved { task, number, text });
        }
        Ok(())
    }

    pub(super) fn criterion(&self, task: TaskId, number: u32) -> Result<&Criterion, Rejection> {
        let criterion = self.task(task)?.criteria.get(&number);
        criterion.ok_or_else(|| Rejection::unknown(format!("criterion {number} of {task}")))
    }

    pub(super) fn judge_criterion(
        &mut self,
        task: TaskId,
        number: u32,
        met: bool,
        fence: Option<u64>,
    ) -> Result<(), Rejection> {
        let changes = self.criterion(task, number)?.met != met;
        self.authorise(task, fence)?;
        if changes {
            self.record(match met {
                true => GoalEvent::CriterionMet { task, number },
                false => GoalEvent::CriterionUnmet { task, number },
            });
        }
        Ok(())
    }
}

fn keys(tasks: &[PlannedTask]) -> Result<Keys<'_>, Rejection> {
    let mut keys = Keys::new();
    for task in tasks {
        let Some(key) = task.key.as_deref() else { continue };
        let field = format!("{}.key", task.field);
        check::one_line(&field, key, limits::NAME_CHARS_MAX)?;
        check::no_id(&field, key)?;
        if keys.insert(key, task.id).is_some() {
            return Err(Rejection::validation(
                field,
                format!("`{key}` is used twice; give each task a key of its own"),
            ));
        }
    }
    Ok(keys)
}

fn criteria(field: &str, accept: &[Text]) -> Result<Vec<NewCriterion>, Rejection> {
    check::at_most(field, accept.len(), limits::CRITERIA_PER_TASK_MAX, "criteria")?;
    let mut distinct: Vec<Text> = Vec::with_capacity(accept.len());
    for text in accept {
        let text = criterion(field, text)?;
        // The same thing asked for twice is one criterion, as it is when it is added later.
        if !distinct.contains(&text) {
            distinct.push(text);
        }
    }
    Ok((1..).zip(distinct).map(|(number, text)| NewCriterion { number, text }).collect())
}

fn criterion(field: &str, text: &Text) -> Result<Text, Rejection> {
    check::optional_text(field, Some(text), limits::NOTE_BYTES_MAX)?
        .ok_or_else(|| Rejection::validation(field, "has an empty criterion; say what must hold"))
}
