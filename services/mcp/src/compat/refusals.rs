//! Refusals as they are, in the words of the first implementation: its fields, and ways out that can be gone with its tools.

use super::Tool;
use crate::answer::Told;

/// Fields of our requests, and those that they came from.
type Names = &'static [(&'static str, &'static str)];

const OF_A_GOAL: Names = &[
    ("ids[0]", "goal_id"),
    ("id", "goal_id"),
    ("goal", "goal_id"),
    ("parent", "goal_id"),
    ("title", "description"),
    ("set.title", "description"),
    ("set.description", "description"),
    ("set.status", "status"),
    ("set.metadata", "metadata"),
];

const OF_A_TASK: Names =
    &[("ids[0]", "task_id"), ("id", "task_id"), ("why", "result"), ("reason", "result"), ("set.status", "status")];

/// The last part of a task's field, and what it came from.
const OF_A_SUBTASK: Names =
    &[(".title", ".description"), (".after", ".dependencies"), (".estimate", ".estimated_effort")];

/// The same refusal, told to somebody who knows the other names only.
pub(super) fn in_their_words(tool: Tool, mut told: Told) -> Told {
    let field = told.described.details.get("field").and_then(|field| field.as_str()).map(str::to_owned);
    if let Some(field) = field {
        let theirs = renamed(tool, &field);
        if let Some(problem) = told.described.message.strip_prefix(&field) {
            told.described.message = format!("{theirs}{problem}");
        }
        told.described.details.insert("field".to_owned(), theirs.into());
    }
    if let Some(way_out) = way_out(&told) {
        told.described.hint = Some(way_out.to_owned());
    }
    told
}

/// Where ours would lead to tools that are not there.
fn way_out(told: &Told) -> Option<&'static str> {
    let suggests = told.described.details.contains_key("did_you_mean");
    match told.described.code {
        "NOT_FOUND" if !suggests => Some("use list_goals or get_next_tasks to look it up"),
        "CLAIMED" | "FENCED" => Some("whoever claimed it works on it; take another one meanwhile: get_next_tasks"),
        "CONFLICT" => Some("what is closed is taken up again with status pending (a goal: planned)"),
        _ => None,
    }
}

fn renamed(tool: Tool, field: &str) -> String {
    match tool {
        Tool::BatchGetTasks => swapped(field, &[("ids", "task_ids")]),
        Tool::GetTask | Tool::UpdateTaskStatus | Tool::DeleteTask | Tool::BatchUpdateTasks => swapped(field, OF_A_TASK),
        Tool::BreakDownGoal => {
            let field = swapped(&swapped(field, &[("tasks", "subtasks")]), OF_A_GOAL);
            OF_A_SUBTASK.iter().fold(field, |field, (ours, theirs)| field.replace(ours, theirs))
        }
        _ => swapped(field, OF_A_GOAL),
    }
}

/// The field under its other name, with what is said of its inside.
fn swapped(field: &str, names: &[(&str, &str)]) -> String {
    let other = names.iter().find_map(|(ours, theirs)| {
        let inside = field.strip_prefix(ours)?;
        (inside.is_empty() || inside.starts_with(['.', '['])).then(|| format!("{theirs}{inside}"))
    });
    other.unwrap_or_else(|| field.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_named_as_they_came() {
        for (tool, ours, theirs) in [
            (Tool::CreateGoal, "title", "description"),
            (Tool::CreateGoal, "request_id", "request_id"),
            (Tool::UpdateGoal, "ids[0]", "goal_id"),
            (Tool::BreakDownGoal, "parent", "goal_id"),
            (Tool::BreakDownGoal, "tasks", "subtasks"),
            (Tool::BreakDownGoal, "tasks[1].title", "subtasks[1].description"),
            (Tool::BreakDownGoal, "tasks[1].after[0]", "subtasks[1].dependencies[0]"),
            (Tool::BreakDownGoal, "subtasks[0].type", "subtasks[0].type"),
            (Tool::UpdateTaskStatus, "why", "result"),
            (Tool::BatchGetTasks, "ids[3]", "task_ids[3]"),
            (Tool::BatchGetTasks, "ids", "task_ids"),
        ] {
            assert_eq!(renamed(tool, ours), theirs, "{ours}");
        }
    }
}
