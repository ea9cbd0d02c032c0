//! `create_goal` and `add_tasks`: whole trees in one step.

use std::collections::BTreeMap;

use domain::{
    Goal, GoalCommand, GoalId, Instruction, Rejection, TaskId,
    goal::{PlannedTask, Subject, TaskReference, decide},
    limits,
    time::micros,
};

use crate::{
    Caller, GoalAgent,
    order::{Done, Envelope},
    refusal::{Refusal, text},
    reply::{self, Planned},
    request::{AddTasks, CreateGoal, Estimate, TaskPlan},
};

/// No log gives out ids as high as these.
const UNUSED_IDS: u64 = 1 << 60;

impl GoalAgent {
    /// Creates a goal with its tree of tasks, all of it or nothing.
    ///
    /// # Errors
    /// VALIDATION names the field; CYCLE the path; TOO_BIG the limit.
    pub async fn create_goal(&self, caller: &Caller, request: CreateGoal) -> Result<Planned, Refusal> {
        let _place = self.doors.writes.enter()?;
        let request_id = request.request_id.clone();
        let body = CreateGoal { request_id: None, ..request };
        let envelope = Envelope::seal(caller, "create_goal", &body, request_id.as_deref(), None)?;
        let tasks = flatten(&body.tasks)?;
        let ids = self.log.mint_task_ids(tasks.len()).await?;
        let goal = self.log.mint_goal_ids(1).await?.into_iter().next().unwrap_or_default();
        let mut kept = keeping(&body.tasks, &ids);
        kept.insert(0, creation(goal, body, numbered(tasks, &ids, None)));
        self.carry_out_plan(caller, &envelope, goal, kept).await
    }

    /// Whether a goal could be created like this, before anything is.
    ///
    /// # Errors
    /// As [`GoalAgent::create_goal`].
    pub fn check_goal(request: &CreateGoal) -> Result<(), Refusal> {
        let tasks = flatten(&request.tasks)?;
        // Ids that nobody has, since the real ones are given out with the goal.
        let ids: Vec<TaskId> = (0..tasks.len() as u64).map(|place| TaskId(UNUSED_IDS + place)).collect();
        let mut commands = keeping(&request.tasks, &ids);
        commands.insert(0, creation(GoalId(UNUSED_IDS), request.clone(), numbered(tasks, &ids, None)));
        let (at, expect) = (micros(chrono::Utc::now()), Vec::new());
        decide(&Goal::default(), &Instruction { at, expect, commands, noted: false })?;
        Ok(())
    }

    /// Adds a tree of tasks below a goal or a task, all of it or nothing.
    ///
    /// # Errors
    /// NOT_FOUND suggests the nearest parent; otherwise as [`GoalAgent::create_goal`].
    pub async fn add_tasks(&self, caller: &Caller, request: AddTasks) -> Result<Planned, Refusal> {
        let _place = self.doors.writes.enter()?;
        let request_id = request.request_id.clone();
        let body = AddTasks { request_id: None, ..request };
        let envelope = Envelope::seal(caller, "add_tasks", &body, request_id.as_deref(), None)?;
        check(&body)?;
        let parent: Subject = self.id("parent", &body.parent).await?;
        let goal = self.goal_of(parent).await?;
        let below = match parent {
            Subject::Goal(_) => None,
            Subject::Task(task) => Some(task),
        };
        let tasks = flatten(&body.tasks)?;
        let ids = self.log.mint_task_ids(tasks.len()).await?;
        let mut kept = keeping(&body.tasks, &ids);
        kept.insert(0, GoalCommand::AddTasks { tasks: numbered(tasks, &ids, below) });
        self.carry_out_plan(caller, &envelope, goal, kept).await
    }

