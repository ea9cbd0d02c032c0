//! What supposed tasks are called: they have no id that anybody could look up.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    GoalCommand, TaskId,
    goal::{PlannedTask, TaskReference},
};
use serde_json::Value;

use crate::refusal::Refusal;

/// Where the numbers of supposed tasks begin. The log counts from 1 and will not come so far.
const FIRST_NUMBER: u64 = 1 << 62;

/// What supposed tasks are called.
#[derive(Default)]
pub(super) struct Names {
    by_name: BTreeMap<String, TaskId>,
    by_task: BTreeMap<TaskId, String>,
}

impl Names {
    /// What a task is called.
    pub(super) fn of(&self, task: TaskId) -> String {
        self.by_task.get(&task).cloned().unwrap_or_else(|| task.to_string())
    }

    /// The supposed task of this name.
    pub(super) fn task(&self, name: &str) -> Option<TaskId> {
        self.by_name.get(name).copied()
    }

    /// So many numbers that no task has, and that the log never gives.
    pub(super) fn unused(&self, count: usize) -> Vec<TaskId> {
        (FIRST_NUMBER + self.by_task.len() as u64..).map(TaskId).take(count).collect()
    }

    /// A key has to mean one task in the whole answer.
    pub(super) fn refuse_again(&self, tasks: &[PlannedTask]) -> Result<(), Refusal> {
        let known = |task: &&PlannedTask| task.key.as_ref().is_some_and(|key| self.by_name.contains_key(key));
        match tasks.iter().find(known) {
            Some(task) => Err(Refusal::validation(
                format!("{}.key", task.field),
                "is the key of a task of an earlier call; give each task of what_if a key of its own",
            )),
            None => Ok(()),
        }
    }

    /// Keys of earlier calls are keys of this one too.
    pub(super) fn resolve(&self, tasks: &mut [PlannedTask]) {
        let own: BTreeSet<String> = tasks.iter().filter_map(|task| task.key.clone()).collect();
        for reference in tasks.iter_mut().flat_map(|task| &mut task.after) {
            if let TaskReference::Key(key) = reference
                && !own.contains(key)
                && let Some(task) = self.by_name.get(key)
            {
                *reference = TaskReference::Id(*task);
            }
        }
    }

    pub(super) fn add(&mut self, place: usize, commands: &[GoalCommand]) {
        for command in commands {
            let GoalCommand::AddTasks { tasks } = command else { continue };
            for task in tasks {
                let name = task.key.clone().unwrap_or_else(|| format!("what_if[{place}].{}", task.field));
                self.by_name.insert(name.clone(), task.id);
                self.by_task.insert(task.id, name);
            }
        }
    }

    /// Says the names of supposed tasks where a text has their numbers.
    pub(super) fn say(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                for (task, name) in self.mentioned(text) {
                    *text = text.replace(&task.to_string(), &name);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.say(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.say(field)),
            _ => {}
        }
    }

    fn mentioned(&self, text: &str) -> BTreeMap<TaskId, String> {
        let words = text.split(|other: char| !other.is_ascii_alphanumeric() && other != '-');
        let supposed = words.filter_map(|word| word.parse().ok());
        supposed.filter_map(|task: TaskId| Some((task, self.by_task.get(&task)?.clone()))).collect()
    }
}
