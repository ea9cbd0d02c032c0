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
        ("undo", json!({ "events": ["one"] }), "events[0]", ""),
        ("undo", json!({ "command": true }), "command", "request_id"),
        ("undo", json!({ "since": "yesterday", "actor": "x" }), "since", "2026-11-30"),
        ("undo", json!({ "dryrun": true, "events": [1] }), "dryrun", "did you mean dry_run?"),
        ("undo", json!({}), "events", ""),
        ("find", json!({ "zzz": 1 }), "zzz", "fields here are"),
        ("update", json!({ "ids": ["TASK-0001"], "set": { "tags": [] } }), "set.tags", "add.tags or remove.tags"),
        (
            "add_tasks",
            json!({ "parent": "GOAL-0001", "tasks": [{ "title": "y", "subtasks": [{ "title": "z", "status": "x" }] }] }),
            "tasks[0].subtasks[0].status",
            "update sets another status",
        ),
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
async fn names_that_other_tools_taught_lead_to_ours() -> Result<()> {
    let world = World::start().await?;
    let client = over_stdio(&world.door(), modern()).await?;
    for (name, meant) in [
        ("depends_on", "after"),
        ("dependencies", "after"),
        ("children", "subtasks"),
        ("name", "title"),
        ("subject", "title"),
    ] {
        let mut task = json!({ name: "x" });
        if meant != "title" {
            task["title"] = "y".into();
        }
        let refused = refusal(call(&client, "create_goal", json!({ "title": "x", "tasks": [task] })).await?);
        assert_eq!(refused["hint"], format!("did you mean {meant}?"), "{refused}");
    }
    Ok(())
}

#[tokio::test]
async fn a_value_of_the_wrong_kind_is_told_what_is_wanted_in_plain_words() -> Result<()> {
    let world = World::start().await?;
    let client = over_stdio(&world.door(), modern()).await?;
    let due = "a date like 2026-03-31 or a time like 2026-03-31T12:00:00Z";
    let set = |set: Value| json!({ "ids": ["TASK-0001"], "set": set });
    let cases = [
        ("create_goal", json!({ "title": "x", "tasks": ["y"] }), "tasks[0]: must be an object, not `y`"),
        ("create_goal", json!({ "title": "x", "tags": "a" }), "tags: must be a list, not `a`"),
        ("create_goal", json!({ "title": null }), "title: must be text, not null"),
        (
            "create_goal",
            json!({ "title": "x", "priority": "urgent" }),
            "one of low, medium, high, critical, not `urgent`",
        ),
        ("create_goal", json!({ "title": "x", "due": "2026-02-30" }), &format!("due: must be {due}, not `2026-02-30`")),
        ("create_goal", json!({ "title": "x", "due": 5 }), &format!("due: must be {due}, not 5")),
        ("find", json!({ "limit": "many" }), "limit: must be a whole number, not negative, not `many`"),
        ("find", json!({ "limit": -1 }), "limit: must be a whole number"),
        ("find", json!({ "limit": 5_000_000_000_u64 }), "limit: is too large"),
        ("find", json!({ "as_of": "yesterday" }), "as_of: must be a log position like 4711 or a time like"),
        ("get", json!({ "ids": ["GOAL-0001"], "as_of": -1 }), "as_of: must be a log position"),
        ("find", json!({ "as_of": "2999-01-01" }), "as_of: is in the future"),
        ("get", json!({ "ids": "GOAL-0001" }), "ids: must be a list, not `GOAL-0001`"),
        ("get", json!({ "ids": [null] }), "ids[0]: must be text, not null"),
        ("claim", json!({ "match": "x" }), "match: must be an object"),
        ("claim", json!({ "id": "TASK-0001", "release": "yes" }), "release: must be true or false, not `yes`"),
        ("update", set(json!({ "title": null })), "set.title: cannot be cleared; give text"),
        ("update", set(json!({ "status": null })), "set.status: cannot be cleared; give one of pending"),
        ("update", set(json!({ "metadata": null })), "set.metadata: cannot be cleared; give an object"),
        ("update", set(json!({ "due": "soon" })), &format!("set.due: must be {due}")),
    ];
    for (tool, arguments, words) in cases {
        let refused = refusal(call(&client, tool, arguments.clone()).await?);
        assert_eq!(refused["code"], "VALIDATION", "{arguments}: {refused}");
        let message = refused["message"].as_str().unwrap_or_default();
        assert!(message.contains(words), "{arguments}: {refused}");
    }
    Ok(())
}

#[tokio::test]
async fn null_is_the_same_as_not_given_but_clears_what_is_set() -> Result<()> {
    let world = World::start().await?;
    let client = over_stdio(&world.door(), modern()).await?;
    let nothing = json!({
        "title": "x", "description": null, "priority": null, "tags": null, "due": null, "metadata": { "kept": null },
        "request_id": null,
        "tasks": [{ "title": "y", "key": null, "priority": null, "tags": null, "after": null, "accept": null,
            "estimate": "2h", "subtasks": null }],
    });
    let made = answer(call(&client, "create_goal", nothing).await?);
    let bare = json!({ "title": "x", "tasks": null, "metadata": null });
    answer(call(&client, "create_goal", bare).await?);
    let id = &made["ready"][0];
    for (tool, arguments) in [
        ("find", json!({ "q": null, "view": null, "kind": null, "tags": null, "status": null, "limit": null })),
        ("get", json!({ "ids": [id, made["goal"]], "include": null, "as_of": null })),
        (
            "update",
            json!({ "ids": [id], "set": { "estimate": null, "due": null }, "add": null, "remove": { "tags": null } }),
        ),
        ("claim", json!({ "id": id, "match": null, "release": null, "ttl": null, "fence": null })),
        ("complete", json!({ "id": id, "outcome": null, "evidence": null, "met": null, "fence": 1 })),
    ] {
        answer(call(&client, tool, arguments).await?);
    }
    let got = answer(call(&client, "get", json!({ "ids": [id, made["goal"]] })).await?);
    assert_eq!(got["tasks"][0].get("estimate_minutes"), None, "{got}");
    assert_eq!(got["goals"][0]["metadata"], json!({ "kept": null }), "a null that is kept is a value");
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
