//! What is written in `q`: plain words for the full-text search, and `tag:`, `goal:`, `by:`, `status:`, `priority:` terms.

use domain::{
    GoalId,
    goal::{GoalStatus, Priority, TaskStatus},
};

use super::words::Words;
use crate::{error::ReadError, limits};

/// A search text, taken apart. Several terms of one kind mean any of them; of tags, which one thing has many of, all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) words: Words,
    pub(crate) tags: Vec<String>,
    pub(crate) goals: Vec<GoalId>,
    pub(crate) by: Vec<String>,
    pub(crate) status: Vec<String>,
    pub(crate) priority: Vec<Priority>,
}

impl Terms {
    /// # Errors
    /// Names the field `q` and what would be right.
    pub(crate) fn read(q: &str) -> Result<Self, ReadError> {
        if q.chars().count() > limits::SEARCH_CHARS_MAX {
            return Err(ReadError::invalid(
                "q",
                format!("is too long; give at most {} characters", limits::SEARCH_CHARS_MAX),
            ));
        }
        no_null_character("q", q)?;
        let mut terms = Self::default();
        let mut words = Vec::new();
        let mut last = "";
        for piece in pieces(q) {
            last = piece;
            match piece.split_once(':').map(|(term, value)| (term, unquoted(value))) {
                // Nothing, in quotes or not, is no value.
                Some((_, "")) | None => words.push(piece),
                Some(("tag", tag)) => terms.tags.push(tag.to_owned()),
                Some(("by", name)) => terms.by.push(name.to_owned()),
                Some(("status", status)) => terms.status.push(known_status("q", status)?),
                Some(("priority", priority)) => terms.priority.push(known_priority(priority)?),
                Some(("goal", id)) => terms.goals.push(goal_id(id)?),
                Some(_) => words.push(piece),
            }
        }
        let ends_in_word = words.last().is_some_and(|word| std::ptr::eq(*word, last)) && q.ends_with(last);
        terms.words = Words::typed(&words, ends_in_word);
        Ok(terms)
    }
}

/// Splits at space, except inside double quotes. The quotes stay: for words they mean a phrase.
fn pieces(q: &str) -> Vec<&str> {
    let mut quoted = false;
    let split = q.split(|letter: char| {
        quoted ^= letter == '"';
        letter.is_whitespace() && !quoted
    });
    split.filter(|piece| !piece.is_empty()).collect()
}

fn unquoted(text: &str) -> &str {
    text.trim_matches('"')
}

fn goal_id(text: &str) -> Result<GoalId, ReadError> {
    text.parse().map_err(|error| ReadError::invalid("q", format!("has a goal: term that is wrong: {error}")))
}

/// A status of a goal or of a task.
pub(crate) fn known_status(field: &'static str, text: &str) -> Result<String, ReadError> {
    match text.parse::<TaskStatus>().is_ok() || text.parse::<GoalStatus>().is_ok() {
        true => Ok(text.to_owned()),
        false => Err(ReadError::invalid(
            field,
            format!(
                "has the unknown status `{}`; there are pending, in_progress, blocked, in_review, completed, failed and cancelled",
                text.chars().take(40).collect::<String>()
            ),
        )),
    }
}

fn known_priority(text: &str) -> Result<Priority, ReadError> {
    text.parse().map_err(|_| {
        let text: String = text.chars().take(40).collect();
        ReadError::invalid("q", format!("has the unknown priority `{text}`; there are low, medium, high and critical"))
    })
}

pub(crate) fn no_null_character(field: &'static str, text: &str) -> Result<(), ReadError> {
    match text.contains('\0') {
        true => Err(ReadError::invalid(field, "has the character U+0000; leave it out")),
        false => Ok(()),
    }
}

/// Values to filter by: few enough, and such that Postgres takes them.
pub(crate) fn checked_values(field: &'static str, values: &[String]) -> Result<(), ReadError> {
    if values.len() > limits::FILTER_VALUES_MAX {
        return Err(ReadError::invalid(
            field,
            format!("has too many values; give at most {}", limits::FILTER_VALUES_MAX),
        ));
    }
    values.iter().try_for_each(|value| no_null_character(field, value))
}

/// How many rows a page may have.
pub(crate) fn page_rows(limit: Option<u32>) -> Result<u32, ReadError> {
    match limit.unwrap_or(limits::PAGE_ROWS_DEFAULT) {
        limit @ 1..=limits::PAGE_ROWS_MAX => Ok(limit),
        limit => Err(ReadError::invalid("limit", format!("is {limit}; give 1 to {}", limits::PAGE_ROWS_MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_terms_are_told_apart() {
        let terms = Terms::read(
            r#"deploy tag:"two words" "exact phrase" goal:GOAL-0007 by:ada status:failed priority:high http://x tag:"#,
        )
        .unwrap();
        assert_eq!(terms.words.text(), r#"deploy "exact phrase" http://x tag:"#);
        assert_eq!(terms.tags, ["two words"]);
        assert_eq!(terms.goals, [GoalId(7)]);
        assert_eq!(terms.by, ["ada"]);
        assert_eq!(terms.status, ["failed"]);
        assert_eq!(terms.priority, [Priority::High]);
    }

    #[test]
    fn a_term_without_a_value_is_a_word() {
        let text = r#"tag:"" by:"" status: priority: goal:"""#;
        let terms = Terms::read(text).unwrap();
        assert_eq!(terms.words.text(), text);
        assert_eq!(terms, Terms { words: terms.words.clone(), ..Terms::default() });
        assert_eq!(Terms::read(r#"status:"failed""#).unwrap().status, ["failed"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for wrong in ["goal:7", "status:done", "priority:urgent", "a\0b", &"x".repeat(1_001)] {
            let error = Terms::read(wrong).unwrap_err().to_string();
            assert!(error.starts_with("q "), "{error}");
        }
    }
}
