//! The doors before strangers: MCP before the official conformance suite, the Inspector, a probe, a fuzzer, and Claude Code where it is
//! installed; REST before Schemathesis.
//!
//! One after the other against one private instance, which is built with the fixtures that the suite asks for. What came of it is printed as a
//! table for each door; `--write` puts them into docs/CONFORMANCE.md.
//!
//! Limits: every tool has a bound, and one that reaches it ends the run with a failure.

mod instance;
mod report;
mod strangers;
mod suite;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use local_stack::shared::target_dir;
use local_stack::tools::{Places, Program, Tools};
use tokio::process::Command;

use self::instance::Instance;
use self::report::Row;
use crate::command::{cargo, kept, quietly};
use crate::progress::Progress;
use crate::{clients, page, prerequisites, workspace};

/// With the selection that tests have, so that no dependency is compiled with other features.
const BUILD: [&str; 4] = ["build", "--workspace", "--bin", "goalstream"];
const FIXTURES: [&str; 2] = ["--features", "goalstream/fixtures"];

/// Where the tools are pinned.
const TOOLS: &str = "deploy/conformance";

#[derive(Args)]
pub(crate) struct Conformance {
    /// Puts the tables into docs/CONFORMANCE.md.
    #[arg(long)]
    write: bool,
    /// One door alone; the other's table stays as it is.
    #[arg(long, value_enum, value_name = "DOOR")]
    only: Option<Part>,
}

/// A door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Mcp,
    Rest,
}

/// What the tools are run with.
struct Bench {
    instance: Instance,
    /// Where everything is kept that they print.
    outputs: PathBuf,
}

/// The pinned tools that speak MCP.
struct McpTools {
    node: Program,
    python: PathBuf,
}

pub(crate) async fn run(conformance: Conformance, progress: &Progress) -> anyhow::Result<()> {
    prerequisites::check().await?;
    page::build(progress).await?;
    Tools::find_or_install(&Places::from_environment(), &|line| progress.say(line)).await?;
    let parts: Vec<Part> =
        [Part::Mcp, Part::Rest].into_iter().filter(|part| conformance.only.is_none_or(|only| only == *part)).collect();
    let fixtures: &[&str] = if parts.contains(&Part::Mcp) { &FIXTURES } else { &[] };
    quietly(cargo(&[&BUILD[..], fixtures].concat()), "build goalstream", progress).await?;
    let outputs = target_dir().join("conformance");
    // Of an earlier run; there may be none.
    let _none = std::fs::remove_dir_all(&outputs);
    std::fs::create_dir_all(outputs.join("home")).with_context(|| format!("make {}", outputs.display()))?;
    let instance = Instance::start(&outputs.join("up.log"), progress).await?;
    let bench = Bench { instance, outputs };
    let tables = tokio::select! {
        tables = all(&parts, &bench, progress) => tables,
        interrupt = tokio::signal::ctrl_c() => interrupt.context("wait for Ctrl-C").and(Err(anyhow::anyhow!("interrupted"))),
    };
    bench.instance.stop().await?;
    let tables = tables?;
    for (part, rows) in &tables {
        report::print(rows, progress);
        if conformance.write {
            report::write(*part, rows)?;
        }
    }
    let rows = || tables.iter().flat_map(|(_, rows)| rows);
    let failed = rows().filter(|row| row.failed).count();
    if failed == 0 {
        Ok(())
    } else {
        bail!("{failed} of {} failed; what they printed is in target/conformance", rows().count())
    }
}

async fn all(parts: &[Part], bench: &Bench, progress: &Progress) -> anyhow::Result<Vec<(Part, Vec<Row>)>> {
    let mut tables = Vec::new();
    for part in parts {
        let rows = match part {
            Part::Mcp => mcp(bench, &McpTools::install(progress).await?, progress).await?,
            Part::Rest => vec![strangers::schemathesis(bench, progress).await?],
        };
        tables.push((*part, rows));
    }
    Ok(tables)
}

async fn mcp(bench: &Bench, tools: &McpTools, progress: &Progress) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (revision, scored) in suite::REVISIONS {
        rows.push(suite::run(bench, tools, revision, scored, progress).await?);
    }
    for era in strangers::ERAS {
        rows.push(strangers::inspector(bench, tools, era, progress).await?);
    }
    for over in strangers::OVER {
        rows.push(strangers::probe(bench, tools, over, progress).await?);
    }
    rows.push(strangers::fuzzer(bench, tools, progress).await?);
    rows.push(strangers::claude(bench, progress).await?);
    Ok(rows)
}

/// How a tool ended, and what it said.
struct Ended {
    /// Nothing when it was killed.
    code: Option<i32>,
    output: String,
}

impl Bench {
    /// Runs a tool in a home of its own and keeps what it says as `NAME.log`.
    async fn tool(
        &self,
        name: &str,
        mut command: Command,
        bound: Duration,
        progress: &Progress,
    ) -> anyhow::Result<Ended> {
        command.current_dir(&self.outputs).env("HOME", self.outputs.join("home"));
        let (code, output) = kept(command, name, bound, progress).await?;
        let log = self.outputs.join(format!("{name}.log"));
        std::fs::write(&log, &output).with_context(|| format!("write {}", log.display()))?;
        Ok(Ended { code, output })
    }
}

impl McpTools {
    async fn install(progress: &Progress) -> anyhow::Result<Self> {
        let folder = workspace().join(TOOLS);
        let node = page::node(progress).await?;
        page::install_packages(&node, &folder, "npm ci (conformance)", progress).await?;
        let environment = target_dir().join("conformance-clients");
        clients::install(&folder, &environment, "install the probe and the fuzzer", progress).await?;
        Ok(Self { node, python: environment.join("bin") })
    }

    /// A command of one of the pinned npm packages.
    fn npm(&self, name: &str) -> Command {
        let script = workspace().join(TOOLS).join("node_modules/.bin").join(name);
        let mut command = page::with_node(&self.node, "node");
        command.arg(script);
        command
    }

    /// A command of one of the pinned Python packages.
    fn python(&self, name: &str) -> Command {
        crate::command::program(&self.python.join(name).to_string_lossy())
    }
}

/// The version that a file of pins has for a package: `"NAME": "VERSION"` or `NAME==VERSION`.
fn pinned(file: &str, before: &str) -> anyhow::Result<String> {
    pinned_in(&workspace().join(TOOLS).join(file), before)
}

fn pinned_in(path: &Path, before: &str) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    let found = text.lines().find_map(|line| line.trim().strip_prefix(before));
    let version = found.map(|rest| rest.trim_end_matches(',').trim_matches('"').to_owned());
    version.with_context(|| format!("{before} is not in {}", path.display()))
}
