//! Arguments that cannot be meant: each is told what to write instead, and nothing is stored.

use anyhow::Result;
use serde_json::{Value, json};

use crate::world::{World, answer, call, modern, over_stdio, refusal};

#[tokio::test]
async fn mistakes_are_named_with_what_would_be_right() -> Result<()> {
    let world = World::start().await?;
    let client = over_stdio(&world.door(), modern()).await?;
    let cases = [
        ("create_goal", json!({ "titel": "x" }), "titel", "did you mean title?"),
        (
            "create_goal",
            json!({ "title": "x", "tasks": [{ "title": "y", "afterr": [] }] }),
            "tasks[0].afterr",
            "did you mean after?",
        ),
        ("create_goal", json!({ "title": "x", "tasks": [{ "key": "k" }] }), "tasks[0].title", "1 to 200 characters"),
        ("create_goal", json!({ "title": 5 }), "title", "1 to 200 characters"),
        ("create_goal", json!({ "title": "x", "tags": "[\"a\"]" }), "tags", "not a string that holds it"),
        ("create_goal", json!({ "title": "x", "priority": "urgent" }), "priority", "critical"),
        ("create_goal", json!({ "title": "x", "due": "soon" }), "due", "2026-11-30"),
        (
            "create_goal",
            json!({ "title": "x", "tasks": [{ "title": "y", "subtasks": [{ "title": "z", "estimate": true }] }] }),
            "tasks[0].subtasks[0].estimate",
            "1h30m",
        ),
        (
            "update",
            json!({ "ids": ["TASK-0001"], "set": { "statsu": "blocked" } }),
            "set.statsu",
            "did you mean status?",
        ),
        ("get", json!({}), "ids", "up to 100"),
        ("find", json!({ "zzz": 1 }), "zzz", "fields here are"),
    ];
    for (tool, arguments, field, hint) in cases {
        let refused = refusal(call(&client, tool, arguments.clone()).await?);
        assert_eq!(refused["code"], "VALIDATION", "{arguments}: {refused}");
        assert_eq!(refused["field"], field, "{arguments}: {refused}");
        assert!(refused["message"].as_str().unwrap().starts_with(field), "{arguments}: {refused}");
        let hinted = refused["hint"].as_str().unwrap_or_default();
        assert!(hinted.contains(hint), "{arguments}: {refused}");
    }
    let found = answer(call(&client, "find", json!({ "view": "all" })).await?);
    assert_eq!(found["rows"], json!([]), "nothing was stored");
    Ok(())
}

#[tokio::test]
async fn several_mistakes_are_told_at_once() -> Result<()> {
    let world = World::start().await?;
    let client = over_stdio(&world.door(), modern()).await?;
    let refused = refusal(call(&client, "create_goal", json!({ "name": "x", "tasks": [{ "text": "y" }] })).await?);
    let also: Vec<&Value> = refused["also"].as_array().unwrap().iter().map(|one| &one["field"]).collect();
    assert_eq!(refused["field"], "name");
    assert_eq!(also, ["tasks[0].text", "tasks[0].title", "title"]);
    Ok(())
}
