//! Which tools a connection is offered: ours, or those of the first implementation under their own names.
//!
//! A profile is a path of the HTTP door, so that two tools of one name are never mistaken for each other, whoever is in between.

use futures::{FutureExt, future::BoxFuture};
use goal_agent::{Caller, GoalAgent};
use rmcp::model::{CallToolResult, JsonObject};

use crate::{answer::Told, call, compat, http::PATH, tools::Tool};

/// Where the HTTP door offers the tools of the first implementation.
const COMPAT_PATH: &str = "/mcp/compat";

/// What every client's model reads first.
const INSTRUCTIONS: &str = "Goals and tasks that agents share, kept as a log for ever. Plan: create_goal with the whole tree in one call. \
    Work: find view=ready, claim (keep the fence), complete with fence and result. Send a request_id with writes: a repeat is then safe. \
    Errors say what to do next.";

/// The same, in the other names.
const COMPAT_INSTRUCTIONS: &str = "Goals and tasks that agents share, kept as a log for ever. Plan: create_goal, then break_down_goal. \
    Work: get_next_tasks, update_task_status in_progress, then completed with the result. Send a request_id with writes: a repeat is then \
    safe. Errors say what to do next.";

/// A set of tools.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Profile {
    /// Ours.
    #[default]
    Default,
    /// Those of the first implementation.
    Compat,
}

impl Profile {
    pub(crate) const ALL: [Self; 2] = [Self::Default, Self::Compat];

    /// Where the HTTP door has it.
    pub fn path(self) -> &'static str {
        match self {
            Self::Default => PATH,
            Self::Compat => COMPAT_PATH,
        }
    }

    /// Its address at an instance whose MCP address this is, of whichever profile.
    pub fn address(self, mcp_url: &str) -> String {
        let paths = [COMPAT_PATH, PATH].into_iter();
        let instance = paths.filter_map(|path| mcp_url.strip_suffix(path)).next();
        instance.map_or_else(|| mcp_url.to_owned(), |instance| format!("{instance}{}", self.path()))
    }

    /// Its tools, as clients see them.
    pub(crate) fn list(self) -> Vec<rmcp::model::Tool> {
        match self {
            Self::Default => Tool::list(),
            Self::Compat => compat::Tool::list(),
        }
    }

    /// Its tool of this name.
    pub(crate) fn named(self, name: &str) -> Option<Offered> {
        match self {
            Self::Default => Tool::named(name).map(Offered::Ours),
            Self::Compat => compat::Tool::named(name).map(Offered::Compat),
        }
    }

    /// All their names.
    pub(crate) fn names(self) -> String {
        self.list().iter().map(|tool| tool.name.as_ref()).collect::<Vec<_>>().join(", ")
    }

    /// What every client's model reads first.
    pub(crate) fn instructions(self) -> &'static str {
        match self {
            Self::Default => INSTRUCTIONS,
            Self::Compat => COMPAT_INSTRUCTIONS,
        }
    }
}

/// A tool of one of the profiles.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Offered {
    Ours(Tool),
    Compat(compat::Tool),
}

impl Offered {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours(tool) => tool.name(),
            Self::Compat(tool) => tool.name(),
        }
    }

    /// Whether it changes nothing.
    pub(crate) fn reads_only(self) -> bool {
        match self {
            Self::Ours(tool) => tool.reads_only(),
            Self::Compat(tool) => tool.reads_only(),
        }
    }

    /// Its arguments, described in full.
    pub(crate) fn full_schema(self) -> &'static JsonObject {
        match self {
            Self::Ours(tool) => tool.full_schema(),
            Self::Compat(tool) => tool.schema(),
        }
    }

    /// As clients see it.
    pub(crate) fn shown(self) -> &'static rmcp::model::Tool {
        match self {
            Self::Ours(tool) => tool.shown(),
            Self::Compat(tool) => tool.shown(),
        }
    }

    /// Has the agent do what a call asks for. In a box, or the futures of all tools would be part of whatever waits for one.
    pub(crate) fn ask<'a>(
        self,
        agent: &'a GoalAgent,
        caller: &'a Caller,
        arguments: JsonObject,
    ) -> BoxFuture<'a, Result<CallToolResult, Told>> {
        match self {
            Self::Ours(tool) => call::ask(agent, caller, tool, arguments).boxed(),
            Self::Compat(tool) => compat::ask(agent, caller, tool, arguments).boxed(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_has_an_address_for_each_profile() {
        for url in ["http://127.0.0.1:4747/mcp", "http://127.0.0.1:4747/mcp/compat"] {
            assert_eq!(Profile::Compat.address(url), "http://127.0.0.1:4747/mcp/compat");
            assert_eq!(Profile::Default.address(url), "http://127.0.0.1:4747/mcp");
        }
        let elsewhere = "http://127.0.0.1:4747/behind/a/proxy";
        assert_eq!(Profile::Compat.address(elsewhere), elsewhere, "whoever says another path means it");
    }
}
