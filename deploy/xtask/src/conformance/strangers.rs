//! Clients of others against the doors as they are, without the fixtures.

use std::fs;
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;
use tokio::process::Command;

use super::{Bench, McpTools, Row, pinned, pinned_in};
use crate::browser::on_path;
use crate::clients;
use crate::command::program;
use crate::progress::Progress;

/// The protocol's eras, as the Inspector calls them.
pub(super) const ERAS: [&str; 2] = ["modern", "legacy"];

/// How a client comes in.
#[derive(Clone, Copy)]
pub(super) enum Over {
    Http,
    Stdio,
}

pub(super) const OVER: [Over; 2] = [Over::Http, Over::Stdio];

const INSPECTOR_BOUND: Duration = Duration::from_secs(60);
const PROBE_BOUND: Duration = Duration::from_secs(180);
/// It waits a second or more after many of its requests.
const FUZZER_BOUND: Duration = Duration::from_secs(480);
/// Some of what it sends never comes to its end, and is waited for.
const SCHEMATHESIS_BOUND: Duration = Duration::from_secs(1800);
/// For each operation, besides those that it thinks up itself.
const SCHEMATHESIS_CASES: &str = "50";
const CLAUDE_BOUND: Duration = Duration::from_secs(60);

/// What must not be found.
const GRAVE: [&str; 2] = ["high", "critical"];

/// Whether other models than those it was tried with can read the schemas. It exits with 6 when one cannot.
pub(super) async fn inspector(bench: &Bench, tools: &McpTools, era: &str, progress: &Progress) -> anyhow::Result<Row> {
    let mut command = tools.npm("mcp-inspector");
    command.args(["--cli", &bench.instance.url, "--transport", "http", "--protocol-era", era]);
    command.args(["--method", "tools/list", "--strict", "--format", "json"]);
    let ended = bench.tool(&format!("inspector-{era}"), command, INSPECTOR_BOUND, progress).await?;
    let count = ended.output.lines().rev().find(|line| line.contains(" warnings") || line.contains(" errors"));
    Ok(Row {
        tool: format!("MCP Inspector {}", pinned("package.json", "\"@modelcontextprotocol/inspector\": \"")?),
        what: format!("`tools/list --strict`, {era}"),
        result: count.unwrap_or("nothing to say").trim_end_matches('.').to_owned(),
        failed: ended.code != Some(0),
    })
}

/// Checks every schema and calls every tool once, with arguments made from its schema.
pub(super) async fn probe(bench: &Bench, tools: &McpTools, over: Over, progress: &Progress) -> anyhow::Result<Row> {
    let mut command = tools.python("amagi-mcp-probe");
    command.arg("--allow-destructive");
    let name = match over {
        Over::Http => {
            command.args(["--url", &bench.instance.url]);
            "HTTP"
        }
        Over::Stdio => {
            command.arg("--").args(bench.instance.stdio());
            "stdio"
        }
    };
    let ended = bench.tool(&format!("probe-{name}"), command, PROBE_BOUND, progress).await?;
    let last = ended.output.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    Ok(Row {
        tool: format!("amagi-mcp-probe {}", pinned("requirements.txt", "amagi-mcp-probe==")?),
        what: format!("one generated call for each tool, {name}"),
        result: last.trim_end_matches('.').to_owned(),
        failed: ended.code != Some(0),
    })
}

