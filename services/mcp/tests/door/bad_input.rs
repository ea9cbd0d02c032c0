//! Whatever is wrong with a call, the answer says what, where, and what would be right; and nothing of it is stored.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::world::{Client, World, answer, call, modern, over_stdio, refusal};

/// A call, the code it is refused with, and the field that is named; nothing where the rule is about no field.
struct Bad {
    tool: String,
    arguments: Value,
    code: &'static str,
    field: String,
}

fn bad(tool: &str, arguments: Value, code: &'static str, field: &str) -> Bad {
    Bad { tool: tool.to_owned(), arguments, code, field: field.to_owned() }
}

/// Of each argument of each tool a value of another kind; of each tool an argument that there is not, and none at all.
async fn of_the_wrong_kind(client: &Client) -> Result<Vec<Bad>> {
    let mut cases = Vec::new();
    for tool in client.list_tools(None).await?.tools {
        let schema = Value::Object((*tool.input_schema).clone());
        let properties = schema["properties"].as_object().context("arguments have names")?;
        for (name, property) in properties {
            cases.push(bad(&tool.name, json!({ name: other_kind(&schema, property) }), "VALIDATION", name));
        }
        cases.push(bad(&tool.name, json!({ "zzz": 1 }), "VALIDATION", "zzz"));
        if let Some(name) = schema["required"][0].as_str() {
            cases.push(bad(&tool.name, json!({}), "VALIDATION", name));
        }
    }
    Ok(cases)
}

fn other_kind(schema: &Value, property: &Value) -> Value {
    let shape = property["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/"));
    let property = shape.map_or(property, |name| &schema["$defs"][name]);
    match (property.get("enum"), property["type"].as_str()) {
        (Some(_), _) => json!("no such word"),
        (_, Some("string")) => json!({ "an": "object" }),
        (_, Some("integer" | "number")) => json!("many"),
        (_, Some("boolean")) => json!("perhaps"),
        (_, Some("array")) => json!(7.5),
        _ => json!("no object"),
    }
}

