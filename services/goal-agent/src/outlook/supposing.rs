//! Calls that are only supposed: read as the tools read them, decided by the same rules, and folded into a copy of the goal.
//!
//! What they add has no id, so it is named by its key, or by where it stands in the request. Within one `plan` call a key holds for all
//! that follows, and the fence that a supposed claim would hand out is passed on to what the same caller does with the task next.

use std::collections::BTreeMap;

use domain::{
    Goal, GoalCommand, GoalEvent, GoalId, Instruction, Rejection, TaskId,
    goal::{Expectation, Subject, decide, graph},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Question, names::Names};
use crate::{
    change::{self, Meant},
    claim, complete, plan,
    refusal::Refusal,
    reply::Tried,
    request::{AddTasks, Claim, Complete, Match, Supposed, Update},
};

/// A goal as it would be.
pub(super) struct Supposing<'a> {
    pub(super) goal: Goal,
    pub(super) names: Names,
    question: &'a Question,
    /// Those that supposed claims would hand out.
    fences: BTreeMap<TaskId, u64>,
}

type Asked = (Vec<Expectation>, Vec<GoalCommand>);

impl<'a> Supposing<'a> {
    pub(super) fn new(question: &'a Question) -> Self {
        Self { goal: question.goal.clone(), names: Names::default(), question, fences: BTreeMap::new() }
    }

    /// Supposes one more call. When it would be refused, nothing of it is supposed.
    pub(super) fn suppose(&mut self, place: usize, call: &Supposed) -> Tried {
        let tool = call.tool.clone();
        match self.decide(place, call) {
            Ok(events) => {
                let claims = events.iter().find_map(|event| match event {
                    GoalEvent::TaskClaimed { task, .. } => Some(self.names.of(*task)),
                    _ => None,
                });
                Tried { tool, done: true, claims, unchanged: events.is_empty(), ..Tried::default() }
            }
            Err(refusal) => Tried { tool, refused: self.describe(refusal), ..Tried::default() },
        }
    }

    fn decide(&mut self, place: usize, call: &Supposed) -> Result<Vec<GoalEvent>, Refusal> {
        let (expect, commands) = match call.tool.as_str() {
            "add_tasks" => self.add_tasks(&read(call)?)?,
            "update" => self.update(read(call)?)?,
            "claim" => self.claim(read(call)?)?,
            "complete" => self.complete(read(call)?)?,
            other => {
                return Err(Refusal::validation(
                    "tool",
                    format!("`{other}` cannot be supposed; give add_tasks, update, claim or complete"),
                ));
            }
        };
        let instruction = Instruction { at: self.question.at, expect, commands, noted: false };
        let events = decide(&self.goal, &instruction)?;
        self.names.add(place, &instruction.commands);
        events.iter().for_each(|event| self.fold(event));
        Ok(events)
    }

    fn fold(&mut self, event: &GoalEvent) {
        self.goal.evolve(event);
        if let GoalEvent::TaskClaimed { task, fence, .. } = event {
            self.fences.insert(*task, *fence);
        }
    }

    fn add_tasks(&self, body: &AddTasks) -> Result<Asked, Refusal> {
        plan::check(body)?;
        let below = match self.subject("parent", &body.parent)? {
            Subject::Goal(_) => None,
            Subject::Task(task) => Some(task),
        };
        let tasks = plan::flatten(&body.tasks)?;
        let ids = self.names.unused(tasks.len());
        let mut tasks = plan::numbered(tasks, &ids, below);
        self.names.refuse_again(&tasks)?;
        self.names.resolve(&mut tasks);
        Ok((Vec::new(), vec![GoalCommand::AddTasks { tasks }]))
    }

    fn update(&self, body: Update) -> Result<Asked, Refusal> {
        change::check(&body)?;
        let subject = |(place, id): (usize, &String)| self.subject(&format!("ids[{place}]"), id);
        let subjects: Vec<Subject> = body.ids.iter().enumerate().map(subject).collect::<Result<_, _>>()?;
        let fence = match subjects[..] {
            [only] => self.fence(only, body.fence),
            _ => body.fence,
        };
        let body = Update { fence, ..body };
        let mut commands = Vec::new();
        for subject in &subjects {
            let meant = self.meant(*subject, &body)?;
            commands.extend(change::commands(*subject, &body, &meant)?);
        }
        Ok((change::expectations(&subjects, &body)?, commands))
    }

