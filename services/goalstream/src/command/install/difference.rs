//! What a dry run shows: the lines that would go and come, with some around them.

use std::path::Path;

/// Lines shown before and after.
const LINES_AROUND: usize = 3;
/// Some programs write their whole configuration into one line.
const LINE_CHARACTERS_MAX: usize = 160;

/// Our change is in one place, so one piece says it all.
pub(super) fn between(path: &Path, before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let first = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let last = old[first..].iter().rev().zip(new[first..].iter().rev()).take_while(|(old, new)| old == new).count();
    let (old_end, new_end) = (old.len() - last, new.len() - last);
    let path = path.display();
    let mut lines = vec![format!("--- {path}"), format!("+++ {path}, as it would be")];
    let mut show = |mark: &str, shown: &[&str]| {
        lines.extend(shown.iter().map(|line| format!("{mark} {}", cut(line))));
    };
    show(" ", &old[first.saturating_sub(LINES_AROUND)..first]);
    show("-", &old[first..old_end]);
    show("+", &new[first..new_end]);
    show(" ", &old[old_end..old.len().min(old_end + LINES_AROUND)]);
    lines.join("\n")
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(LINE_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_is_shown_only_near_what_is_not() {
        let shown = between(Path::new("f"), "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n");
        assert_eq!(shown, "--- f\n+++ f, as it would be\n  2\n  3\n  4\n- 5\n+ five\n  6\n  7\n  8");
    }

    #[test]
    fn lines_that_repeat_are_not_counted_from_both_ends() {
        assert_eq!(between(Path::new("f"), "a\n", "a\na\n"), "--- f\n+++ f, as it would be\n  a\n+ a");
        assert_eq!(between(Path::new("f"), "", "a\n"), "--- f\n+++ f, as it would be\n+ a");
    }

    #[test]
    fn a_long_line_is_cut() {
        let shown = between(Path::new("f"), "", &"ä".repeat(1000));
        assert!(shown.ends_with(&format!("+ {}...", "ä".repeat(LINE_CHARACTERS_MAX))), "{shown}");
    }
}