/// What is of the right kind and wrong all the same.
fn of_the_right_kind(made: &BTreeMap<&str, String>) -> Vec<Bad> {
    let (goal, a, b) = (&made["goal"], &made["a"], &made["b"]);
    let (long, nul) = ("x".repeat(201), "a\0b");
    let create = |fields: Value, field: &str| {
        let mut arguments = json!({ "title": "x" });
        arguments
            .as_object_mut()
            .into_iter()
            .for_each(|all| all.extend(fields.as_object().cloned().unwrap_or_default()));
        bad("create_goal", arguments, "VALIDATION", field)
    };
    let task = |fields: Value, field: &str| {
        let mut task = Map::from_iter([("title".to_owned(), json!("y"))]);
        task.extend(fields.as_object().cloned().unwrap_or_default());
        bad("add_tasks", json!({ "parent": goal, "tasks": [task] }), "VALIDATION", &format!("tasks[0].{field}"))
    };
    let set = |fields: Value, field: &str| bad("update", json!({ "ids": [a], "set": fields }), "VALIDATION", field);
    let mut cases = vec![
        create(json!({ "title": "" }), "title"),
        create(json!({ "title": "  " }), "title"),
        create(json!({ "title": long }), "title"),
        create(json!({ "title": "a\nb" }), "title"),
        create(json!({ "title": nul }), "title"),
        create(json!({ "description": nul }), "description"),
        create(json!({ "tags": [""] }), "tags"),
        create(json!({ "tags": ["ok", nul] }), "tags"),
        create(json!({ "tags": ["x".repeat(500)] }), "tags"),
        create(json!({ "due": "soon" }), "due"),
        create(json!({ "due": "2026-02-30" }), "due"),
        create(json!({ "due": 20_261_130 }), "due"),
        create(json!({ "due": "+12026-01-01" }), "due"),
        create(json!({ "due": "-0044-03-15" }), "due"),
        create(json!({ "request_id": "" }), "request_id"),
        create(json!({ "request_id": "x".repeat(1_000) }), "request_id"),
        create(json!({ "request_id": nul }), "request_id"),
        create(json!({ "tasks": [{}] }), "tasks[0].title"),
        create(json!({ "tasks": [7] }), "tasks[0]"),
        create(json!({ "tasks": "[]" }), "tasks"),
        create(json!({ "tasks": [{ "title": "y", "subtasks": [{ "title": "" }] }] }), "tasks[0].subtasks[0].title"),
        create(json!({ "tasks": [{ "title": "y", "depends_on": [] }] }), "tasks[0].depends_on"),
        create(json!({ "tasks": [{ "title": "y", "status": "pending" }] }), "tasks[0].status"),
        create(json!({ "tasks": [{ "title": "y", "key": "k" }, { "title": "z", "key": "k" }] }), "tasks[1].key"),
        create(json!({ "tasks": [{ "title": "y", "after": ["nowhere"] }] }), "tasks[0].after[0]"),
        create(json!({ "tasks": [{ "title": "y", "after": [a] }] }), "tasks[0].after[0]"),
        task(json!({ "title": long }), "title"),
        task(json!({ "title": nul }), "title"),
        task(json!({ "description": nul }), "description"),
        task(json!({ "tags": [" "] }), "tags"),
        task(json!({ "priority": "urgent" }), "priority"),
        task(json!({ "estimate": "long" }), "estimate"),
        task(json!({ "estimate": "-5m" }), "estimate"),
        task(json!({ "estimate": -5 }), "estimate"),
        task(json!({ "estimate": 99_999_999 }), "estimate"),
        task(json!({ "accept": [""] }), "accept"),
        task(json!({ "accept": [nul] }), "accept"),
        task(json!({ "after": ["TASK-999999"] }), "after[0]"),
        task(json!({ "after": ["banana"] }), "after[0]"),
        task(json!({ "due": "never" }), "due"),
        task(json!({ "key": "" }), "key"),
        task(json!({ "labels": [] }), "labels"),
        bad("add_tasks", json!({ "parent": goal, "tasks": [] }), "VALIDATION", "tasks"),
        bad("add_tasks", json!({ "parent": "GOAL-1", "tasks": [{ "title": "y" }] }), "VALIDATION", "parent"),
        bad("add_tasks", json!({ "parent": "GOAL-9999", "tasks": [{ "title": "y" }] }), "NOT_FOUND", ""),
        bad("add_tasks", json!({ "parent": "TASK-9999", "tasks": [{ "title": "y" }] }), "NOT_FOUND", ""),
        set(json!({ "title": "" }), "set.title"),
        set(json!({ "title": null }), "set.title"),
        set(json!({ "title": long }), "set.title"),
        set(json!({ "description": nul }), "set.description"),
        set(json!({ "status": "done" }), "set.status"),
        set(json!({ "priority": null }), "set.priority"),
        set(json!({ "due": "soon" }), "set.due"),
        set(json!({ "due": "+12026-01-01" }), "set.due"),
        bad(
            "update",
            json!({ "ids": [a], "set": { "description": "x".repeat(70_000) } }),
            "TOO_BIG",
            "set.description",
        ),
        bad("update", json!({ "ids": [a], "add": { "links": [{ "rel": "", "to": "x" }] } }), "VALIDATION", "add.links"),
        bad(
            "update",
            json!({ "ids": [a], "add": { "links": [{ "rel": "r", "to": "é".repeat(2_000) }] } }),
            "TOO_BIG",
            "add.links",
        ),
        set(json!({ "estimate": "soon" }), "set.estimate"),
        set(json!({ "assignee": "x".repeat(300) }), "set.assignee"),
        set(json!({ "parent": "nowhere" }), "set.parent"),
        set(json!({ "tags": ["x"] }), "set.tags"),
        set(json!({ "after": [b] }), "set.after"),
        set(json!({ "metadata": "x" }), "set.metadata"),
        set(json!({ "zzz": 1 }), "set.zzz"),
        bad("update", json!({ "ids": [a] }), "VALIDATION", "set"),
        bad("update", json!({ "ids": [], "set": { "priority": "low" } }), "VALIDATION", "ids"),
        bad("update", json!({ "ids": ["banana"], "set": { "priority": "low" } }), "VALIDATION", "ids[0]"),
        bad("update", json!({ "ids": ["TASK-9999"], "set": { "priority": "low" } }), "NOT_FOUND", ""),
        bad("update", json!({ "ids": [goal], "set": { "estimate": 5 } }), "VALIDATION", "set.estimate"),
        bad("update", json!({ "ids": [goal], "set": { "parent": goal } }), "VALIDATION", "set.parent"),
        bad("update", json!({ "ids": [a], "set": { "priority": "low" }, "why": nul }), "VALIDATION", "why"),
        bad(
            "update",
            json!({ "ids": [a], "set": { "priority": "low" }, "why": "w".repeat(70_000) }),
            "VALIDATION",
            "why",
        ),
        bad("update", json!({ "ids": [a], "set": { "priority": "low" }, "expect_version": 99 }), "CONFLICT", ""),
        bad("update", json!({ "ids": [a], "set": { "priority": "low" }, "fence": 9 }), "FENCED", ""),
        bad("update", json!({ "ids": [goal], "set": { "title": "z" }, "fence": 1 }), "VALIDATION", "fence"),
        bad("update", json!({ "ids": [a], "add": { "after": [a] } }), "CYCLE", ""),
        bad("update", json!({ "ids": [a], "add": { "after": [b] } }), "CYCLE", ""),
        bad("update", json!({ "ids": [a], "add": { "tags": [""] } }), "VALIDATION", "add.tags"),
        bad("update", json!({ "ids": [a], "remove": { "accept": [99] } }), "VALIDATION", "remove.accept[0]"),
        bad("update", json!({ "ids": [b], "set": { "status": "completed" } }), "BLOCKED", ""),
        bad("claim", json!({ "id": "banana" }), "VALIDATION", "id"),
        bad("claim", json!({ "id": goal }), "VALIDATION", "id"),
        bad("claim", json!({ "id": "TASK-9999" }), "NOT_FOUND", ""),
        bad("claim", json!({ "id": b }), "BLOCKED", ""),
        bad("claim", json!({ "id": a, "ttl": 0 }), "VALIDATION", "ttl"),
        bad("claim", json!({ "id": a, "ttl": 99_999_999 }), "VALIDATION", "ttl"),
        bad("claim", json!({ "id": a, "fence": 9 }), "FENCED", ""),
        bad("claim", json!({ "id": a, "release": true, "fence": 9 }), "FENCED", ""),
        bad("claim", json!({ "match": { "goal": "GOAL-9999" } }), "NOT_FOUND", ""),
        bad("claim", json!({ "match": { "goal": "banana" } }), "VALIDATION", "match.goal"),
        bad("claim", json!({ "match": { "min_priority": "huge" } }), "VALIDATION", "match.min_priority"),
        bad("claim", json!({ "match": { "zzz": 1 } }), "VALIDATION", "match.zzz"),
        bad("claim", json!({ "match": { "tags": ["no-such-tag"] } }), "NOT_FOUND", ""),
        bad("claim", json!({ "id": a, "handoff": nul }), "VALIDATION", "handoff"),
        bad("complete", json!({ "id": b, "result": "done" }), "BLOCKED", ""),
        bad("complete", json!({ "id": a, "outcome": "perhaps" }), "VALIDATION", "outcome"),
        bad("complete", json!({ "id": a, "fence": 9 }), "FENCED", ""),
        bad("complete", json!({ "id": a, "met": [99] }), "NOT_FOUND", ""),
        bad("complete", json!({ "id": a, "result": nul }), "VALIDATION", "result"),
        bad("complete", json!({ "id": goal, "evidence": ["x"] }), "VALIDATION", "evidence"),
        bad("complete", json!({ "id": "banana" }), "VALIDATION", "id"),
        bad("complete", json!({ "id": "TASK-9999" }), "NOT_FOUND", ""),
        bad("complete", json!({ "id": a }), "CRITERIA_OPEN", ""),
        bad("comment", json!({ "id": a, "body": "" }), "VALIDATION", "body"),
        bad("comment", json!({ "id": a, "body": nul }), "VALIDATION", "body"),
        bad("comment", json!({ "id": a, "body": "x", "kind": "shout" }), "VALIDATION", "kind"),
        bad("comment", json!({ "id": "TASK-9999", "body": "x" }), "NOT_FOUND", ""),
        bad("comment", json!({ "id": "banana", "body": "x" }), "VALIDATION", "id"),
        bad("find", json!({ "limit": 0 }), "VALIDATION", "limit"),
        bad("find", json!({ "limit": 201 }), "VALIDATION", "limit"),
        bad("find", json!({ "cursor": "nonsense" }), "VALIDATION", "cursor"),
        bad("find", json!({ "view": "mine_all" }), "VALIDATION", "view"),
        bad("find", json!({ "as_of": "yesterday" }), "VALIDATION", "as_of"),
        bad("find", json!({ "as_of": "2999-01-01" }), "VALIDATION", "as_of"),
        bad("find", json!({ "goal": "banana" }), "VALIDATION", "goal"),
        bad("find", json!({ "q": "status:perhaps" }), "VALIDATION", "q"),
        bad("find", json!({ "q": "goal:banana" }), "VALIDATION", "q"),
        bad("find", json!({ "q": "x".repeat(2_000) }), "VALIDATION", "q"),
        bad("find", json!({ "q": nul }), "VALIDATION", "q"),
        bad("find", json!({ "tags": [nul] }), "VALIDATION", "tags"),
        bad("get", json!({ "ids": [] }), "VALIDATION", "ids"),
        bad("get", json!({ "ids": ["banana"] }), "VALIDATION", "ids[0]"),
        bad("get", json!({ "ids": [goal, "x"] }), "VALIDATION", "ids[1]"),
        bad("get", json!({ "ids": ["GOAL-9999"] }), "NOT_FOUND", ""),
        bad("get", json!({ "ids": vec!["GOAL-0001"; 101] }), "VALIDATION", "ids"),
        bad("get", json!({ "ids": [goal], "include": ["everything"] }), "VALIDATION", "include[0]"),
        bad("get", json!({ "ids": [goal], "cursor": "9" }), "VALIDATION", "cursor"),
        bad("history", json!({ "types": ["task_done"] }), "VALIDATION", "types"),
        bad("history", json!({ "since": 999_999 }), "VALIDATION", "since"),
        bad("history", json!({ "since": "soon" }), "VALIDATION", "since"),
        bad("history", json!({ "cause": 999_999 }), "VALIDATION", "cause"),
        bad("history", json!({ "limit": 0 }), "VALIDATION", "limit"),
        bad("history", json!({ "cursor": "x" }), "VALIDATION", "cursor"),
        bad("history", json!({ "id": "banana" }), "VALIDATION", "id"),
        bad("history", json!({ "id": "GOAL-9999" }), "NOT_FOUND", ""),
        bad("plan", json!({ "goal": "banana" }), "VALIDATION", "goal"),
        bad("plan", json!({ "goal": "GOAL-9999" }), "NOT_FOUND", ""),
        bad("plan", json!({ "goal": goal, "workers": 0 }), "VALIDATION", "workers"),
        bad("undo", json!({}), "VALIDATION", "events"),
        bad("undo", json!({ "events": [999_999] }), "VALIDATION", "events[0]"),
        bad("undo", json!({ "events": [1], "command": "x" }), "VALIDATION", "events"),
        bad("undo", json!({ "command": "never-used" }), "VALIDATION", "command"),
        bad("undo", json!({ "actor": "nobody", "since": 0 }), "VALIDATION", "actor"),
        bad("undo", json!({ "actor": "ann" }), "VALIDATION", "since"),
        bad("undo", json!({ "since": 1 }), "VALIDATION", "actor"),
    ];
    cases.extend([goal, a].map(|id| bad("create_goal", json!({ "title": "x", "id": id }), "VALIDATION", "id")));
    cases
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_with_what_would_be_right_and_stores_nothing() -> Result<()> {
    let world = World::start().await?;
    let client = over_stdio(&world.door(), modern()).await?;
    let plan = json!({ "title": "g", "tasks": [
        { "title": "a", "key": "a", "accept": ["it holds"] }, { "title": "b", "key": "b", "after": ["a"] }] });
    let made = answer(call(&client, "create_goal", plan).await?);
    let id = |value: &Value| value.as_str().unwrap().to_owned();
    let ids = BTreeMap::from([("goal", id(&made["goal"])), ("a", id(&made["ids"]["a"])), ("b", id(&made["ids"]["b"]))]);
    let mut cases = of_the_wrong_kind(&client).await?;
    cases.extend(of_the_right_kind(&ids));
    assert!(cases.len() >= 150, "{} cases", cases.len());
    let mut wrong = Vec::new();
    for Bad { tool, arguments, code, field } in &cases {
        let refused = refused(&client, tool, arguments.clone()).await?;
        let text = |name: &str| refused[name].as_str().unwrap_or_default().to_owned();
        let named = field.is_empty() || text("field") == *field;
        if text("code") != *code || !named || text("message").is_empty() || text("hint").is_empty() {
            let short: String = arguments.to_string().chars().take(160).collect();
            wrong.push(format!("{tool} {short}\n    is to be {code} {field}: {refused}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert_eq!(world.agent.head(), made["position"].as_u64().unwrap(), "nothing was stored");
    Ok(())
}

/// An update of several things answers with a conflict for each that was refused.
async fn refused(client: &Client, tool: &str, arguments: Value) -> Result<Value> {
    let tool: &'static str = Box::leak(tool.to_owned().into_boxed_str());
    let result = call(client, tool, arguments.clone()).await?;
    if result.is_error == Some(true) {
        return Ok(refusal(result));
    }
    let answer = answer(result);
    let conflict = answer["conflicts"][0].clone();
    Ok(if conflict.is_null() { json!({ "message": format!("it was done: {answer}") }) } else { conflict })
}