    async fn carry_out_plan(
        &self,
        caller: &Caller,
        envelope: &Envelope<'_>,
        goal: GoalId,
        commands: Vec<GoalCommand>,
    ) -> Result<Planned, Refusal> {
        match self.execute(caller, envelope.order(0, goal, commands, Vec::new())).await {
            Ok(done) => Ok(self.planned(&done, envelope)),
            // Only the goal that the caller named can be missing here.
            Err(Refusal::Rejected(Rejection::NotFound { .. })) => Err(self.not_found(&goal.to_string()).await),
            Err(refusal) => Err(refusal),
        }
    }

    fn planned(&self, done: &Done, envelope: &Envelope<'_>) -> Planned {
        let ids: BTreeMap<String, TaskId> =
            done.added().map(|(task, key)| (key.map_or_else(|| task.to_string(), str::to_owned), task)).collect();
        Planned {
            stored: self.stored(done),
            goal: done.goal_id(),
            added: ids.len(),
            ids,
            ready: reply::ready(&done.goal, envelope.at),
        }
    }
}

/// What can be said about new tasks before anything is looked up.
pub(crate) fn check(body: &AddTasks) -> Result<(), Refusal> {
    match body.tasks.is_empty() {
        true => Err(Refusal::validation("tasks", "is empty; give at least one task")),
        false => Ok(()),
    }
}

/// The command that begins this goal, with its tasks in a list.
pub(crate) fn creation(goal: GoalId, body: CreateGoal, tasks: Vec<PlannedTask>) -> GoalCommand {
    GoalCommand::CreateGoal {
        goal,
        title: text(&body.title),
        description: body.description.as_deref().map(text),
        priority: body.priority,
        tags: body.tags.into_iter().collect(),
        due: body.due,
        metadata: body.metadata,
        tasks,
    }
}

/// Gives each task an id, and each part the id of the task it is a part of.
pub(crate) fn numbered(
    tasks: Vec<(PlannedTask, Option<usize>)>,
    ids: &[TaskId],
    below: Option<TaskId>,
) -> Vec<PlannedTask> {
    let parent = |place: Option<usize>| place.map_or(below, |place| Some(ids[place]));
    let number = |((task, place), id): (_, &TaskId)| PlannedTask { id: *id, parent: parent(place), ..task };
    tasks.into_iter().zip(ids).map(number).collect()
}

/// The commands that keep what the new tasks of a tree are to keep; the ids are in the order of its list.
fn keeping(plans: &[TaskPlan], ids: &[TaskId]) -> Vec<GoalCommand> {
    let mut ids = ids.iter().copied();
    let mut commands = Vec::new();
    keep_below(plans, &mut ids, &mut commands);
    commands
}

fn keep_below(plans: &[TaskPlan], ids: &mut impl Iterator<Item = TaskId>, commands: &mut Vec<GoalCommand>) {
    for plan in plans {
        let Some(task) = ids.next() else { return };
        commands.extend(plan.metadata.iter().map(|(key, value)| GoalCommand::SetMetadata {
            subject: task.into(),
            key: key.clone(),
            value: Some(value.clone()),
        }));
        keep_below(&plan.subtasks, ids, commands);
    }
}

/// A tree as a list, each task after the one it is a part of, with that one's place.
pub(crate) fn flatten(plans: &[TaskPlan]) -> Result<Vec<(PlannedTask, Option<usize>)>, Refusal> {
    let mut tasks = Vec::new();
    flatten_below(plans, None, "tasks", 1, &mut tasks)?;
    Ok(tasks)
}

