//! What is offered: names, words, hints and schemas of the tools.

use std::sync::{Arc, LazyLock};

use goal_agent::{
    reply,
    request::{AddComment, AddTasks, Claim, Complete, CreateGoal, Find, Get, History, Outlook, Undo, Update},
};
use rmcp::model::{JsonObject, ToolAnnotations};

use crate::{schema, words};

/// The tools, by name. Clients keep the list, so its order never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    AddTasks,
    Claim,
    Comment,
    Complete,
    CreateGoal,
    Find,
    Get,
    History,
    Plan,
    Undo,
    Update,
}

/// A tool as clients see it, and its schema with everything that can be said about a field.
struct Definition {
    shown: rmcp::model::Tool,
    full: JsonObject,
    /// What it answers, with what can be said about that.
    answer: JsonObject,
}

/// Made once: over HTTP each request gets a handler of its own.
static DEFINITIONS: LazyLock<Vec<Definition>> = LazyLock::new(|| Tool::ALL.into_iter().map(Tool::define).collect());

impl Tool {
    pub(crate) const ALL: [Self; 11] = [
        Self::AddTasks,
        Self::Claim,
        Self::Comment,
        Self::Complete,
        Self::CreateGoal,
        Self::Find,
        Self::Get,
        Self::History,
        Self::Plan,
        Self::Undo,
        Self::Update,
    ];

    /// The tool of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AddTasks => "add_tasks",
            Self::Claim => "claim",
            Self::Comment => "comment",
            Self::Complete => "complete",
            Self::CreateGoal => "create_goal",
            Self::Find => "find",
            Self::Get => "get",
            Self::History => "history",
            Self::Plan => "plan",
            Self::Undo => "undo",
            Self::Update => "update",
        }
    }

    /// Whether it changes nothing.
    pub(crate) fn reads_only(self) -> bool {
        matches!(self, Self::Find | Self::Get | Self::History | Self::Plan)
    }

    /// As clients see it.
    pub(crate) fn shown(self) -> &'static rmcp::model::Tool {
        &DEFINITIONS[self as usize].shown
    }

    /// Its arguments, described in full.
    pub(crate) fn full_schema(self) -> &'static JsonObject {
        &DEFINITIONS[self as usize].full
    }

    /// Its answers, described in full.
    pub(crate) fn full_answer(self) -> &'static JsonObject {
        &DEFINITIONS[self as usize].answer
    }

    /// All of them, as clients see them.
    pub(crate) fn list() -> Vec<rmcp::model::Tool> {
        Self::ALL.map(|tool| tool.shown().clone()).to_vec()
    }

    fn define(self) -> Definition {
        let full = self.input_schema();
        let brief = schema::brief(&full, &|path| words::field(self, path));
        let shown = rmcp::model::Tool::new(self.name(), words::tool(self), Arc::new(brief));
        let answer = self.output_schema();
        let shown = shown.with_raw_output_schema(Arc::new(schema::open_to_all(&answer)));
        Definition { shown: shown.with_annotations(self.annotations()), full, answer }
    }

    fn input_schema(self) -> JsonObject {
        match self {
            Self::AddTasks => schema::of::<AddTasks>(),
            Self::Claim => schema::of::<Claim>(),
            Self::Comment => schema::of::<AddComment>(),
            Self::Complete => schema::of::<Complete>(),
            Self::CreateGoal => schema::of::<CreateGoal>(),
            Self::Find => schema::of::<Find>(),
            Self::Get => schema::of::<Get>(),
            Self::History => schema::of::<History>(),
            Self::Plan => schema::of::<Outlook>(),
            Self::Undo => schema::of::<Undo>(),
            Self::Update => schema::of::<Update>(),
        }
    }

    fn output_schema(self) -> JsonObject {
        match self {
            Self::AddTasks | Self::CreateGoal => schema::of_reply::<reply::Planned>(),
            Self::Claim => schema::of_reply::<reply::Claimed>(),
            Self::Comment => schema::of_reply::<reply::Commented>(),
            Self::Complete => schema::of_reply::<reply::Completed>(),
            Self::Find => schema::of_reply::<reply::Found>(),
            Self::Get => schema::of_reply::<reply::Objects>(),
            Self::History => schema::of_reply::<reply::Happenings>(),
            Self::Plan => schema::of_reply::<reply::Outlook>(),
            Self::Undo => schema::of_reply::<reply::Undone>(),
            Self::Update => schema::of_reply::<reply::Updated>(),
        }
    }

    /// Nothing here is destructive, since the log keeps every change; only `update` and `undo` replace what was there.
    fn annotations(self) -> ToolAnnotations {
        let idempotent = self.reads_only() || matches!(self, Self::Complete | Self::Undo | Self::Update);
        ToolAnnotations::with_title(self.title())
            .read_only(self.reads_only())
            .destructive(matches!(self, Self::Undo | Self::Update))
            .idempotent(idempotent)
            .open_world(false)
    }

    fn title(self) -> &'static str {
        match self {
            Self::AddTasks => "Add tasks",
            Self::Claim => "Claim a task",
            Self::Comment => "Comment on a goal or task",
            Self::Complete => "Complete a task",
            Self::CreateGoal => "Create a goal",
            Self::Find => "Find goals and tasks",
            Self::Get => "Get goals and tasks",
            Self::History => "Read what happened",
            Self::Plan => "Plan what is left of a goal",
            Self::Undo => "Undo what was done",
            Self::Update => "Update goals and tasks",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_stand_where_they_are_looked_up_and_in_the_order_of_names() {
        for tool in Tool::ALL {
            assert_eq!(tool.shown().name, tool.name());
            assert_eq!(Tool::named(tool.name()), Some(tool));
        }
        assert!(Tool::ALL.is_sorted_by_key(|tool| tool.name()));
    }
}
