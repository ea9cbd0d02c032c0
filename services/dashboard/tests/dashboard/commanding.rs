//! Writes: what the tools do, from programs and from the page, and from nobody else's page.

use serde_json::{Value, json};

use crate::{http::Answer, world::World};

const JSON: (&str, &str) = ("content-type", "application/json");

struct Told {
    status: u16,
    body: Value,
}

async fn send(world: &World, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> anyhow::Result<Told> {
    let headers: Vec<_> = headers.iter().copied().chain([JSON]).collect();
    let answer = Answer::sent(world.address, method, path, &headers, body.to_string().as_bytes()).await?;
    Ok(Told { status: answer.status, body: answer.json().await? })
}

async fn command(world: &World, name: &str, arguments: Value) -> anyhow::Result<Told> {
    send(world, "POST", &format!("/api/v1/commands/{name}"), &[], &arguments).await
}

async fn get(world: &World, path: &str) -> anyhow::Result<Value> {
    Answer::to(world.address, path, &[]).await?.json().await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_answers_what_the_tool_answers() -> anyhow::Result<()> {
    let world = World::start().await?;
    let goal =
        json!({ "title": "Ship", "tasks": [{ "title": "Build", "key": "b" }, { "title": "Test", "after": ["b"] }] });
    let made = command(&world, "create_goal", goal).await?;
    assert_eq!((made.status, &made.body["goal"]), (201, &json!("GOAL-0001")), "{}", made.body);
    let build = made.body["ids"]["b"].as_str().unwrap_or_default().to_owned();

    let added = command(&world, "add_tasks", json!({ "parent": "GOAL-0001", "tasks": [{ "title": "Tell" }] })).await?;
    assert_eq!((added.status, &added.body["added"]), (201, &json!(1)));
    let claimed = command(&world, "claim", json!({ "id": build })).await?;
    assert_eq!((claimed.status, claimed.body["fence"].is_u64()), (200, true), "{}", claimed.body);
    let fence = &claimed.body["fence"];
    let said = command(&world, "comment", json!({ "id": build, "body": "done soon" })).await?;
    assert_eq!((said.status, &said.body["comment"]), (200, &json!(1)));
    let done = command(&world, "complete", json!({ "id": build, "fence": fence, "result": "built" })).await?;
    assert_eq!((done.status, done.body["unblocked"].as_array().map(Vec::len)), (200, Some(1)), "{}", done.body);
    let changed = command(&world, "update", json!({ "ids": ["GOAL-0001"], "set": { "priority": "high" } })).await?;
    assert_eq!((changed.status, &changed.body["changed"][0]["id"]), (200, &json!("GOAL-0001")));
    let position = changed.body["position"].as_u64().unwrap_or_default();
    let shown = command(&world, "undo", json!({ "events": [position], "dry_run": true })).await?;
    assert_eq!((shown.status, &shown.body["dry_run"]), (200, &json!(true)));
    let undone = command(&world, "undo", json!({ "events": [position] })).await?;
    assert_eq!(undone.body["compensations"][0]["type"], "goal_reprioritised", "{}", undone.body);

    let audit = get(&world, "/api/v1/audit?since=0&types=goal_created").await?;
    assert_eq!(
        (&audit["events"][0]["actor"], &audit["events"][0]["actor_kind"]),
        (&json!("dashboard"), &json!("human"))
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_says_what_a_command_is_about() -> anyhow::Result<()> {
    let world = World::start().await?;
    let made =
        send(&world, "POST", "/api/v1/goals", &[("x-goalstream-actor", "Ann")], &json!({ "title": "Ship" })).await?;
    assert_eq!((made.status, &made.body["goal"]), (201, &json!("GOAL-0001")));
    let added =
        send(&world, "POST", "/api/v1/goals/GOAL-0001/tasks", &[], &json!({ "tasks": [{ "title": "Build" }] })).await?;
    assert_eq!((added.status, &added.body["ready"]), (201, &json!(["TASK-0001"])), "{}", added.body);
    let part = json!({ "tasks": [{ "title": "Compile" }] });
    assert_eq!(send(&world, "POST", "/api/v1/tasks/TASK-0001/tasks", &[], &part).await?.status, 201);
    let renamed =
        send(&world, "PATCH", "/api/v1/goals/GOAL-0001", &[], &json!({ "set": { "title": "Ship it" } })).await?;
    assert_eq!((renamed.status, &renamed.body["changed"][0]["id"]), (200, &json!("GOAL-0001")));
    let claimed = send(&world, "POST", "/api/v1/tasks/TASK-0002/claim", &[], &json!({})).await?;
    assert_eq!((claimed.status, &claimed.body["task"]), (200, &json!("TASK-0002")), "{}", claimed.body);
    let done =
        send(&world, "POST", "/api/v1/tasks/TASK-0002/complete", &[], &json!({ "fence": claimed.body["fence"] }))
            .await?;
    assert_eq!((done.status, &done.body["status"]), (200, &json!("completed")), "{}", done.body);
    for address in ["/api/v1/tasks/TASK-0001/comments", "/api/v1/goals/GOAL-0001/comments"] {
        assert_eq!(send(&world, "POST", address, &[], &json!({ "body": "well" })).await?.status, 200);
    }
    let early = send(&world, "POST", "/api/v1/goals/GOAL-0001/complete", &[], &json!({})).await?;
    assert_eq!((early.status, &early.body["code"]), (409, &json!("BLOCKED")), "{}", early.body);

    let wrong = send(&world, "PATCH", "/api/v1/tasks/GOAL-0001", &[], &json!({ "set": { "title": "x" } })).await?;
    assert_eq!((wrong.status, &wrong.body["hint"]), (404, &json!("ids here look like TASK-0001")));
    let other = json!({ "ids": ["TASK-0002"], "set": { "title": "x" } });
    let other = send(&world, "PATCH", "/api/v1/tasks/TASK-0001", &[], &other).await?;
    assert_eq!((other.status, &other.body["field"]), (422, &json!("ids")));
    let audit = get(&world, "/api/v1/audit?since=0&types=goal_created").await?;
    assert_eq!(audit["events"][0]["actor"], "Ann");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_gets_the_first_receipt_and_another_request_none() -> anyhow::Result<()> {
    let world = World::start().await?;
    let key = [("idempotency-key", "k-1")];
    let goal = json!({ "title": "Once" });
    let first = send(&world, "POST", "/api/v1/commands/create_goal", &key, &goal).await?;
    let again = send(&world, "POST", "/api/v1/commands/create_goal", &key, &goal).await?;
    assert_eq!((again.status, &again.body["duplicate"]), (201, &json!(true)));
    assert_eq!((&again.body["goal"], &again.body["position"]), (&first.body["goal"], &first.body["position"]));
    let same = json!({ "title": "Once", "request_id": "k-1" });
    assert_eq!(send(&world, "POST", "/api/v1/commands/create_goal", &key, &same).await?.body["duplicate"], true);

    for (body, field) in [
        (json!({ "title": "Twice" }), "request_id"),
        (json!({ "title": "Once", "request_id": "k-2" }), "Idempotency-Key"),
        (json!({ "title": "Once", "request_id": 1 }), "Idempotency-Key"),
    ] {
        let refused = send(&world, "POST", "/api/v1/commands/create_goal", &key, &body).await?;
        assert_eq!((refused.status, &refused.body["field"]), (422, &json!(field)), "{}", refused.body);
    }
    assert_eq!(world.agent.head(), 1, "one goal was made");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_changes_when_another_version_was_read() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (goal, tasks, head) = world.goal("Versioned", 1).await?;
    let task = tasks[0].to_string();
    let set = json!({ "set": { "title": "Mine" } });
    let patch = async |version: &str| {
        send(&world, "PATCH", &format!("/api/v1/tasks/{task}"), &[("if-match", version)], &set).await
    };
    let refused = patch("\"99\"").await?;
    assert_eq!((refused.status, &refused.body["code"]), (412, &json!("CONFLICT")), "{}", refused.body);
    assert_eq!(world.agent.head(), head, "nothing is stored");
    let version = refused.body["current_version"].as_u64().unwrap_or_default();
    assert_eq!(patch(&format!("\"{version}\"")).await?.status, 200);
    assert_eq!(patch(&format!("W/\"{version}.0a\"")).await?.status, 412, "it has moved on");
    for wrong in ["7", "*", "\"x\""] {
        let refused = patch(wrong).await?;
        assert_eq!((refused.status, &refused.body["field"]), (422, &json!("If-Match")), "{wrong}");
    }
    let body = json!({ "id": goal, "body": "x" });
    let refused = send(&world, "POST", "/api/v1/commands/comment", &[("if-match", "\"1\"")], &body).await?;
    assert_eq!((refused.status, &refused.body["field"]), (422, &json!("If-Match")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_commands_are_carried_out_in_order_each_for_itself() -> anyhow::Result<()> {
    let world = World::start().await?;
    let goal = json!({ "name": "create_goal", "arguments": { "title": "Many" } });
    let task = |number: usize| json!({ "name": "add_tasks", "arguments": { "parent": "GOAL-0001", "tasks": [{ "title": format!("step {number}") }] } });
    let mut commands: Vec<Value> = [goal].into_iter().chain((1..98).map(task)).collect();
    commands.push(json!({ "name": "complete", "arguments": { "id": "TASK-9999" } }));
    commands.push(json!({ "name": "explode" }));
    let whole = json!({ "commands": commands });
    let key = [("idempotency-key", "whole")];
    let done = send(&world, "POST", "/api/v1/commands", &key, &whole).await?;
    let results = done.body["results"].as_array().cloned().unwrap_or_default();
    let statuses: Vec<_> = results.iter().filter_map(|result| result["status"].as_u64()).collect();
    assert_eq!((done.status, statuses.len(), &statuses[..98]), (200, 100, &[201; 98][..]));
    assert_eq!(&statuses[98..], [404, 404], "{}", done.body["results"][98]);
    assert_eq!(results[5]["body"]["ready"].as_array().map(Vec::len), Some(5), "one after the other");
    let head = world.agent.head();
    let again = send(&world, "POST", "/api/v1/commands", &key, &whole).await?;
    assert!(again.body["results"][97]["body"]["duplicate"] == true && world.agent.head() == head);

    for (body, field) in [
        (json!({}), "commands"),
        (json!({ "commands": [] }), "commands"),
        (json!({ "commands": vec![task(1); 101] }), "commands"),
        (json!({ "commands": [{ "nam": "claim" }] }), "commands[0].nam"),
        (json!({ "commands": "[]" }), "commands"),
    ] {
        let refused = send(&world, "POST", "/api/v1/commands", &[], &body).await?;
        assert_eq!((refused.status, &refused.body["field"]), (422, &json!(field)), "{}", refused.body);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_in_a_body_is_named_with_what_would_be_right() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (goal, tasks, head) = world.goal("Strict", 2).await?;
    let task = tasks[0].to_string();
    for (name, body, status, field, saying) in [
        ("create_goal", json!({}), 422, "title", "is missing"),
        ("create_goal", json!({ "title": "x", "prio": "high" }), 422, "prio", "did you mean priority?"),
        ("create_goal", json!({ "title": 7 }), 422, "title", "must be text, not 7"),
        (
            "create_goal",
            json!({ "title": "x", "tasks": [{ "title": "y", "due": "soon" }] }),
            422,
            "tasks[0].due",
            "2026-03-31",
        ),
        ("add_tasks", json!({ "parent": goal, "tasks": [] }), 422, "tasks", "tasks"),
        ("update", json!({ "ids": [task], "set": {} }), 422, "set", "say what to change"),
        ("update", json!({ "ids": [task], "set": { "status": "done" } }), 422, "set.status", "one of pending"),
        ("update", json!({ "ids": [task], "set": { "title": null } }), 422, "set.title", "cannot be cleared"),
        ("claim", json!({ "id": "TASK-1x" }), 422, "id", "TASK"),
        ("complete", json!({ "id": task, "outcome": "maybe" }), 422, "outcome", "done, failed"),
        ("comment", json!({ "id": task, "body": "" }), 422, "body", "body"),
        ("comment", json!({ "id": task, "body": "x".repeat(70_000) }), 413, "body", "body"),
        ("undo", json!({}), 422, "events", "events"),
    ] {
        let told = command(&world, name, body).await?;
        assert_eq!((told.status, &told.body["field"]), (status, &json!(field)), "{name}: {}", told.body);
        assert!(told.body.to_string().contains(saying), "{name}: {}", told.body);
    }
    let path = "/api/v1/commands/comment";
    for (body, status, saying) in [
        (&b""[..], 422, "is missing"),
        (b"[1]", 422, "must be a JSON object"),
        (b"{\"id\":", 422, "is not JSON"),
        (&vec![b' '; 1024 * 1024 + 1], 413, "longer than"),
    ] {
        let answer = Answer::sent(world.address, "POST", path, &[JSON], body).await?;
        let (found, text) = (answer.status, answer.text().await?);
        assert!(found == status && text.contains(saying), "{found} {text}");
    }
    let unknown = command(&world, "delete_everything", json!({})).await?;
    assert_eq!((unknown.status, &unknown.body["code"]), (404, &json!("NOT_FOUND")));
    let nameless =
        send(&world, "POST", path, &[("x-goalstream-actor", " ")], &json!({ "id": task, "body": "x" })).await?;
    assert_eq!((nameless.status, &nameless.body["field"]), (422, &json!("X-Goalstream-Actor")));
    assert_eq!(Answer::sent(world.address, "DELETE", "/api/v1/goals", &[JSON], b"").await?.status, 405);
    assert_eq!(world.agent.head(), head, "nothing of all this is stored");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_says_no_has_the_status_of_a_conflict() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (_, tasks, _) = world.goal("Ruled", 2).await?;
    let [one, other] = [tasks[0].to_string(), tasks[1].to_string()];
    command(&world, "update", json!({ "ids": [other], "add": { "after": [one], "accept": ["it works"] } })).await?;
    command(&world, "claim", json!({ "id": one })).await?;
    for (name, body, code) in [
        ("update", json!({ "ids": [one], "add": { "after": [other] } }), "CYCLE"),
        ("claim", json!({ "id": one }), "CLAIMED"),
        ("claim", json!({ "id": other }), "BLOCKED"),
        ("complete", json!({ "id": one, "fence": 77 }), "FENCED"),
    ] {
        let told = command(&world, name, body).await?;
        assert_eq!((told.status, &told.body["code"]), (409, &json!(code)), "{}", told.body);
        assert!(told.body["hint"].is_string(), "{}", told.body);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_are_taken_from_programs_and_from_our_own_page_alone() -> anyhow::Result<()> {
    let world = World::start().await?;
    let post = async |headers: &[(&str, &str)]| {
        let headers: Vec<_> = [("host", "localhost:4747")].into_iter().chain(headers.iter().copied()).collect();
        let body = br#"{"title":"x"}"#;
        let answer = Answer::sent(world.address, "POST", "/api/v1/goals", &headers, body).await?;
        anyhow::Ok((answer.status, answer.json().await?["code"].clone()))
    };
    for ours in [
        &[JSON][..],
        &[("content-type", "application/json; charset=utf-8")],
        &[JSON, ("origin", "http://localhost:4747"), ("sec-fetch-site", "same-origin")],
        &[JSON, ("sec-fetch-site", "none")],
    ] {
        assert_eq!(post(ours).await?.0, 201, "{ours:?}");
    }
    let head = world.agent.head();
    for others in [
        &[JSON, ("origin", "http://evil.example")][..],
        &[JSON, ("origin", "http://localhost:1111")],
        &[JSON, ("origin", "null")],
        &[JSON, ("sec-fetch-site", "cross-site")],
        &[JSON, ("sec-fetch-site", "same-site"), ("origin", "http://localhost:4747")],
        &[("content-type", "text/plain"), ("origin", "http://evil.example")],
    ] {
        assert_eq!(post(others).await?, (403, json!("CROSS_SITE")), "{others:?}");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""] {
        assert_eq!(post(&[("content-type", kind)]).await?, (415, json!("UNSUPPORTED_MEDIA_TYPE")), "{kind}");
    }
    assert_eq!(world.agent.head(), head);
    let preflight = [("origin", "http://evil.example"), ("access-control-request-method", "POST")];
    let answer = Answer::sent(world.address, "OPTIONS", "/api/v1/goals", &preflight, b"").await?;
    assert!(answer.status >= 400 && answer.header("access-control-allow-origin").is_empty());
    Ok(())
}