    fn meant(&self, subject: Subject, body: &Update) -> Result<Meant, Refusal> {
        let mut meant = Meant::default();
        if let Some(Some(parent)) = &body.set.parent
            && let Subject::Task(parent) = self.subject("set.parent", parent)?
        {
            meant.parent = Some(parent);
        }
        for (place, on) in body.add.after.iter().enumerate() {
            meant.added.push(self.task(&format!("add.after[{place}]"), on)?);
        }
        for (place, on) in body.remove.after.iter().enumerate() {
            meant.removed.push(self.task(&format!("remove.after[{place}]"), on)?);
        }
        for criterion in &body.remove.accept {
            let task = change::only_task(subject, "remove.accept")?;
            meant.unaccepted.push(change::criterion(&self.goal, task, criterion)?);
        }
        Ok(meant)
    }

    fn complete(&self, body: Complete) -> Result<Asked, Refusal> {
        let subject = self.subject("id", &body.id)?;
        let body = Complete { fence: self.fence(subject, body.fence), ..body };
        Ok((Vec::new(), vec![complete::command(subject, &body)?]))
    }

    fn claim(&self, body: Claim) -> Result<Asked, Refusal> {
        claim::check(&body)?;
        let task = match &body.id {
            Some(id) => self.task("id", id)?,
            None => self.best(&body.matching.clone().unwrap_or_default())?,
        };
        let fence = if body.release { self.fence(task.into(), body.fence) } else { body.fence };
        let commands = claim::commands(task, &Claim { fence, ..body }, &self.question.name, self.question.at)?;
        Ok((Vec::new(), commands))
    }

    /// The best ready task of the goal that fits.
    fn best(&self, matching: &Match) -> Result<TaskId, Refusal> {
        if let Some(goal) = &matching.goal {
            self.subject("match.goal", goal)?;
        }
        let fits = |id: &TaskId| {
            self.goal.task(*id).is_some_and(|task| {
                matching.tags.iter().all(|tag| task.tags.contains(tag))
                    && matching.min_priority.is_none_or(|least| task.priority >= least)
            })
        };
        let ready = |id: &TaskId| graph::is_ready(&self.goal, *id, self.question.at);
        let none = || Rejection::NotFound { id: "a ready task that fits".to_owned(), did_you_mean: Vec::new() };
        self.goal.agenda.open().find(|id| fits(id) && ready(id)).ok_or_else(|| none().into())
    }

    /// The fence that was given, or that a supposed claim would have handed out.
    fn fence(&self, subject: Subject, given: Option<u64>) -> Option<u64> {
        match subject {
            Subject::Task(task) => given.or_else(|| self.fences.get(&task).copied()),
            Subject::Goal(_) => given,
        }
    }

    /// This goal, or one of its tasks.
    fn subject(&self, field: &str, named: &str) -> Result<Subject, Refusal> {
        if let Some(task) = self.names.task(named) {
            return Ok(Subject::Task(task));
        }
        let own = self.question.id;
        match named.trim().parse() {
            Ok(Subject::Goal(goal)) if goal == own => Ok(Subject::Goal(goal)),
            Ok(Subject::Goal(goal)) => Err(not_here(field, goal, own)),
            Ok(Subject::Task(task)) if self.goal.task(task).is_some() => Ok(Subject::Task(task)),
            Ok(Subject::Task(task)) => Err(Rejection::outside(field, task, None).into()),
            Err(error) => Err(Refusal::validation(
                field,
                format!("{error}, nor the key of a task that an earlier call of what_if adds"),
            )),
        }
    }

    fn task(&self, field: &str, named: &str) -> Result<TaskId, Refusal> {
        match self.subject(field, named)? {
            Subject::Task(task) => Ok(task),
            Subject::Goal(goal) => Err(Refusal::validation(field, format!("is {goal}; name a task"))),
        }
    }

    /// As the caller would be told, with supposed tasks by their names.
    fn describe(&self, refusal: Refusal) -> Map<String, Value> {
        let described = refusal.told_to(&self.question.name).describe();
        let mut value = serde_json::to_value(described).unwrap_or_default();
        self.names.say(&mut value);
        match value {
            Value::Object(described) => described,
            _ => Map::new(),
        }
    }
}

fn not_here(field: &str, goal: GoalId, own: GoalId) -> Refusal {
    Refusal::validation(field, format!("is {goal}, and this is a plan of {own}; ask for a plan of that goal"))
}

/// As the tool of this name reads its arguments. Null says "not given", but in `set`, where it clears.
fn read<T: DeserializeOwned>(call: &Supposed) -> Result<T, Refusal> {
    let given = call.arguments.iter().filter(|(_, value)| !value.is_null());
    let given: Map<String, Value> = given.map(|(name, value)| (name.clone(), value.clone())).collect();
    serde_json::from_value(Value::Object(given)).map_err(|error| Refusal::validation("arguments", error.to_string()))
}
