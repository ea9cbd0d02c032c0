//! The official conformance suite, in the two dated sets that it scores.

use std::time::Duration;

use super::{Bench, McpTools, Row, pinned};
use crate::progress::Progress;

/// A revision of the protocol, and how many scenarios it scores: fewer mean that the suite did not come to its end.
pub(super) const REVISIONS: [(&str, usize); 2] = [("2026-07-28", 37), ("2025-11-25", 30)];

/// What the fixtures add to the address of the door.
const FIXTURES: &str = "/fixtures";

/// It takes seconds; each scenario waits for at most half a minute.
const BOUND: Duration = Duration::from_secs(300);

pub(super) async fn run(
    bench: &Bench,
    tools: &McpTools,
    revision: &str,
    scored: usize,
    progress: &Progress,
) -> anyhow::Result<Row> {
    let mut command = tools.npm("conformance");
    command.args(["server", "--url", &format!("{}{FIXTURES}", bench.instance.url)]);
    command.args(["--requirements", revision, "-o", &format!("suite-{revision}")]);
    let ended = bench.tool(&format!("suite-{revision}"), command, BOUND, progress).await?;
    let told = told(&ended.output);
    let (others, required): (Vec<&Scenario>, Vec<&Scenario>) = told.iter().partition(|scenario| scenario.is_extra);
    let passed = |scenarios: &[&Scenario]| scenarios.iter().filter(|scenario| scenario.passed).count();
    let failed: Vec<&str> = told.iter().filter(|scenario| !scenario.passed).map(|scenario| scenario.name).collect();
    let mut result =
        format!("{} of {scored} scored scenarios; {} of {} others", passed(&required), passed(&others), others.len());
    if !failed.is_empty() {
        result.push_str(&format!(". Failed: {}", failed.join(", ")));
    }
    Ok(Row {
        tool: format!("conformance suite {}", pinned("package.json", "\"@modelcontextprotocol/conformance\": \"")?),
        what: format!("server requirements of {revision}"),
        result,
        failed: passed(&required) != scored || ended.code != Some(0),
    })
}

struct Scenario<'a> {
    name: &'a str,
    passed: bool,
    /// Not scored: of an extension, or not yet decided.
    is_extra: bool,
}

/// What its summary says of each scenario: first all of them, then once more those that are not scored.
fn told(output: &str) -> Vec<Scenario<'_>> {
    let summary = output.split_once("=== SUMMARY ===").map_or("", |(_, summary)| summary);
    let (all, extras) = summary.split_once("Not scored for").unwrap_or((summary, ""));
    let extras: Vec<&str> = extras.lines().filter_map(scenario).map(|(name, _)| name).collect();
    let scenarios = all.lines().filter_map(scenario);
    scenarios.map(|(name, passed)| Scenario { name, passed, is_extra: extras.contains(&name) }).collect()
}

/// The name, and whether it passed, of a line such as `✓ ping: 2 passed, 0 failed` or `✗ tasks-lifecycle (extension)`.
fn scenario(line: &str) -> Option<(&str, bool)> {
    let line = line.trim();
    let rest = line.strip_prefix(['✓', '✗'])?.trim_start();
    Some((rest.split([':', ' ']).next()?, line.starts_with('✓')))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
=== Running scenario: ping ===
=== SUMMARY ===
✓ ping: 2 passed, 0 failed
✗ caching: 4 passed, 3 failed
✗ tasks-lifecycle: 1 passed, 8 failed

Total: 7 passed, 11 failed

Not scored for 2026-07-28: 1 scenario(s) run, 1 failing. These do not affect conformance.
  ✗ tasks-lifecycle (extension)
";

    #[test]
    fn the_summary_tells_scored_scenarios_from_others() {
        let told: Vec<(&str, bool, bool)> =
            told(OUTPUT).iter().map(|scenario| (scenario.name, scenario.passed, scenario.is_extra)).collect();
        assert_eq!(told, [("ping", true, false), ("caching", false, false), ("tasks-lifecycle", false, true)]);
    }

    #[test]
    fn a_suite_that_did_not_come_to_its_end_tells_nothing() {
        assert!(told("=== Running scenario: ping ===\n✓ ping").is_empty());
    }
}
