//! What a field wants, and what it got instead, in words that need no knowledge of how it is read.

use serde_json::{Map, Value};

/// Characters of a text that is quoted.
const QUOTED_CHARACTERS_MAX: usize = 40;

/// A field and its schema.
pub(crate) struct Wanted<'a> {
    name: &'a str,
    schema: &'a Map<String, Value>,
}

/// Fields whose schema says only that they are text: they mean the same wherever they are.
const DUE: &str = "due";
const ESTIMATE: &str = "estimate";
const AS_OF: &str = "as_of";
const SINCE: &str = "since";
const UNTIL: &str = "until";
const COMMAND: &str = "command";
/// Those that may be a number as well.
const NUMBERS_TOO: [&str; 5] = [ESTIMATE, AS_OF, SINCE, UNTIL, COMMAND];

impl<'a> Wanted<'a> {
    /// What the field at this path wants.
    pub(crate) fn of(path: &str, schema: &'a Map<String, Value>) -> Self {
        let last = path.rsplit('.').next().unwrap_or_default();
        let name = [DUE].into_iter().chain(NUMBERS_TOO).find(|known| *known == last).unwrap_or_default();
        Self { name, schema }
    }

    /// Whether it is of the right kind.
    pub(crate) fn fits(&self, value: &Value) -> bool {
        match (self.kind(), self.words()) {
            ("string", Some(words)) => words.contains(value),
            ("string", None) => value.is_string() || (NUMBERS_TOO.contains(&self.name) && value.is_u64()),
            ("array", _) => value.is_array(),
            ("object", _) => value.is_object(),
            ("integer", _) => value.is_u64(),
            ("boolean", _) => value.is_boolean(),
            _ => true,
        }
    }

    /// What to say of a value that does not fit.
    pub(crate) fn instead_of(&self, value: &Value) -> String {
        format!("must be {}, not {}", self.in_words(), found(value))
    }

    /// What to say of one that was refused when it was read.
    pub(crate) fn refusal(&self, value: &Value) -> String {
        match value {
            Value::Null => format!("cannot be cleared; give {}", self.in_words()),
            Value::Number(_) => "is too large".to_owned(),
            _ => self.instead_of(value),
        }
    }

    /// What the schema says about it, and about JSON that came as text.
    pub(crate) fn hint(&self, value: &Value) -> Option<String> {
        match value.as_str() {
            Some(text) if matches!(self.kind(), "array" | "object") && text.trim_start().starts_with(['[', '{']) => {
                Some("send the JSON itself, not a string that holds it".to_owned())
            }
            _ => description(self.schema),
        }
    }

    fn in_words(&self) -> String {
        match (self.name, self.kind(), self.words()) {
            (DUE, ..) => "a date like 2026-03-31 or a time like 2026-03-31T12:00:00Z".to_owned(),
            (COMMAND, ..) => "a request_id or a log position like #4711".to_owned(),
            (AS_OF | SINCE | UNTIL, ..) => {
                "a log position like 4711 or a time like 2026-03-31T12:00:00Z or 2026-03-31".to_owned()
            }
            (ESTIMATE, ..) => "a whole number of minutes or a text like 1h30m".to_owned(),
            (_, _, Some(words)) => {
                format!("one of {}", words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "))
            }
            (_, "array", _) => "a list".to_owned(),
            (_, "object", _) => "an object".to_owned(),
            (_, "integer", _) => "a whole number, not negative".to_owned(),
            (_, "boolean", _) => "true or false".to_owned(),
            _ => "text".to_owned(),
        }
    }

    fn kind(&self) -> &'a str {
        self.schema.get("type").and_then(Value::as_str).unwrap_or_default()
    }

    fn words(&self) -> Option<&'a Vec<Value>> {
        self.schema.get("enum").and_then(Value::as_array)
    }
}

/// What the schema says about a field.
pub(crate) fn description(schema: &Map<String, Value>) -> Option<String> {
    schema.get("description")?.as_str().map(str::to_owned)
}

fn found(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{}`", text.chars().take(QUOTED_CHARACTERS_MAX).collect::<String>()),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
