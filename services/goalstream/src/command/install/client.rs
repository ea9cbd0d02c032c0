//! The clients: where each keeps what it is told about servers, and in which form.

use std::path::PathBuf;

use anyhow::bail;
use clap::ValueEnum;
use serde_json::{Value, json};

use super::edit::{Dialect, Field};
use crate::config::Folders;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Client {
    ClaudeCode,
    ClaudeDesktop,
    #[value(name = "vscode")]
    VsCode,
    Cursor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Scope {
    /// All that you do with the client.
    User,
    /// The project in this folder.
    Project,
}

/// How a client is to reach us.
pub(super) enum Reach {
    Start { program: String, arguments: Vec<String> },
    Http { url: String },
}

impl Client {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "Claude Code",
            Self::ClaudeDesktop => "Claude Desktop",
            Self::VsCode => "VS Code",
            Self::Cursor => "Cursor",
        }
    }

    /// The file that it reads.
    pub(super) fn file(self, scope: Scope, folders: &Folders) -> anyhow::Result<PathBuf> {
        let Folders { home, applications, claude_code, here } = folders;
        Ok(match (self, scope) {
            (Self::ClaudeCode, Scope::User) => claude_code.join(".claude.json"),
            (Self::ClaudeCode, Scope::Project) => here.join(".mcp.json"),
            (Self::ClaudeDesktop, Scope::User) => applications.join("Claude/claude_desktop_config.json"),
            (Self::ClaudeDesktop, Scope::Project) => {
                bail!("Claude Desktop knows no projects; leave out --scope project")
            }
            (Self::VsCode, Scope::User) => applications.join("Code/User/mcp.json"),
            (Self::VsCode, Scope::Project) => here.join(".vscode/mcp.json"),
            (Self::Cursor, Scope::User) => home.join(".cursor/mcp.json"),
            (Self::Cursor, Scope::Project) => here.join(".cursor/mcp.json"),
        })
    }

    /// Below which key the servers are.
    pub(super) fn servers_key(self) -> &'static str {
        match self {
            Self::VsCode => "servers",
            _ => "mcpServers",
        }
    }

    /// What it takes besides JSON. Both editors grew out of one that takes comments; neither Claude reads a file that has any.
    pub(super) fn dialect(self) -> Dialect {
        match self {
            Self::ClaudeCode | Self::ClaudeDesktop => Dialect::Plain,
            Self::VsCode | Self::Cursor => Dialect::WithComments,
        }
    }

    /// Claude Desktop starts programs only; what is elsewhere it reaches through a cloud, which does not reach this machine.
    pub(super) fn speaks_http(self) -> bool {
        self != Self::ClaudeDesktop
    }

    /// Our entry, as it writes such entries itself.
    pub(super) fn fields(self, reach: &Reach) -> Vec<Field> {
        let kind = |kind: &str| Some(("type", json!(kind)));
        let (kind, ways): (Option<Field>, Vec<Field>) = match (self, reach) {
            (Self::ClaudeDesktop, Reach::Start { program, arguments }) => (None, start(program, arguments)),
            (_, Reach::Start { program, arguments }) => (kind("stdio"), start(program, arguments)),
            (Self::Cursor, Reach::Http { url }) => (None, vec![("url", json!(url))]),
            (_, Reach::Http { url }) => (kind("http"), vec![("url", json!(url))]),
        };
        kind.into_iter().chain(ways).collect()
    }

    pub(super) fn what_next(self, scope: Scope) -> &'static str {
        match (self, scope) {
            (Self::ClaudeCode, Scope::User) => "new sessions have it; `claude mcp list` shows it",
            (Self::ClaudeCode, Scope::Project) => "Claude Code asks in the next session whether it may use it",
            (Self::ClaudeDesktop, _) => "quit Claude Desktop and start it again",
            (Self::VsCode, _) => {
                "VS Code asks whether it is to be trusted when it is first used; `MCP: List Servers` shows it"
            }
            (Self::Cursor, _) => "start Cursor again, and see that it is switched on among its MCP servers",
        }
    }
}

fn start(program: &str, arguments: &[String]) -> Vec<Field> {
    vec![("command", Value::from(program)), ("args", json!(arguments))]
}
