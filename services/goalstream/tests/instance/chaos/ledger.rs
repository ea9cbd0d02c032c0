//! One line a round, written at once, so that a run which is interrupted can go on.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::Write,
    path::Path,
};

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) round: u64,
    pub(crate) seed: u64,
    /// What it is counted under.
    pub(crate) kind: String,
    /// What happened in particular.
    pub(crate) fault: String,
    pub(crate) acknowledged: usize,
    /// Tries of requests beyond the first.
    pub(crate) repeats: u64,
    /// Pages sent back to the snapshot.
    pub(crate) resets: u64,
    pub(crate) head: u64,
    /// From when the servers were back until everybody had everything.
    pub(crate) seconds_to_heal: f64,
    /// Who was waited for last.
    pub(crate) healed_last: String,
    pub(crate) violations: Vec<String>,
}

/// The rounds of a run, in memory and, where a file is given, there.
pub(crate) struct Ledger {
    file: Option<File>,
    lines: Vec<Line>,
}

impl Ledger {
    pub(crate) fn in_memory() -> Self {
        Self { file: None, lines: Vec::new() }
    }

    /// Goes on in a file, or begins it. A line that was cut short by the end of its run is left out.
    pub(crate) fn open(path: &Path) -> Self {
        let written = std::fs::read_to_string(path).unwrap_or_default();
        let whole = |line: &&str| serde_json::from_str::<Line>(line).is_ok();
        let kept: String = written.lines().take_while(whole).map(|line| format!("{line}\n")).collect();
        let lines = kept.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, kept).unwrap();
        Self { file: Some(OpenOptions::new().create(true).append(true).open(path).unwrap()), lines }
    }

    pub(crate) fn last_round(&self) -> u64 {
        self.lines.last().map_or(0, |line| line.round)
    }

    pub(crate) fn add(&mut self, line: Line) {
        let written = serde_json::to_string(&line).unwrap();
        println!("{written}");
        if let Some(file) = &mut self.file {
            writeln!(file, "{written}").unwrap();
            file.sync_data().unwrap();
        }
        self.lines.push(line);
    }

    pub(crate) fn violations(&self) -> usize {
        self.lines.iter().map(|line| line.violations.len()).sum()
    }

    /// Rounds by what happened in them, with the median and the longest time to heal.
    pub(crate) fn summary(&self) -> String {
        let mut by_kind = BTreeMap::<&str, Vec<f64>>::new();
        for line in &self.lines {
            by_kind.entry(&line.kind).or_default().push(line.seconds_to_heal);
        }
        let mut summary = format!("{:<26}{:>7}{:>12}{:>12}\n", "fault", "rounds", "median s", "longest s");
        for (kind, mut seconds) in by_kind {
            seconds.sort_by(f64::total_cmp);
            let (rounds, median, longest) = (seconds.len(), seconds[seconds.len() / 2], seconds[seconds.len() - 1]);
            summary += &format!("{kind:<26}{rounds:>7}{median:>12.2}{longest:>12.2}\n");
        }
        let acknowledged: usize = self.lines.iter().map(|line| line.acknowledged).sum();
        let sum = |of: fn(&Line) -> u64| self.lines.iter().map(of).sum::<u64>();
        summary
            + &format!(
                "{} rounds, {acknowledged} writes acknowledged, {} repeated tries, {} resets, {} violations\n",
                self.lines.len(),
                sum(|line| line.repeats),
                sum(|line| line.resets),
                self.violations(),
            )
    }
}
