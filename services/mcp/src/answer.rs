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

/// Shorter texts are not cut.
const CUT_TEXT_CHARACTERS_MIN: usize = 1_000;

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

/// An answer to a writer. What it asked for is done, so this never fails: what is longest is cut, and the answer says so.
pub(crate) fn to_writer(reply: impl Serialize) -> CallToolResult {
    let mut value = as_value(reply);
    let mut text = value.to_string();
    let mut cuts: BTreeMap<String, Cut> = BTreeMap::new();
    while text.len() > REPLY_CHARACTERS_MAX
        && let Some((path, cut)) = shorten(&mut value)
    {
        cuts.entry(path).and_modify(|earlier| earlier.left = cut.left).or_insert(cut);
        text = value.to_string();
    }
    for (path, cut) in cuts {
        add_hint(&mut value, &cut.told(&path));
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

/// What is left of a part of an answer.
struct Cut {
    left: usize,
    total: usize,
    is_text: bool,
}

impl Cut {
    fn told(&self, path: &str) -> String {
        let Self { left, total, is_text } = self;
        match is_text {
            true => format!("{path} is cut after {left} of {total} characters; get has all of it"),
            false => format!("only the first {left} of {total} in {path} are shown; find or get the rest"),
        }
    }
}

/// Cuts what takes most room to its half, and says where that is: a long text or list rather than the fields that stand beside it. Nothing when
/// nothing can get shorter.
fn shorten(value: &mut Value) -> Option<(String, Cut)> {
    let whole = value.to_string().len();
    match value {
        Value::String(text) => cut_text(text).map(|cut| (String::new(), cut)),
        Value::Array(items) => {
            let (place, size) = longest(items.iter().enumerate())?;
            match shorten_if(size * 2 > whole, &mut items[place]) {
                Some((path, cut)) => Some((format!("[{place}]{path}"), cut)),
                None => halved(items.len(), |left| items.truncate(left)),
            }
        }
        Value::Object(fields) => {
            let (name, size) = longest(fields.iter().map(|(name, field)| (name.clone(), field)))?;
            match fields.get_mut(&name).and_then(|field| shorten_if(size > CUT_TEXT_CHARACTERS_MIN, field)) {
                Some((path, cut)) if path.is_empty() || path.starts_with('[') => Some((format!("{name}{path}"), cut)),
                Some((path, cut)) => Some((format!("{name}.{path}"), cut)),
                None => halved(fields.len(), |left| *fields = std::mem::take(fields).into_iter().take(left).collect()),
            }
        }
        _ => None,
    }
}

fn shorten_if(is_worth_it: bool, value: &mut Value) -> Option<(String, Cut)> {
    if is_worth_it { shorten(value) } else { None }
}

fn longest<'v, Place>(parts: impl Iterator<Item = (Place, &'v Value)>) -> Option<(Place, usize)> {
    parts.map(|(place, part)| (place, part.to_string().len())).max_by_key(|(_, size)| *size)
}

fn halved(total: usize, keep: impl FnOnce(usize)) -> Option<(String, Cut)> {
    let left = total / 2;
    (left > 0).then(|| {
        keep(left);
        (String::new(), Cut { left, total, is_text: false })
    })
}

fn cut_text(text: &mut String) -> Option<Cut> {
    let total = text.chars().count();
    let left = total / 2;
    let (end, _) = text.char_indices().nth(left).filter(|_| total > CUT_TEXT_CHARACTERS_MIN)?;
    text.truncate(end);
    text.push('…');
    Some(Cut { left, total, is_text: true })
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

    #[test]
    fn a_long_text_is_cut_rather_than_what_stands_beside_it() {
        for long in ["description", "goal_description"] {
            let mut context = json!({
                "goal": "GOAL-0001", "goal_title": "A goal", "description": "short", "handoff": "never touch X",
                "criteria": [{ "number": 1, "text": "it runs", "met": false }],
                "results": [{ "task": "TASK-0001", "title": "before", "result": "it went well" }],
            });
            context[long] = "語".repeat(30_000).into();
            let answer = text(&to_writer(json!({ "task": "TASK-0002", "context": context.clone() })));
            let mut kept = answer["context"].clone();
            let left = kept[long].take().as_str().unwrap().chars().count();
            context[long].take();
            assert_eq!(kept, context, "all else is there");
            let hint = answer["hint"].as_str().unwrap();
            assert!(hint.contains(&format!("context.{long} is cut after {} of 30000", left - 1)), "{hint}");
            assert!(left > 1_000 && answer.to_string().len() < REPLY_CHARACTERS_MAX + 1_000);
        }
    }

    #[test]
    fn of_several_long_texts_each_is_cut() {
        let context =
            json!({ "goal": "GOAL-0001", "goal_description": "a".repeat(20_000), "description": "b".repeat(20_000) });
        let answer = text(&to_writer(json!({ "task": "TASK-0002", "context": context })));
        assert_eq!(answer["context"]["goal"], "GOAL-0001");
        let length = |name: &str| answer["context"][name].as_str().unwrap().chars().count();
        assert_eq!((length("goal_description"), length("description")), (10_001, 10_001));
    }

    #[test]
    fn what_is_long_by_its_number_loses_its_end() {
        let result = |n: usize| json!({ "task": format!("TASK-{n:04}"), "result": "x".repeat(500) });
        let results: Vec<Value> = (0..100).map(result).collect();
        let answer = text(&to_writer(json!({ "context": { "goal": "GOAL-0001", "results": results } })));
        assert_eq!(answer["context"]["goal"], "GOAL-0001");
        assert_eq!(answer["context"]["results"].as_array().unwrap().len(), 25);
        assert!(answer["hint"].as_str().unwrap().contains("only the first 25 of 100 in context.results"), "{answer}");
    }
}
