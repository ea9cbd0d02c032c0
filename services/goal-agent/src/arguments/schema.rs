//! Schemas that every client can read: of what is asked, and of what is answered.
//!
//! What schemars makes is right but rich: types that may be null, chains of references, one-of lists for plain enums. Some clients
//! accept a subset only, and every character costs a model's attention. So schemas are boiled down to
//! objects, arrays, scalars and enums; only a shape that is recursive, or said twice, keeps a reference.

use std::collections::{BTreeMap, BTreeSet};

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

const DEFINITION: &str = "#/$defs/";

/// Keywords that tell a reader nothing, or that not all clients know.
const DROPPED: [&str; 7] = ["$schema", "title", "format", "default", "minimum", "maximum", "uniqueItems"];

/// The shapes that a schema refers to.
struct Definitions {
    shapes: BTreeMap<String, Value>,
    /// Those that stay references.
    kept: BTreeSet<String>,
}

/// The input schema of a request type.
pub fn of<T: JsonSchema>() -> Map<String, Value> {
    boiled_down::<T>(SchemaSettings::draft2020_12())
}

/// The schema of a reply type.
pub fn of_reply<T: JsonSchema>() -> Map<String, Value> {
    boiled_down::<T>(SchemaSettings::draft2020_12().for_serialize())
}

fn boiled_down<T: JsonSchema>(settings: SchemaSettings) -> Map<String, Value> {
    let Value::Object(mut root) = settings.into_generator().into_root_schema_for::<T>().to_value() else {
        return Map::new();
    };
    let definitions = Definitions::of(&mut root);
    root.remove("description");
    let mut schema = plain(Value::Object(root), &definitions);
    let kept: Map<String, Value> = definitions
        .kept
        .iter()
        .filter_map(|name| Some((name.clone(), plain(definitions.shapes.get(name)?.clone(), &definitions))))
        .collect();
    if !kept.is_empty() {
        schema["$defs"] = Value::Object(kept);
    }
    match schema {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

impl Definitions {
    /// Takes them out of a schema.
    fn of(root: &mut Map<String, Value>) -> Self {
        let whole = Value::Object(root.clone()).to_string();
        let shapes: BTreeMap<String, Value> = match root.remove("$defs") {
            Some(Value::Object(shapes)) => shapes.into_iter().collect(),
            _ => BTreeMap::new(),
        };
        let is_kept = |(name, shape): &(&String, &Value)| {
            let mention = json!(format!("{DEFINITION}{name}")).to_string();
            let is_object = shape.get("properties").is_some();
            shape.to_string().contains(&mention) || (is_object && whole.matches(&mention).count() > 1)
        };
        let kept = shapes.iter().filter(is_kept).map(|(name, _)| name.clone()).collect();
        Self { shapes, kept }
    }
}

/// One schema and all below it, in the plain form.
fn plain(schema: Value, definitions: &Definitions) -> Value {
    let Value::Object(mut object) = schema else { return schema };
    if let Some(inlined) = inlined(&object, definitions) {
        return plain(inlined, definitions);
    }
    for keyword in DROPPED {
        object.remove(keyword);
    }
    // Free keys are what is meant when nothing is said.
    if object.get("additionalProperties") == Some(&json!(true)) {
        object.remove("additionalProperties");
    }
    let object = without_null(without_choices(object));
    object
        .into_iter()
        .map(|(keyword, value)| {
            let value = match (keyword.as_str(), value) {
                ("properties", Value::Object(properties)) => properties
                    .into_iter()
                    .map(|(name, property)| (name, plain(property, definitions)))
                    .collect::<Map<_, _>>()
                    .into(),
                ("items" | "additionalProperties", below) => plain(below, definitions),
                (_, value) => value,
            };
            (keyword, value)
        })
        .collect::<Map<_, _>>()
        .into()
}

/// The definition that a reference, or a reference that may be null, stands for; unless it stays one.
fn inlined(object: &Map<String, Value>, definitions: &Definitions) -> Option<Value> {
    let mut target = object.get("$ref");
    if let Some(choices) = object.get("anyOf").and_then(Value::as_array) {
        target = choices.iter().find_map(|choice| choice.get("$ref"));
    }
    let name = target?.as_str()?.strip_prefix(DEFINITION)?;
    if definitions.kept.contains(name) {
        return None;
    }
    let mut shape = definitions.shapes.get(name)?.clone();
    // What is said where it is used beats what is said where it is defined.
    if let Some(description) = object.get("description") {
        shape["description"] = description.clone();
    }
    Some(shape)
}

/// Constants to choose from become an `enum`; a number-or-text choice becomes the text, which can say both; a shape that may be
/// null becomes the shape.
fn without_choices(mut object: Map<String, Value>) -> Map<String, Value> {
    let choices = object.remove("oneOf").or_else(|| object.remove("anyOf"));
    let Some(Value::Array(mut choices)) = choices else { return object };
    choices.retain(|choice| choice.get("type") != Some(&json!("null")));
    if let [Value::Object(only)] = choices.as_slice() {
        let mut only = only.clone();
        // What is said where it is used beats what is said where it is defined.
        only.append(&mut object);
        return without_choices(only);
    }
    let words: Vec<Value> = choices.iter().flat_map(words).collect();
    object.insert("type".to_owned(), json!("string"));
    if !words.is_empty() {
        object.insert("enum".to_owned(), Value::Array(words));
    }
    object
}

fn words(choice: &Value) -> Vec<Value> {
    match (choice.get("const"), choice.get("enum")) {
        (Some(word), _) => vec![word.clone()],
        (None, Some(Value::Array(words))) => words.clone(),
        _ => Vec::new(),
    }
}

/// A type that may be null becomes the type: what is not given is left out.
fn without_null(mut object: Map<String, Value>) -> Map<String, Value> {
    if let Some(Value::Array(types)) = object.get("type")
        && let Some(first) = types.iter().find(|one| *one != "null")
    {
        let first = first.clone();
        object.insert("type".to_owned(), first);
    }
    if let Some(Value::Array(words)) = object.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    object
}
