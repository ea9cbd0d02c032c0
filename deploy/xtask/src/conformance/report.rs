//! The table of what was run and what came of it, on the terminal and in docs/CONFORMANCE.md.

use anyhow::Context;

use super::Part;
use crate::progress::Progress;
use crate::workspace;

const DOCUMENT: &str = "docs/CONFORMANCE.md";
/// A table stands between its line and this one.
const END: &str = "<!-- end of results -->";

pub(super) struct Row {
    /// With its version.
    pub(super) tool: String,
    /// What was asked of it.
    pub(super) what: String,
    pub(super) result: String,
    pub(super) failed: bool,
}

pub(super) fn print(rows: &[Row], progress: &Progress) {
    for Row { tool, what, result, failed } in rows {
        let mark = if *failed { "FAILED" } else { "ok" };
        progress.say(&format!("{mark:<6} {tool}, {what}: {result}"));
    }
}

pub(super) fn write(part: Part, rows: &[Row]) -> anyhow::Result<()> {
    let path = workspace().join(DOCUMENT);
    let text = std::fs::read_to_string(&path).with_context(|| format!("read {DOCUMENT}"))?;
    let replaced =
        replaced(&text, begin(part), rows).with_context(|| format!("{DOCUMENT} has no place for the table"))?;
    std::fs::write(&path, replaced).with_context(|| format!("write {DOCUMENT}"))
}

/// The line before the table of a door.
fn begin(part: Part) -> &'static str {
    match part {
        Part::Mcp => "<!-- results: cargo xtask conformance --only mcp --write -->",
        Part::Rest => "<!-- results: cargo xtask conformance --only rest --write -->",
    }
}

fn replaced(text: &str, begin: &str, rows: &[Row]) -> Option<String> {
    let (before, rest) = text.split_once(begin)?;
    let (_, after) = rest.split_once(END)?;
    let lines: Vec<String> = rows
        .iter()
        .map(|Row { tool, what, result, failed }| {
            let mark = if *failed { "**failed**: " } else { "" };
            format!("| {tool} | {what} | {mark}{result} |\n")
        })
        .collect();
    Some(format!("{before}{begin}\n| tool | what | result |\n|---|---|---|\n{}{END}{after}", lines.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_replaces_the_one_before_and_nothing_else() {
        let row = |failed| Row { tool: "probe 1".into(), what: "HTTP".into(), result: "fine".into(), failed };
        let (mcp, rest) = (begin(Part::Mcp), begin(Part::Rest));
        let text = format!("# Before\n\n{mcp}\n{END}\n\nAfter\n{rest}\n| kept |\n{END}\n");
        let once = replaced(&text, mcp, &[row(true)]).unwrap();
        assert!(once.contains("| probe 1 | HTTP | **failed**: fine |\n"), "{once}");
        let twice = replaced(&once, mcp, &[row(false)]).unwrap();
        assert!(twice.starts_with("# Before\n\n") && twice.contains("\n\nAfter\n"), "{twice}");
        assert!(twice.ends_with("| kept |\n<!-- end of results -->\n"), "{twice}");
        assert!(twice.contains("| probe 1 | HTTP | fine |\n") && !twice.contains("failed"), "{twice}");
        assert_eq!(replaced("nothing", rest, &[]), None);
    }
}
