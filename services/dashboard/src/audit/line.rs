//! One event as a line: a JSON object, or a row of a table.

use std::borrow::Cow;

use domain::{Metadata, Recorded};
use serde_json::{Map, Value, json};

/// How much is told of each event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// What happened.
    Event,
    /// Who did it, through what, why, and what led to it, too.
    Audit,
}

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A JSON object a line.
    JsonLines,
    /// Comma-separated values, RFC 4180, with a line of names first.
    Csv,
}

/// Columns of a table of events, in this order.
const EVENT_COLUMNS: [&str; 7] = ["position", "at", "type", "goal", "task", "actor", "data"];
/// What an audit has in addition.
const AUDIT_COLUMNS: [&str; 10] = [
    "why",
    "actor_kind",
    "client",
    "session",
    "cause",
    "request_id",
    "correlation_id",
    "traceparent",
    "command_id",
    "event_id",
];
/// Spreadsheets take cells that begin so for formulas and run them.
const FORMULA_MARKS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

impl Shape {
    /// The event as a JSON object. `cause` is the position of what led to it.
    pub fn line(self, event: &Recorded, cause: Option<u64>) -> Map<String, Value> {
        let task = event.goal_event().ok().and_then(|event| event.task());
        let metadata = |key: &str| json!(event.metadata.get(key));
        let all = [
            ("position", json!(event.position)),
            ("at", json!(event.recorded_at)),
            ("type", json!(event.event_type)),
            ("goal", json!(event.stream.id)),
            ("task", json!(task)),
            ("actor", metadata(Metadata::ACTOR_ID)),
            ("data", event.data()),
            ("why", metadata(Metadata::WHY)),
            ("actor_kind", metadata(Metadata::ACTOR_KIND)),
            ("client", metadata(Metadata::CLIENT)),
            ("session", metadata(Metadata::SESSION)),
            ("cause", json!(cause)),
            ("request_id", metadata(Metadata::REQUEST_ID)),
            ("correlation_id", metadata(Metadata::CORRELATION_ID)),
            ("traceparent", metadata(Metadata::TRACEPARENT)),
            ("command_id", json!(event.command_id)),
            ("event_id", json!(event.event_id)),
        ];
        let columns: Vec<&str> = self.columns().collect();
        let told = all.into_iter().filter(|(name, value)| columns.contains(name) && !value.is_null());
        told.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn columns(self) -> impl Iterator<Item = &'static str> {
        let more: &[&str] = match self {
            Self::Event => &[],
            Self::Audit => &AUDIT_COLUMNS,
        };
        EVENT_COLUMNS.iter().chain(more).copied()
    }
}

impl Format {
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::JsonLines => "application/x-ndjson",
            Self::Csv => "text/csv",
        }
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::JsonLines => "application/x-ndjson; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    /// What stands above the lines.
    pub fn head(self, shape: Shape) -> Vec<u8> {
        match self {
            Self::JsonLines => Vec::new(),
            Self::Csv => row(shape.columns().map(Cow::Borrowed)),
        }
    }

    /// A line, with its end.
    pub fn line(self, shape: Shape, event: &Recorded, cause: Option<u64>) -> Vec<u8> {
        let line = shape.line(event, cause);
        match self {
            Self::JsonLines => {
                let mut text = Value::Object(line).to_string().into_bytes();
                text.push(b'\n');
                text
            }
            Self::Csv => row(shape.columns().map(|name| cell(line.get(name)))),
        }
    }
}

fn row<'a>(cells: impl Iterator<Item = Cow<'a, str>>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Into memory, which takes everything.
    let _ = writer.write_record(cells.map(|cell| cell.into_owned().into_bytes()));
    writer.into_inner().unwrap_or_default()
}

fn cell(value: Option<&Value>) -> Cow<'_, str> {
    match value {
        None | Some(Value::Null) => Cow::Borrowed(""),
        Some(Value::String(text)) if text.starts_with(FORMULA_MARKS) => Cow::Owned(format!("'{text}")),
        Some(Value::String(text)) => Cow::Borrowed(text),
        Some(other) => Cow::Owned(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula_and_a_row_keeps_what_it_was_given() {
        let shown = |text: &str| cell(Some(&json!(text))).into_owned();
        assert_eq!(shown("=1+1"), "'=1+1");
        assert_eq!(shown("@sum"), "'@sum");
        assert_eq!(shown("ann"), "ann");
        assert_eq!(cell(Some(&json!({ "to": "-1" }))), r#"{"to":"-1"}"#);
        assert_eq!(cell(None), "");
        let cells = ["a,b", "say \"no\"", "two\nlines", ""];
        let written = row(cells.into_iter().map(Cow::Borrowed));
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&written[..]);
        let read: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(read.len(), 1);
        assert!(read[0].iter().eq(cells));
    }
}
