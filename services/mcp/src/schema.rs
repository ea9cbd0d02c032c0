//! Schemas as clients of this door see them: of what tools take, and of what they answer.

use rmcp::model::JsonObject;
use serde_json::{Value, json};

pub(crate) use goal_agent::arguments::schema::{of, of_reply};

/// What every refusal has, in an answer's schema.
const REFUSAL: [&str; 3] = ["code", "message", "hint"];

/// The schema of a reply as clients see it. It demands nothing and forbids nothing, and knows refusals: some clients hold these against it
/// as well, and would keep from the model what does not fit.
pub(crate) fn open_to_all(reply: &JsonObject) -> JsonObject {
    let mut schema = brief(reply, &|_| None);
    if let Some(Value::Object(shapes)) = schema.get_mut("$defs") {
        shapes.values_mut().for_each(open);
    }
    open_object(&mut schema);
    if let Some(Value::Object(fields)) = schema.get_mut("properties") {
        for name in REFUSAL {
            fields.entry(name).or_insert_with(|| json!({ "type": "string" }));
        }
    }
    schema
}

/// Takes away what would make an answer with more or less in it a wrong one.
fn open(schema: &mut Value) {
    if let Some(object) = schema.as_object_mut() {
        open_object(object);
    }
}

fn open_object(object: &mut JsonObject) {
    object.remove("required");
    if object.get("additionalProperties") == Some(&json!(false)) {
        object.remove("additionalProperties");
    }
    if let Some(items) = object.get_mut("items") {
        open(items);
    }
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        properties.values_mut().for_each(open);
    }
}

/// The same schema with only these words about its fields. A field's path is its names, joined by dots, from the root or from
/// the definition it is in.
pub(crate) fn brief(schema: &JsonObject, words: &dyn Fn(&str) -> Option<&'static str>) -> JsonObject {
    let mut brief = schema.clone();
    if let Some(Value::Object(definitions)) = brief.get_mut("$defs") {
        for (name, shape) in definitions {
            shorten(shape, name, words);
        }
    }
    shorten_fields(&mut brief, "", words);
    brief
}

fn shorten(schema: &mut Value, path: &str, words: &dyn Fn(&str) -> Option<&'static str>) {
    let Some(object) = schema.as_object_mut() else { return };
    match words(path) {
        Some(words) => object.insert("description".to_owned(), words.into()),
        None => object.remove("description"),
    };
    if let Some(items) = object.get_mut("items") {
        shorten(items, &format!("{path}[]"), words);
    }
    shorten_fields(object, path, words);
}

fn shorten_fields(object: &mut JsonObject, path: &str, words: &dyn Fn(&str) -> Option<&'static str>) {
    let Some(Value::Object(properties)) = object.get_mut("properties") else { return };
    for (name, property) in properties {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        shorten(property, &path, words);
    }
}
