//! What may have been meant by an id that does not exist.

use std::collections::BTreeSet;

use domain::{GoalId, TaskId, Timestamp, goal::Subject};

use super::{
    question::Question,
    snapshot::{ReadAt, Snapshot},
};
use crate::{Views, error::ReadError, fold::unsigned, limits};

/// Longer texts resemble no id.
const ID_CHARS_MAX: usize = 40;
/// How many letters of the word before the number may be wrong.
const WORD_SLIPS_MAX: usize = 1;

impl Views {
    /// Ids that exist and somebody could have meant by this one: of the same number in another spelling, else of one that is a slip of
    /// the finger away, the likest first, at most [`SUGGESTIONS_MAX`](limits::SUGGESTIONS_MAX).
    ///
    /// # Errors
    /// The database failed us.
    pub async fn nearest(&self, id: &str) -> Result<Vec<Subject>, ReadError> {
        let meant: String = id.trim().to_uppercase();
        if meant.chars().count() > ID_CHARS_MAX {
            return Ok(Vec::new());
        }
        let word: String = meant.chars().filter(|letter| letter.is_alphabetic()).collect();
        let digits: String = meant.chars().filter(char::is_ascii_digit).take(18).collect();
        let Ok(typed) = digits.parse::<i64>() else { return Ok(Vec::new()) };
        let likely = likely_numbers(&digits);
        let mut snapshot = self.snapshot(&ReadAt::latest(Timestamp::UNIX_EPOCH)).await?;
        let mut found: Vec<Subject> = Vec::new();
        if is_meant(&word, "GOAL") {
            let goals = existing(&mut snapshot, "goal", &likely).await?;
            found.extend(goals.into_iter().map(|number| Subject::Goal(GoalId(unsigned(number)))));
        }
        if is_meant(&word, "TASK") {
            let tasks = existing(&mut snapshot, "task", &likely).await?;
            found.extend(tasks.into_iter().map(|number| Subject::Task(TaskId(unsigned(number)))));
        }
        Ok(likest(&meant, unsigned(typed), found))
    }
}

/// `TSK` and `T` mean `TASK`, and without a word it may be either.
fn is_meant(word: &str, kind: &str) -> bool {
    kind.starts_with(word) || strsim::damerau_levenshtein(word, kind) <= WORD_SLIPS_MAX
}

/// Who wrote a number that exists has not mistyped it.
fn likest(meant: &str, typed: u64, mut found: Vec<Subject>) -> Vec<Subject> {
    let is_typed = |subject: &Subject| match subject {
        Subject::Goal(goal) => goal.0 == typed,
        Subject::Task(task) => task.0 == typed,
    };
    if found.iter().any(is_typed) {
        found.retain(is_typed);
    }
    found.sort_by_cached_key(|subject| (strsim::damerau_levenshtein(meant, &subject.to_string()), *subject));
    found.truncate(limits::SUGGESTIONS_MAX);
    found
}

/// The number itself, and those one slip of the finger away: a digit wrong, missing, doubled, or two swapped.
fn likely_numbers(digits: &str) -> Vec<i64> {
    let digits = digits.trim_start_matches('0');
    let mut texts = BTreeSet::from([digits.to_owned()]);
    for place in 0..=digits.len() {
        let (head, tail) = digits.split_at(place);
        for digit in '0'..='9' {
            texts.insert(format!("{head}{digit}{tail}"));
            texts.insert(format!("{head}{digit}{}", tail.get(1..).unwrap_or_default()));
        }
        texts.insert(format!("{head}{}", tail.get(1..).unwrap_or_default()));
        if let (Some(first), Some(second), Some(rest)) = (tail.get(..1), tail.get(1..2), tail.get(2..)) {
            texts.insert(format!("{head}{second}{first}{rest}"));
        }
    }
    let numbers: BTreeSet<i64> = texts.iter().filter_map(|text| text.parse().ok()).collect();
    numbers.into_iter().collect()
}

/// Which of the likely ones exist.
async fn existing(snapshot: &mut Snapshot, kind: &str, likely: &[i64]) -> Result<Vec<i64>, ReadError> {
    let ask = |question: &mut Question| {
        question
            .add(&format!("SELECT s.number FROM {{search}} s WHERE s.kind = '{kind}' AND {{@s}} AND s.number = ANY("));
        question.bind(likely.to_vec()).add(")");
    };
    let found: Vec<(i64,)> = snapshot.rows(ask).await?;
    Ok(found.into_iter().map(|(number,)| number).collect())
}
