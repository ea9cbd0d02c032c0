//! Answers as tool results: the structure, and the same as compact text for clients that only read text.

use std::collections::BTreeMap;

use goal_agent::{Described, Refusal};
use rmcp::{
    ErrorData,
    model::{CallToolResult, ContentBlock},
};
use serde::Serialize;
use serde_json::{Map, Value};

/// Characters of an answer that is worth its place in a model's context: about 6,000 tokens.
const REPLY_CHARACTERS_MAX: usize = 24_000;

/// Characters of an answer that is given at all: one object with its longest description and comments fits.
const REPLY_CHARACTERS_LIMIT: usize = 256 * 1024;

/// Characters of a text in a refusal. Refusals quote what was sent, and that may be anything.
pub(crate) const QUOTED_CHARACTERS_MAX: usize = 1_000;

/// A characters-a-token figure good enough for a hint.
const CHARACTERS_PER_TOKEN: usize = 4;

/// A refusal on its way to the caller, and whether the fault is ours.
#[derive(Debug)]
pub(crate) struct Told {
    /// What the caller is told.
    pub(crate) described: Described,
    /// Whether it is ours to mend.
    pub(crate) is_failure: bool,
}

impl From<Refusal> for Told {
    fn from(refusal: Refusal) -> Self {
        Self { described: refusal.describe(), is_failure: refusal.is_failure() }
    }
}

impl Told {
    /// The instance behind is not ready.
    pub(crate) fn starting(retry_after_ms: u64) -> Self {
        let message = format!("Goalstream is starting; try again in {retry_after_ms} ms");
        let mut told = Self::from(Refusal::Busy { retry_after_ms });
        told.described.message = message;
        told
    }

    /// Something is away; the reason says what, and what can be done about it.
    pub(crate) fn unavailable(reason: impl Into<String>, retry_after_ms: u64) -> Self {
        Self::from(Refusal::Unavailable { reason: reason.into(), retry_after_ms })
    }

    /// There is nothing of this name.
    pub(crate) fn not_found(name: &str, hint: impl Into<String>) -> Self {
        let message = format!("there is no {name}");
        let described = Described { code: "NOT_FOUND", message, hint: Some(hint.into()), details: Map::new() };
        Self { described, is_failure: false }
    }

    /// An argument is not what it should be.
    pub(crate) fn invalid(field: &str, problem: &str) -> Self {
        Self::from(Refusal::validation(field, problem))
    }

    /// More than there may be.
    pub(crate) fn too_big(message: impl Into<String>, hint: impl Into<String>) -> Self {
        let described =
            Described { code: "TOO_BIG", message: message.into(), hint: Some(hint.into()), details: Map::new() };
        Self { described, is_failure: false }
    }

    /// As an error of the protocol, for what is no tool.
    pub(crate) fn into_error(self) -> ErrorData {
        let mut data = as_value(&self.described);
        tame_texts(&mut data);
        let message = match (data["message"].as_str(), data["hint"].as_str()) {
            (Some(message), Some(hint)) => format!("{message}; {hint}"),
            (message, _) => message.unwrap_or_default().to_owned(),
        };
        match self.described.code {
            "NOT_FOUND" => ErrorData::resource_not_found(message, Some(data)),
            _ if self.is_failure => ErrorData::internal_error(message, Some(data)),
            _ => ErrorData::invalid_params(message, Some(data)),
        }
    }

    /// As a result that the model reads.
    pub(crate) fn into_result(self) -> CallToolResult {
        let mut value = as_value(&self.described);
        tame_texts(&mut value);
        CallToolResult::structured_error(value)
    }
}

/// An answer to a reader: as it is, with a word about its length, or refused when no context could hold it.
pub(crate) fn to_reader(reply: impl Serialize) -> Result<CallToolResult, Told> {
    let mut value = as_value(reply);
    let mut text = value.to_string();
    let characters = text.len();
    if characters > REPLY_CHARACTERS_LIMIT {
        return Err(Told::too_big(
            format!("the answer would have about {} tokens", characters / CHARACTERS_PER_TOKEN),
            "ask for fewer ids or rows, or leave out parts of include",
        ));
    }
    if characters > REPLY_CHARACTERS_MAX {
        let tokens = characters / CHARACTERS_PER_TOKEN;
        add_hint(&mut value, &format!("this answer has about {tokens} tokens; ask for fewer ids or rows"));
        text = value.to_string();
    }
    Ok(success(value, text))
}

/// An answer to a writer. What it asked for is done, so this never fails: lists that are too long are cut, and the answer says so.
pub(crate) fn to_writer(reply: impl Serialize) -> CallToolResult {
    let mut value = as_value(reply);
    let mut text = value.to_string();
    let mut cut: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    while text.len() > REPLY_CHARACTERS_MAX
        && let Some((name, collection)) = longest(&mut value)
    {
        let name = name.clone();
        let Some((left, total)) = halve(collection) else { break };
        cut.entry(name).or_insert((left, total)).0 = left;
        text = value.to_string();
    }
    for (name, (left, total)) in cut {
        add_hint(&mut value, &format!("only the first {left} of {total} in {name} are shown; find or get the rest"));
        text = value.to_string();
    }
    success(value, text)
}

