//! The list of tools: what is in it, in which order, and what it costs.

use anyhow::Result;
use rmcp::model::{CacheScope, Tool};
use serde_json::{Value, json};

use crate::world::{legacy, modern, over_stdio, starting_door};

/// Tokens that the list may take in every context: names, descriptions and input schemas, which is what models are shown.
const TOKENS_MAX: usize = 2_100;

async fn listed() -> Result<Vec<Tool>> {
    let (_starting, door) = starting_door();
    let client = over_stdio(&door, modern()).await?;
    let list = client.list_tools(None).await?;
    assert_eq!(list.cache_scope, Some(CacheScope::Public));
    assert!(list.ttl_ms.is_some_and(|lifetime| lifetime >= 60_000));
    Ok(list.tools)
}

#[tokio::test]
async fn the_tools_are_these_in_the_order_of_their_names() -> Result<()> {
    let names: Vec<String> = listed().await?.into_iter().map(|tool| tool.name.into_owned()).collect();
    assert_eq!(
        names,
        [
            "add_tasks",
            "claim",
            "comment",
            "complete",
            "create_goal",
            "find",
            "get",
            "history",
            "plan",
            "undo",
            "update"
        ]
    );
    Ok(())
}

#[tokio::test]
async fn each_tool_says_whether_it_reads_destroys_and_may_be_repeated() -> Result<()> {
    let hints: Vec<Value> = listed()
        .await?
        .into_iter()
        .map(|tool| {
            let hints = tool.annotations.unwrap();
            json!([
                tool.name,
                hints.read_only_hint,
                hints.destructive_hint,
                hints.idempotent_hint,
                hints.open_world_hint
            ])
        })
        .collect();
    assert_eq!(
        json!(hints),
        json!([
            ["add_tasks", false, false, false, false],
            ["claim", false, false, false, false],
            ["comment", false, false, false, false],
            ["complete", false, false, true, false],
            ["create_goal", false, false, false, false],
            ["find", true, false, true, false],
            ["get", true, false, true, false],
            ["history", true, false, true, false],
            ["plan", true, false, true, false],
            ["undo", false, true, true, false],
            ["update", false, true, true, false],
        ])
    );
    Ok(())
}

#[tokio::test]
async fn the_list_is_small() -> Result<()> {
    let counter = tiktoken_rs::o200k_base()?;
    let mut tokens = 0;
    for tool in listed().await? {
        let shown =
            json!({ "name": tool.name, "description": tool.description, "inputSchema": tool.input_schema }).to_string();
        let count = counter.encode_ordinary(&shown).len();
        println!("{:12} {count:4} tokens, {:5} characters", tool.name, shown.len());
        tokens += count;
    }
    println!("tools/list: {tokens} tokens of {TOKENS_MAX}");
    assert!(tokens <= TOKENS_MAX, "{tokens} tokens");
    Ok(())
}

#[tokio::test]
async fn schemas_keep_to_what_every_client_reads() -> Result<()> {
    listed().await?.iter().for_each(check_arguments);
    Ok(())
}

/// Of any tool of ours.
pub(crate) fn check_arguments(tool: &Tool) {
    let schema = Value::Object((*tool.input_schema).clone());
    assert_eq!(schema["type"], "object", "{}", tool.name);
    check(&schema, &format!("{}: ", tool.name));
    check_closed(&schema, &format!("{}: ", tool.name));
}

/// Clients hold refusals against it too, and keep from the model what does not fit.
#[tokio::test]
async fn schemas_of_answers_demand_nothing_and_forbid_nothing() -> Result<()> {
    listed().await?.iter().for_each(check_answers);
    Ok(())
}

/// Of any tool of ours.
pub(crate) fn check_answers(tool: &Tool) {
    let schema = Value::Object((**tool.output_schema.as_ref().expect("every tool has one")).clone());
    assert_eq!(schema["type"], "object", "{}", tool.name);
    check(&schema, &format!("{} answers: ", tool.name));
    let text = schema.to_string();
    for word in [r#""required":["#, r#""additionalProperties":false"#, ":true", "[true"] {
        assert!(!text.contains(word), "{} has {word} in {text}", tool.name);
    }
    for field in ["position", "code", "message", "hint"] {
        assert!(schema["properties"][field]["type"].is_string(), "{} lacks {field}", tool.name);
    }
}

fn check_closed(schema: &Value, path: &str) {
    match schema {
        Value::Object(object) => {
            if object.get("properties").is_some_and(Value::is_object) && object.get("type") == Some(&json!("object")) {
                assert_eq!(object.get("additionalProperties"), Some(&json!(false)), "{path} takes anything");
            }
            object.iter().for_each(|(name, below)| check_closed(below, &format!("{path}/{name}")));
        }
        Value::Array(items) => items.iter().for_each(|item| check_closed(item, path)),
        _ => {}
    }
}

fn check(schema: &Value, path: &str) {
    match schema {
        Value::Object(object) => {
            for keyword in ["anyOf", "oneOf", "allOf", "const", "$schema", "format"] {
                // A field may have any name, also that of a keyword.
                assert!(path.ends_with("properties") || !object.contains_key(keyword), "{path} has {keyword}");
            }
            assert!(
                object.get("type").is_none_or(|kind| kind.is_string() || kind.is_object()),
                "{path} has several types"
            );
            if let Some(reference) = object.get("$ref") {
                assert!(reference.as_str().is_some_and(|to| to.starts_with("#/$defs/")), "{path} leads elsewhere");
            }
            for (name, below) in object {
                check(below, &format!("{path}/{name}"));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| {
            assert!(!item.is_null() && item != "null", "{path} allows null");
            check(item, path);
        }),
        _ => {}
    }
}

#[tokio::test]
async fn both_eras_learn_what_the_server_is() -> Result<()> {
    let (_starting, door) = starting_door();
    for era in [modern(), legacy()] {
        let client = over_stdio(&door, era).await?;
        let server = client.peer_info().unwrap();
        assert_eq!(server.server_info.as_ref().unwrap().name, "goalstream");
        assert!(server.instructions.as_ref().is_some_and(|words| words.contains("create_goal") && words.len() < 600));
        assert!(server.capabilities.tools.is_some());
        assert!(server.capabilities.prompts.is_some() && server.capabilities.resources.is_some());
        assert!(server.capabilities.completions.is_some());
        assert_eq!(client.list_tools(None).await?.tools.len(), 11);
    }
    Ok(())
}

#[test]
fn the_manual_is_up_to_date() {
    let written = include_str!("../../../../docs/TOOLS.md");
    assert!(
        written == mcp::manual::tools(),
        "docs/TOOLS.md is out of date; write it with `cargo run -p mcp --example tools > docs/TOOLS.md`"
    );
}
