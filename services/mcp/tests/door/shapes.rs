//! Every answer that any test here gets has the shape that its tool promises: closed and complete for us, open for clients.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow};
use goal_agent::reply;
use jsonschema::Validator;
use rmcp::model::{CallToolResult, Tool};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::world::{modern, over_stdio, starting_door};

struct Shape {
    /// What clients see, and hold every result against, refusals too.
    published: Validator,
    /// What an answer is, without a field too many or too few.
    strict: Validator,
}

static SHAPES: OnceCell<BTreeMap<String, Shape>> = OnceCell::const_new();

/// Fails when a result is not of the shape of its tool's answers.
pub(crate) async fn check(tool: &str, result: &CallToolResult) -> Result<()> {
    let shape = SHAPES.get_or_try_init(shapes).await?.get(tool).with_context(|| format!("{tool} has a shape"))?;
    let structure = result.structured_content.as_ref().context("an answer has structure")?;
    holds(&shape.published, structure).with_context(|| format!("{tool} as published"))?;
    match result.is_error {
        Some(true) => Ok(()),
        _ => holds(&shape.strict, structure).with_context(|| format!("{tool}, to the letter")),
    }
}

pub(crate) fn holds(shape: &Validator, structure: &Value) -> Result<()> {
    shape.validate(structure).map_err(|error| anyhow!("{error} in {structure}"))
}

async fn shapes() -> Result<BTreeMap<String, Shape>> {
    let (_starting, door) = starting_door();
    let tools = over_stdio(&door, modern()).await?.list_tools(None).await?.tools;
    tools.into_iter().map(shape).collect()
}

fn shape(tool: Tool) -> Result<(String, Shape)> {
    let published = Value::Object((*tool.output_schema.context("every tool has one")?).clone());
    let shape = Shape {
        published: jsonschema::validator_for(&published)?,
        strict: jsonschema::validator_for(&strict(&tool.name)?)?,
    };
    Ok((tool.name.into_owned(), shape))
}

fn strict(tool: &str) -> Result<Value> {
    match tool {
        "add_tasks" | "create_goal" => Ok(closed::<reply::Planned>()),
        "claim" => Ok(closed::<reply::Claimed>()),
        "comment" => Ok(closed::<reply::Commented>()),
        "complete" => Ok(closed::<reply::Completed>()),
        "find" => Ok(closed::<reply::Found>()),
        "get" => Ok(closed::<reply::Objects>()),
        "history" => Ok(closed::<reply::Happenings>()),
        "plan" => Ok(closed::<reply::Outlook>()),
        "undo" => Ok(closed::<reply::Undone>()),
        "update" => Ok(closed::<reply::Updated>()),
        other => Err(anyhow!("say here what {other} answers")),
    }
}

fn closed<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    close(&mut schema);
    // The door's own word about an answer that is long.
    schema["properties"]["hint"] = json!({ "type": "string" });
    schema
}

/// Objects with fields of their own have no others.
pub(crate) fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.get("properties").is_some_and(Value::is_object) {
                object.insert("additionalProperties".to_owned(), false.into());
            }
            object.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