fn as_value(reply: impl Serialize) -> Value {
    serde_json::to_value(reply).expect("replies have text keys and finite numbers only")
}

/// Makes every text in a refusal fit to be shown, since it may quote anything: short, and without what a page would take for markup.
fn tame_texts(value: &mut Value) {
    match value {
        Value::String(text) => {
            *text = text.replace('<', "‹").replace('>', "›");
            if let Some((end, _)) = text.char_indices().nth(QUOTED_CHARACTERS_MAX) {
                text.truncate(end);
                text.push('…');
            }
        }
        Value::Array(items) => items.iter_mut().for_each(tame_texts),
        Value::Object(fields) => fields.values_mut().for_each(tame_texts),
        _ => {}
    }
}

/// The text was written out to be counted, and is not written again.
fn success(value: Value, text: String) -> CallToolResult {
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(value);
    result
}

/// Adds a hint after one that may be there.
fn add_hint(value: &mut Value, hint: &str) {
    let Some(object) = value.as_object_mut() else { return };
    let hint = match object.get("hint").and_then(Value::as_str) {
        Some(before) => format!("{before}; {hint}"),
        None => hint.to_owned(),
    };
    object.insert("hint".to_owned(), hint.into());
}

/// The collection of the answer that takes most room.
fn longest(value: &mut Value) -> Option<(&String, &mut Value)> {
    let collections = value.as_object_mut()?.iter_mut().filter(|(_, field)| field.is_array() || field.is_object());
    collections.max_by_key(|(_, field)| field.to_string().len())
}

/// Keeps the first half of it. Says how many are left and how many there were, or nothing when it cannot get shorter.
fn halve(collection: &mut Value) -> Option<(usize, usize)> {
    match collection {
        Value::Array(items) if items.len() > 1 => {
            let total = items.len();
            items.truncate(total / 2);
            Some((items.len(), total))
        }
        Value::Object(fields) if fields.len() > 1 => {
            let total = fields.len();
            *fields = std::mem::take(fields).into_iter().take(total / 2).collect();
            Some((fields.len(), total))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(result: &CallToolResult) -> Value {
        let json = serde_json::to_value(result).unwrap();
        serde_json::from_str(json["content"][0]["text"].as_str().unwrap()).unwrap()
    }

    #[test]
    fn text_and_structure_say_the_same() {
        let result = to_reader(json!({ "position": 3 })).unwrap();
        assert_eq!(result.structured_content, Some(json!({ "position": 3 })));
        assert_eq!(text(&result), json!({ "position": 3 }));
    }

    #[test]
    fn a_long_answer_to_a_reader_is_whole_and_says_how_long_it_is() {
        let result = to_reader(json!({ "rows": vec!["x".repeat(100); 300] })).unwrap();
        let answer = text(&result);
        assert_eq!(answer["rows"].as_array().unwrap().len(), 300);
        assert!(answer["hint"].as_str().unwrap().contains("tokens"));
    }

    #[test]
    fn an_answer_that_no_context_could_hold_is_refused() {
        let told = to_reader(json!({ "rows": vec!["x".repeat(1_000); 300] })).unwrap_err();
        assert_eq!(told.described.code, "TOO_BIG");
        assert!(!told.is_failure);
    }

    #[test]
    fn a_refusal_quotes_little_of_what_was_sent() {
        let told = Told::from(Refusal::validation("tags", format!("invalid type: string \"{}\"", "ä".repeat(100_000))));
        let answer = text(&told.into_result());
        assert_eq!(answer["message"].as_str().unwrap().chars().count(), QUOTED_CHARACTERS_MAX + 1);
    }

    #[test]
    fn a_refusal_quotes_no_markup() {
        let told = Told::from(Refusal::validation("ids[0]", "`<script>alert(1)</script>` is not a goal or task id"));
        let answer = text(&told.into_result());
        assert_eq!(answer["message"], "ids[0]: `‹script›alert(1)‹/script›` is not a goal or task id");
    }

    #[test]
    fn a_long_answer_to_a_writer_is_cut_and_counts_what_is_left_out() {
        let ids: Map<String, Value> =
            (0..10_000).map(|n| (format!("key-{n:05}"), format!("TASK-{n:05}").into())).collect();
        let answer = text(&to_writer(json!({ "position": 7, "ids": ids, "hint": "well done" })));
        assert_eq!(answer["position"], 7);
        assert!(answer["ids"].as_object().unwrap().len() < 1_000);
        let hint = answer["hint"].as_str().unwrap();
        assert!(hint.starts_with("well done; only the first ") && hint.contains("of 10000 in ids"), "{hint}");
    }
}
