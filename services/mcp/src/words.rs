//! The words of the tool list. Every agent carries the list in its context, so each word has to earn its place: tools say what a model
//! would search for, fields only what their name and type do not say. The full text of a field comes with a refusal.

use crate::tools::Tool;

/// What a tool is for.
pub(crate) fn tool(tool: Tool) -> &'static str {
    match tool {
        Tool::AddTasks => {
            "Add tasks, subtasks or steps to a goal or task: break down, extend a plan. A whole tree in one call; \
             `after` sets dependencies by key or id."
        }
        Tool::Claim => {
            "Take (lock, lease, assign to me) a task to work on: by id, or the best ready one. Returns a fence to pass to \
             complete and update. Call again with fence to renew, or release to give back."
        }
        Tool::Comment => "Say something about a goal or task: note, decision, question, or handoff to the next worker.",
        Tool::Complete => "Finish a task or goal: done or failed, with result and evidence. Says what that unblocked.",
        Tool::CreateGoal => {
            "Create a goal (project, epic, plan, todo list) with its tree of tasks, subtasks, dependencies and \
             acceptance criteria in one atomic call. Returns ids by key and what is ready."
        }
        Tool::Find => {
            "Search or list goals and tasks (todos, issues): what is next or ready, mine, blocked, stale, overdue, \
             open. Short rows."
        }
        Tool::Get => {
            "Read goals and tasks in full by id: progress, version, dependencies; with their tree, comments, history."
        }
        Tool::History => {
            "What happened (events, audit log): who did what when and why. With since: what is new, to catch up."
        }
        Tool::Plan => {
            "Schedule: phases, critical path, forecast, risks. what_if tries add_tasks, update, claim, complete."
        }
        Tool::Undo => "Undo or revert events, a command, or all an actor did since. dry_run previews, force overrides.",
        Tool::Update => {
            "Edit goals and tasks, many at once: status (start, block, review, cancel, reopen), words, dates, tags, \
             dependencies, criteria, links; archive or restore."
        }
    }
}

/// What fields mean, where their names do not say it: tool, path, words. Fields of a shape are under the shape's name.
const FIELDS: [(Tool, &str, &str); 28] = [
    (Tool::AddTasks, "parent", "goal or task id"),
    (Tool::AddTasks, "tasks", "as in create_goal"),
    (Tool::Claim, "fence", "renews or releases"),
    (Tool::Claim, "handoff", "for the next worker"),
    (Tool::Claim, "id", "else the best that matches"),
    (Tool::Claim, "ttl", "seconds, 900"),
    (Tool::Complete, "evidence", "links, commits, output"),
    (Tool::Complete, "fence", "from claim"),
    (Tool::Complete, "met", "numbers of criteria that hold"),
    (Tool::CreateGoal, "TaskPlan.accept", "criteria for done"),
    (Tool::CreateGoal, "TaskPlan.after", "keys or ids it waits for"),
    (Tool::CreateGoal, "TaskPlan.estimate", "90m, 1h30m"),
    (Tool::CreateGoal, "TaskPlan.key", "name for `after`"),
    (Tool::CreateGoal, "due", "date or RFC 3339"),
    (Tool::CreateGoal, "request_id", "makes a repeat safe"),
    (Tool::Find, "as_of", "position or time"),
    (Tool::Find, "cursor", "`more` of the last answer"),
    (Tool::Find, "limit", "25, at most 200"),
    (Tool::Find, "q", "words; tag: goal: by: status:"),
    (Tool::Get, "as_of", "position or time"),
    (Tool::History, "cause", "event position: its chain"),
    (Tool::History, "since", "position or time"),
    (Tool::Undo, "command", "request_id or position"),
    (Tool::Undo, "events", "positions"),
    (Tool::Undo, "since", "position or time"),
    (Tool::Update, "Lists.accept", "criteria; number removes too"),
    (Tool::Update, "fence", "from claim"),
    (Tool::Update, "set", "null clears"),
];

/// What a field of a tool means, if its name does not say it.
pub(crate) fn field(tool: Tool, path: &str) -> Option<&'static str> {
    FIELDS.iter().find(|(of, field, _)| *of == tool && *field == path).map(|(_, _, words)| *words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_about_fields_are_shown() {
        for tool in Tool::ALL {
            let schema = serde_json::to_string(&tool.shown().input_schema).unwrap();
            let about = FIELDS.iter().filter(|(of, ..)| *of == tool).count();
            assert_eq!(schema.matches(r#""description":""#).count(), about, "{}: a path leads nowhere", tool.name());
        }
    }
}
