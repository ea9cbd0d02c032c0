//! What is offered: the fourteen names of the first implementation.

use std::sync::{Arc, LazyLock};

use rmcp::model::{JsonObject, ToolAnnotations};
use schemars::JsonSchema;
use serde_json::json;

use super::{answers, requests};
use crate::schema;

/// The tools, by name. Clients keep the list, so its order never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    BatchGetTasks,
    BatchUpdateTasks,
    BreakDownGoal,
    CreateGoal,
    DeleteGoal,
    DeleteTask,
    GenerateExecutionPlan,
    GetAgentStatus,
    GetGoal,
    GetNextTasks,
    GetTask,
    ListGoals,
    UpdateGoal,
    UpdateTaskStatus,
}

/// How a tool changes things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// Not at all.
    Reads,
    /// It makes something, once a call.
    Makes,
    /// It replaces what was there, or puts it aside.
    Replaces,
}

struct Definition {
    name: &'static str,
    effect: Effect,
    schema: JsonObject,
    shown: rmcp::model::Tool,
}

static DEFINITIONS: LazyLock<Vec<Definition>> = LazyLock::new(|| Tool::ALL.map(Tool::define).into());

impl Tool {
    const ALL: [Self; 14] = [
        Self::BatchGetTasks,
        Self::BatchUpdateTasks,
        Self::BreakDownGoal,
        Self::CreateGoal,
        Self::DeleteGoal,
        Self::DeleteTask,
        Self::GenerateExecutionPlan,
        Self::GetAgentStatus,
        Self::GetGoal,
        Self::GetNextTasks,
        Self::GetTask,
        Self::ListGoals,
        Self::UpdateGoal,
        Self::UpdateTaskStatus,
    ];

    /// The tool of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        self.definition().name
    }

    /// Whether it changes nothing.
    pub(crate) fn reads_only(self) -> bool {
        self.definition().effect == Effect::Reads
    }

    /// As clients see it.
    pub(crate) fn shown(self) -> &'static rmcp::model::Tool {
        &self.definition().shown
    }

    /// Its arguments.
    pub(crate) fn schema(self) -> &'static JsonObject {
        &self.definition().schema
    }

    /// All of them, as clients see them.
    pub(crate) fn list() -> Vec<rmcp::model::Tool> {
        Self::ALL.map(|tool| tool.shown().clone()).to_vec()
    }

    fn definition(self) -> &'static Definition {
        &DEFINITIONS[self as usize]
    }

    fn define(self) -> Definition {
        use Effect::{Makes, Reads, Replaces};
        use answers as a;
        use requests as r;
        match self {
            Self::BatchGetTasks => definition::<r::BatchGetTasks, a::Tasks>(
                ("batch_get_tasks", "Read many tasks", Reads),
                "Read many tasks in full, by id.",
            ),
            Self::BatchUpdateTasks => definition::<r::BatchUpdateTasks, a::Updates>(
                ("batch_update_tasks", "Update many tasks", Replaces),
                "Say where many tasks stand, each with its result. What could not be updated is told beside what was.",
            ),
            Self::BreakDownGoal => definition::<r::BreakDownGoal, a::BrokenDown>(
                ("break_down_goal", "Break down a goal", Makes),
                "Add tasks to a goal, all of them or none, with what they depend on: each other or tasks that are there.",
            ),
            Self::CreateGoal => definition::<r::CreateGoal, a::GoalWritten>(
                ("create_goal", "Create a goal", Makes),
                "Create a goal. Then break it down into tasks.",
            ),
            Self::DeleteGoal => definition::<r::DeleteGoal, a::GoalDeleted>(
                ("delete_goal", "Delete a goal", Replaces),
                "Delete a goal: it is put aside with its tasks. Its history stays.",
            ),
            Self::DeleteTask => definition::<r::DeleteTask, a::TaskDeleted>(
                ("delete_task", "Delete a task", Replaces),
                "Delete a task: it is put aside with its parts, and no longer holds up what depends on it. Its history stays.",
            ),
            Self::GenerateExecutionPlan => definition::<r::GenerateExecutionPlan, a::Plan>(
                ("generate_execution_plan", "Plan a goal", Reads),
                "What is left of a goal in phases: tasks of one phase can be done side by side. Nothing is written.",
            ),
            Self::GetAgentStatus => definition::<r::GetAgentStatus, a::AgentStatus>(
                ("get_agent_status", "Who does what", Reads),
                "Who holds which task, and how many goals and tasks stand where.",
            ),
            Self::GetGoal => definition::<r::GetGoal, a::GoalRead>(
                ("get_goal", "Read a goal", Reads),
                "Read a goal in full, with its tasks.",
            ),
            Self::GetNextTasks => definition::<r::GetNextTasks, a::NextTasks>(
                ("get_next_tasks", "What to do next", Reads),
                "Tasks that can be begun now: pending, with nothing in their way. The most important come first.",
            ),
            Self::GetTask => {
                definition::<r::GetTask, a::TaskRead>(("get_task", "Read a task", Reads), "Read a task in full.")
            }
            Self::ListGoals => definition::<r::ListGoals, a::Goals>(
                ("list_goals", "List goals", Reads),
                "List goals, newest first, by status and priority. Short rows: get_goal has the rest.",
            ),
            Self::UpdateGoal => definition::<r::UpdateGoal, a::GoalWritten>(
                ("update_goal", "Update a goal", Replaces),
                "Change a goal's description, priority, status, repositories or metadata.",
            ),
            Self::UpdateTaskStatus => definition::<r::UpdateTaskStatus, a::TaskWritten>(
                ("update_task_status", "Update a task", Replaces),
                "Say where a task stands: begin it, complete it with its result, fail it, block it, take it up again.",
            ),
        }
    }
}

/// What a tool is, from what it takes and what it answers.
fn definition<Request: JsonSchema, Answer: JsonSchema>(
    (name, title, effect): (&'static str, &'static str, Effect),
    words: &'static str,
) -> Definition {
    let mut schema = schema::of::<Request>();
    // Also where there are none, so that one too many is told by its name.
    schema.entry("properties").or_insert_with(|| json!({}));
    let annotations = ToolAnnotations::with_title(title)
        .read_only(effect == Effect::Reads)
        .destructive(effect == Effect::Replaces)
        .idempotent(effect != Effect::Makes)
        .open_world(false);
    let shown = rmcp::model::Tool::new(name, words, Arc::new(schema.clone()))
        .with_raw_output_schema(Arc::new(schema::open_to_all(&schema::of_reply::<Answer>())))
        .with_annotations(annotations);
    Definition { name, effect, schema, shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_stand_where_they_are_looked_up_and_in_the_order_of_names() {
        for tool in Tool::ALL {
            assert_eq!(Tool::named(tool.name()), Some(tool));
        }
        assert!(Tool::ALL.is_sorted_by_key(|tool| tool.name()));
    }
}
