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
/// Beyond this many changed letters two ids have nothing to do with each other.
const DISTANCE_MAX: usize = 4;

impl Views {
    /// Ids that exist and look like this one, the likest first, at most [`SUGGESTIONS_MAX`](limits::SUGGESTIONS_MAX).
    ///
    /// # Errors
    /// The database failed us.
    pub async fn nearest(&self, id: &str) -> Result<Vec<Subject>, ReadError> {
        let meant: String = id.trim().to_uppercase();
        if meant.is_empty() || meant.chars().count() > ID_CHARS_MAX {
            return Ok(Vec::new());
        }
        let digits: String = meant.chars().filter(char::is_ascii_digit).take(18).collect();
        let mut snapshot = self.snapshot(&ReadAt::latest(Timestamp::UNIX_EPOCH)).await?;
        let (typed, likely) = (digits.parse().unwrap_or(0), likely_numbers(&digits));
        let goals = existing(&mut snapshot, "goal", typed, &likely).await?;
        let tasks = existing(&mut snapshot, "task", typed, &likely).await?;
        let goals = goals.into_iter().map(|number| Subject::Goal(GoalId(unsigned(number))));
        let tasks = tasks.into_iter().map(|number| Subject::Task(TaskId(unsigned(number))));
        let mut ranked: Vec<(usize, Subject)> = goals
            .chain(tasks)
            .map(|subject| (strsim::damerau_levenshtein(&meant, &subject.to_string()), subject))
            .filter(|(distance, _)| *distance <= DISTANCE_MAX)
            .collect();
        ranked.sort_unstable();
        Ok(ranked.into_iter().map(|(_, subject)| subject).take(limits::SUGGESTIONS_MAX).collect())
    }
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

/// Which of the likely ones exist, and the existing ones next to what was typed.
async fn existing(snapshot: &mut Snapshot, kind: &str, typed: i64, likely: &[i64]) -> Result<Vec<i64>, ReadError> {
    let near = i64::try_from(limits::SUGGESTIONS_MAX).unwrap_or(i64::MAX);
    let of_kind = format!("FROM {{search}} s WHERE s.kind = '{kind}' AND {{@s}} AND s.number");
    let ask = |question: &mut Question| {
        question.add("SELECT s.number ").add(&of_kind).add(" = ANY(").bind(likely.to_vec());
        question.add(") UNION (SELECT s.number ").add(&of_kind).add(" >= ").bind(typed);
        question.add(" ORDER BY s.number").limit(near);
        question.add(") UNION (SELECT s.number ").add(&of_kind).add(" < ").bind(typed);
        question.add(" ORDER BY s.number DESC").limit(near).add(")");
    };
    let found: Vec<(i64,)> = snapshot.rows(ask).await?;
    Ok(found.into_iter().map(|(number,)| number).collect())
}