fn flatten_below(
    plans: &[TaskPlan],
    parent: Option<usize>,
    path: &str,
    depth: usize,
    tasks: &mut Vec<(PlannedTask, Option<usize>)>,
) -> Result<(), Refusal> {
    if depth > limits::TASK_DEPTH_MAX && !plans.is_empty() {
        let problem = format!("is {depth} levels deep; there may be at most {}", limits::TASK_DEPTH_MAX);
        return Err(Rejection::TooBig { field: path.to_owned(), problem }.into());
    }
    for (index, plan) in plans.iter().enumerate() {
        // Before ids are minted for them: nobody should be able to use up the numbers with one call.
        if tasks.len() >= limits::TASKS_PER_GOAL_MAX {
            let problem = format!("has more than {} tasks, the most that a goal may have", limits::TASKS_PER_GOAL_MAX);
            return Err(Rejection::TooBig { field: "tasks".to_owned(), problem }.into());
        }
        let field = format!("{path}[{index}]");
        let place = tasks.len();
        tasks.push((planned(plan, &field)?, parent));
        flatten_below(&plan.subtasks, Some(place), &format!("{field}.subtasks"), depth + 1, tasks)?;
    }
    Ok(())
}

fn planned(plan: &TaskPlan, field: &str) -> Result<PlannedTask, Refusal> {
    let estimate = plan.estimate.as_ref().map(|estimate| minutes(&format!("{field}.estimate"), estimate));
    Ok(PlannedTask {
        id: TaskId::default(),
        field: field.to_owned(),
        key: plan.key.clone(),
        parent: None,
        title: text(&plan.title),
        description: plan.description.as_deref().map(text),
        priority: plan.priority,
        tags: plan.tags.iter().cloned().collect(),
        after: plan.after.iter().map(|name| reference(name)).collect(),
        accept: plan.accept.iter().map(|criterion| text(criterion)).collect(),
        estimate_minutes: estimate.transpose()?,
        due: plan.due,
    })
}

/// What looks like an id is one; anything else is a key of the same call.
fn reference(name: &str) -> TaskReference {
    name.parse().map_or_else(|_| TaskReference::Key(name.to_owned()), TaskReference::Id)
}

/// Whole minutes of `90`, `90m`, `2h` or `1h30m`.
pub(crate) fn minutes(field: &str, estimate: &Estimate) -> Result<u32, Refusal> {
    let written = match estimate {
        Estimate::Minutes(minutes) => return Ok(*minutes),
        Estimate::Text(written) => written.trim(),
    };
    let invalid = || {
        Refusal::validation(
            field,
            format!("`{written}` is not a length of time; give minutes, or a text such as 1h30m"),
        )
    };
    if written.is_empty() {
        return Err(invalid());
    }
    let (hours, rest) = written.split_once('h').unwrap_or(("0", written));
    let rest = rest.trim().strip_suffix('m').unwrap_or(rest.trim());
    let rest = if rest.is_empty() { "0" } else { rest };
    let (hours, rest): (u32, u32) =
        (hours.trim().parse().map_err(|_| invalid())?, rest.parse().map_err(|_| invalid())?);
    hours.checked_mul(60).and_then(|minutes| minutes.checked_add(rest)).ok_or_else(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_are_minutes_or_hours_and_minutes() {
        let read = |written: &str| minutes("estimate", &Estimate::Text(written.into())).ok();
        assert_eq!(
            [read("90m"), read("2h"), read("1h30m"), read("45"), read("1h 30m")].map(Option::unwrap),
            [90, 120, 90, 45, 90]
        );
        for wrong in ["", "soon", "1d", "-5m", "h", "99999999999h"] {
            assert_eq!(read(wrong), None, "{wrong} was taken");
        }
    }

    #[test]
    fn a_tree_becomes_a_list_with_parents_first_and_paths_that_name_the_place() {
        let leaf = |title: &str| TaskPlan { title: title.into(), ..TaskPlan::default() };
        let tree = [TaskPlan { subtasks: vec![leaf("b"), leaf("c")], ..leaf("a") }, leaf("d")];
        let list = flatten(&tree).unwrap();
        let seen: Vec<_> = list.iter().map(|(task, parent)| (task.field.as_str(), *parent)).collect();
        assert_eq!(
            seen,
            [
                ("tasks[0]", None),
                ("tasks[0].subtasks[0]", Some(0)),
                ("tasks[0].subtasks[1]", Some(0)),
                ("tasks[1]", None)
            ]
        );
    }
}
