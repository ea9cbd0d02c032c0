//! Conditions that goals and tasks have in common: their tags, and what their users keep with them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sqlx::types::Json;

use super::{
    question::Question,
    terms::{checked_values, no_null_character},
};
use crate::error::ReadError;

/// Where those with a tag are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Among {
    /// Everywhere, beginning with the tag: its rows are found in one go.
    All,
    /// Where other conditions leave few: each of them is asked for its tags.
    Few,
}

/// The goal or task must carry all of these tags.
pub(crate) fn filter_by_tags(question: &mut Question, (kind, number): (&str, &str), tags: &[String], among: Among) {
    for tag in tags {
        let of_kind = format!("FROM {{tags}} tag WHERE tag.kind = '{kind}' AND {{@tag}} AND tag.tag = ");
        match among {
            Among::All => {
                question.add(&format!(" AND {number} = ANY(ARRAY(SELECT tag.number {of_kind}")).bind(tag.clone());
                question.add("))");
            }
            Among::Few => {
                question.add(&format!(" AND EXISTS (SELECT {of_kind}")).bind(tag.clone());
                question.add(&format!(" AND tag.number = {number})"));
            }
        }
    }
}

/// Each of these keys must have this value, as text or as the JSON that the text is. An index knows of those that keep anything at all.
pub(crate) fn filter_by_metadata(question: &mut Question, row: &str, wanted: &BTreeMap<String, String>) {
    for (key, text) in wanted {
        // The empty object, without braces of its own.
        question.add(&format!(" AND {row}.metadata <> E'\\x7b\\x7d' AND ({row}.metadata @> "));
        question.bind(Json(json!({ key: text })));
        if let Ok(value) = serde_json::from_str::<Value>(text) {
            question.add(&format!(" OR {row}.metadata @> ")).bind(Json(json!({ key: value })));
        }
        question.add(")");
    }
}

/// Few enough, and such that Postgres takes them.
pub(crate) fn checked_metadata(wanted: &BTreeMap<String, String>) -> Result<(), ReadError> {
    let values: Vec<String> = wanted.values().cloned().collect();
    checked_values("meta", &values)?;
    wanted.keys().try_for_each(|key| no_null_character("meta", key))
}
