//! How much memory a remembered answer takes, in bytes, roughly: what rows own, and what they are themselves.

use std::{collections::BTreeMap, mem::size_of};

use domain::TaskId;
use serde_json::Value;

use crate::{
    read::{FindPage, GoalTree, GoalsPage, TaskStanding},
    rows::{ChangedRows, CriterionRow, FoundRow, GoalRow, LinkRow, TaskRow},
};

/// What an allocator, a tree and a map add to each piece.
const PIECE: usize = 32;

/// Something that is remembered.
pub(crate) trait Weight {
    /// Bytes.
    fn weight(&self) -> usize;
}

impl Weight for GoalRow {
    fn weight(&self) -> usize {
        let optional = [&self.description, &self.assignee, &self.result].map(optional_text);
        size_of::<Self>()
            + text(&self.title)
            + optional.iter().sum::<usize>()
            + texts(&self.tags)
            + links(&self.links)
            + metadata(&self.metadata)
    }
}

impl Weight for TaskRow {
    fn weight(&self) -> usize {
        let optional = [&self.description, &self.blocked_reason, &self.assignee, &self.result].map(optional_text);
        let holder = self.claim.as_ref().map_or(0, |claim| text(&claim.holder));
        let criteria = self.criteria.iter().map(|one| size_of::<CriterionRow>() + text(&one.text));
        size_of::<Self>()
            + text(&self.title)
            + optional.iter().sum::<usize>()
            + holder
            + texts(&self.tags)
            + self.after.len() * PIECE
            + criteria.sum::<usize>()
            + links(&self.links)
            + metadata(&self.metadata)
    }
}

impl Weight for ChangedRows {
    fn weight(&self) -> usize {
        let rows = self.goals.iter().map(Weight::weight).chain(self.tasks.iter().map(Weight::weight));
        size_of::<Self>() + rows.sum::<usize>()
    }
}

impl Weight for TaskStanding {
    fn weight(&self) -> usize {
        self.task.weight() + size_of::<bool>()
    }
}

impl Weight for FoundRow {
    fn weight(&self) -> usize {
        let holder = self.claim.as_ref().map_or(0, |claim| text(&claim.holder));
        let why = self.why_blocked.as_ref().map_or(0, |why| {
            (why.waits_for.len() + why.open_parts.len()) * size_of::<TaskId>() + optional_text(&why.reason)
        });
        size_of::<Self>() + text(&self.title) + text(&self.status) + texts(&self.tags) + holder + why
    }
}

impl Weight for FindPage {
    fn weight(&self) -> usize {
        size_of::<Self>() + self.rows.iter().map(Weight::weight).sum::<usize>() + optional_text(&self.next)
    }
}

impl Weight for GoalsPage {
    fn weight(&self) -> usize {
        size_of::<Self>() + self.goals.iter().map(Weight::weight).sum::<usize>() + optional_text(&self.next)
    }
}

impl Weight for GoalTree {
    fn weight(&self) -> usize {
        size_of::<Self>() + self.goal.weight() + self.tasks.iter().map(Weight::weight).sum::<usize>()
    }
}

fn text(text: &str) -> usize {
    PIECE + text.len()
}

fn texts<'a>(all: impl IntoIterator<Item = &'a String>) -> usize {
    all.into_iter().map(|one| text(one)).sum()
}

fn optional_text(text: &Option<String>) -> usize {
    text.as_ref().map_or(0, |text| self::text(text))
}

fn links(links: &[LinkRow]) -> usize {
    links.iter().map(|link| size_of::<LinkRow>() + text(&link.rel) + text(&link.to)).sum()
}

fn metadata(metadata: &BTreeMap<String, Value>) -> usize {
    metadata.iter().map(|(key, held)| text(key) + value(held)).sum()
}

fn value(held: &Value) -> usize {
    let inside = match held {
        Value::String(held) => held.len(),
        Value::Array(items) => items.iter().map(value).sum(),
        Value::Object(fields) => fields.iter().map(|(key, held)| text(key) + value(held)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    };
    size_of::<Value>() + PIECE + inside
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A text of a length of its own in each place, so that each counts.
    #[test]
    fn every_text_of_a_row_counts() {
        let bare = json!({
            "id": "TASK-0001", "goal": "GOAL-0001", "title": "", "status": "pending", "priority": "medium", "version": 1,
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        });
        let long = |length: usize| "x".repeat(length);
        let until = "2026-01-01T00:00:00Z";
        let places = [
            ("title", json!(long(1_000))),
            ("description", json!(long(1_000))),
            ("blocked_reason", json!(long(1_000))),
            ("assignee", json!(long(1_000))),
            ("result", json!(long(1_000))),
            ("tags", json!([long(1_000)])),
            ("criteria", json!([{ "number": 1, "text": long(1_000), "met": false }])),
            ("links", json!([{ "rel": long(1_000), "to": "x" }, { "rel": "y", "to": long(1_000) }])),
            ("metadata", json!({ "key": [{ "inside": long(1_000) }], long(1_000): 1 })),
            ("claim", json!({ "holder": long(1_000), "fence": 1, "since": until, "until": until })),
        ];
        let weight = |row: &Value| serde_json::from_value::<TaskRow>(row.clone()).unwrap().weight();
        for (place, filled) in places {
            let mut row = bare.clone();
            row[place] = filled.clone();
            let texts = filled.to_string().matches(&long(1_000)).count();
            assert!(weight(&row) >= weight(&bare) + 1_000 * texts, "{place}");
        }
    }
}