/// Its seed is fixed, so that a finding can be found again.
pub(super) async fn fuzzer(bench: &Bench, tools: &McpTools, progress: &Progress) -> anyhow::Result<Row> {
    let mut command = tools.python("mcp-fuzzer");
    command.args(["--mode", "tools", "--protocol", "streamablehttp", "--endpoint", &bench.instance.url]);
    command.args(["--phase", "realistic", "--runs", "3", "--security-audit", "--security-audit-intrusive"]);
    command.args(["--seed", "42", "--output-dir", "fuzzer"]);
    let ended = bench.tool("fuzzer", command, FUZZER_BOUND, progress).await?;
    let file = bench.outputs.join("fuzzer/findings.json");
    let found = fs::read(&file).with_context(|| format!("read {}", file.display()))?;
    let found: Value = serde_json::from_slice(&found).with_context(|| format!("read {}", file.display()))?;
    let findings = found["findings"].as_array().context("the fuzzer wrote no list of findings")?;
    let is_grave = |finding: &&Value| finding["severity"].as_str().is_some_and(|severity| GRAVE.contains(&severity));
    let grave: Vec<String> = findings
        .iter()
        .filter(is_grave)
        .map(|finding| format!("{} in {}", finding["category"], finding["target"]).replace('"', ""))
        .collect();
    let mut result = format!("{} findings, {} of severity high or critical", findings.len(), grave.len());
    if !grave.is_empty() {
        result.push_str(&format!(": {}", grave.join(", ")));
    }
    Ok(Row {
        tool: format!("mcp-fuzzer {}", pinned("requirements.txt", "mcp-fuzzer==")?),
        what: "3 realistic runs for each tool with its security audit, HTTP".to_owned(),
        result,
        failed: ended.code != Some(0) || !grave.is_empty(),
    })
}

/// Everything that REST says of itself is asked in every way. The script is the one of the test run, which asks less.
pub(super) async fn schemathesis(bench: &Bench, progress: &Progress) -> anyhow::Result<Row> {
    clients::ready(progress).await?;
    let mut command = clients::python(&clients::folder().join("rest.py"));
    command.args(["--url", &bench.instance.rest_url, "--cases", SCHEMATHESIS_CASES, "--whole"]);
    let ended = bench.tool("schemathesis", command, SCHEMATHESIS_BOUND, progress).await?;
    let count = ended.output.lines().find(|line| line.contains(" generated, "));
    let version = pinned_in(&clients::folder().join("requirements.txt"), "schemathesis==")?;
    Ok(Row {
        tool: format!("Schemathesis {version}"),
        what: format!(
            "every operation of `/openapi.json` but the live stream, {SCHEMATHESIS_CASES} cases each and more"
        ),
        result: count.unwrap_or("it did not come to its end").trim().to_owned(),
        failed: ended.code != Some(0) || count.is_none(),
    })
}

/// Claude Code is asked to name its servers, in a home of its own; it says of each whether it could connect.
pub(super) async fn claude(bench: &Bench, progress: &Progress) -> anyhow::Result<Row> {
    let what = "`claude mcp list` after `claude mcp add`, stdio and HTTP".to_owned();
    if on_path("claude").is_none() {
        let result = "skipped: there is no `claude` on the path".to_owned();
        return Ok(Row { tool: "Claude Code".to_owned(), what, result, failed: false });
    }
    let [program, rest @ ..] = &bench.instance.stdio();
    let stdio =
        ["mcp", "add", "-s", "user", "goalstream", "--", program].into_iter().chain(rest.iter().map(String::as_str));
    let http = ["mcp", "add", "-s", "user", "--transport", "http", "goalstream-http", &bench.instance.url];
    let version = bench.tool("claude-version", quiet_claude(["--version"]), CLAUDE_BOUND, progress).await?.output;
    bench.tool("claude-add-stdio", quiet_claude(stdio), CLAUDE_BOUND, progress).await?;
    bench.tool("claude-add-http", quiet_claude(http), CLAUDE_BOUND, progress).await?;
    let listed = bench.tool("claude-list", quiet_claude(["mcp", "list"]), CLAUDE_BOUND, progress).await?.output;
    let connected = listed.lines().filter(|line| line.starts_with("goalstream") && line.ends_with("Connected")).count();
    Ok(Row {
        tool: format!("Claude Code {}", version.split_whitespace().next().unwrap_or_default()),
        what,
        result: format!("{connected} of 2 connected"),
        failed: connected != 2,
    })
}

/// Knows nothing of who runs us, and asks nothing of the network.
fn quiet_claude<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = program("claude");
    command.env_clear().args(arguments);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    for name in ["DISABLE_TELEMETRY", "DISABLE_AUTOUPDATER", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] {
        command.env(name, "1");
    }
    command
}
