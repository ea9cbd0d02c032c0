//! JSON Schema of every event, as committed in `schemas/`.

use schemars::{Schema, generate::SchemaSettings};
use serde_json::{Value, json};

use crate::GoalEvent;

/// One schema an event, in the order of the catalogue: its name, and what its payload looks like in today's version.
///
/// # Panics
/// Never: the shapes are fixed at compile time, and a test reads them all.
pub fn events() -> Vec<(&'static str, Value)> {
    let whole: Schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<GoalEvent>();
    let whole = whole.to_value();
    let variants = whole["oneOf"].as_array().cloned().unwrap_or_default();
    GoalEvent::NAMES.iter().copied().zip(variants.iter().map(|variant| document(variant, &whole["$defs"]))).collect()
}

fn document(variant: &Value, definitions: &Value) -> Value {
    let mut schema = variant.clone();
    let name = variant["properties"]["type"]["const"].as_str().unwrap_or_default();
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!(name);
    let used = used_definitions(variant, definitions);
    if !used.is_empty() {
        schema["$defs"] = Value::Object(used);
    }
    schema
}

/// The definitions that a schema names, so that each file stands alone and says nothing it does not need.
fn used_definitions(variant: &Value, definitions: &Value) -> serde_json::Map<String, Value> {
    let text = variant.to_string();
    let all = definitions.as_object().cloned().unwrap_or_default();
    all.into_iter().filter(|(name, _)| text.contains(&format!("#/$defs/{name}\""))).collect()
}
