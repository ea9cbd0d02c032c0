//! A plan is made, worked on and finished, in both eras and over both transports.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::world::{Client, World, answer, call, legacy, modern, over_http, over_stdio, refusal, serve};

async fn plan_and_work(client: &Client, request_id: &str) -> Result<()> {
    let plan = json!({
        "title": "Ship it",
        "request_id": request_id,
        "tasks": [
            { "key": "build", "title": "Build", "subtasks": [{ "key": "test", "title": "Test" }] },
            { "key": "ship", "title": "Ship", "after": ["build"] },
        ],
    });
    let made = answer(call(client, "create_goal", plan.clone()).await?);
    let (goal, test, ship) = (&made["goal"], &made["ids"]["test"], &made["ids"]["ship"]);
    let again = answer(call(client, "create_goal", plan).await?);
    assert_eq!(
        (&again["duplicate"], &again["position"], &again["ids"]),
        (&json!(true), &made["position"], &made["ids"])
    );
    let other = refusal(call(client, "create_goal", json!({ "title": "Other", "request_id": request_id })).await?);
    assert_eq!(other["field"], "request_id", "{other}");

    let ready = answer(call(client, "find", json!({ "view": "ready", "goal": goal })).await?);
    assert_eq!(ids(&ready), [test], "only the part with nothing before it");
    let claimed = answer(call(client, "claim", json!({ "id": test })).await?);
    let fence = claimed["fence"].as_u64().context("a claim hands out a fence")?;
    let stale = refusal(call(client, "complete", json!({ "id": test, "fence": fence + 1 })).await?);
    assert!(stale["code"] == "FENCED" || stale["code"] == "VALIDATION", "{stale}");
    let done = answer(call(client, "complete", json!({ "id": test, "fence": fence, "result": "green" })).await?);
    assert_eq!(done["status"], "completed");
    let build = &made["ids"]["build"];
    let built = answer(call(client, "complete", json!({ "id": build })).await?);
    assert_eq!(built["unblocked"], json!([ship]));
    let handoff = json!({ "id": ship, "body": "The key is under the mat.", "kind": "handoff", "request_id": format!("{request_id} said") });
    let said = answer(call(client, "comment", handoff.clone()).await?);
    assert_eq!(answer(call(client, "comment", handoff).await?)["comment"], said["comment"], "said once");
    let shipping = answer(call(client, "claim", json!({ "id": ship })).await?);
    assert_eq!(shipping["context"]["handoff"], "The key is under the mat.");
    take_back(client, &built, ship, request_id).await
}

/// What was finished is wanted again, though something was begun because of it.
async fn take_back(client: &Client, built: &Value, ship: &Value, request_id: &str) -> Result<()> {
    let undo = |force: bool| json!({ "command": built["position"], "force": force, "request_id": format!("{request_id} undo") });
    // Whoever asks holds what was begun, and may have it wait.
    let foreseen = answer(call(client, "undo", json!({ "command": built["position"], "dry_run": true })).await?);
    let undone = answer(call(client, "undo", undo(false)).await?);
    let what = |told: &Value| {
        let each = told["compensations"].as_array().into_iter().flatten();
        each.map(|one| json!([one["type"], one["id"], one["undoes"]])).collect::<Vec<_>>()
    };
    assert_eq!(what(&undone), what(&foreseen));
    assert_eq!(undone["compensations"][0]["type"], "task_reopened");
    let again = answer(call(client, "undo", undo(false)).await?);
    assert_eq!((&again["position"], &again["receipts"][0]["duplicate"]), (&undone["position"], &json!(true)));
    let other = refusal(call(client, "undo", undo(true)).await?);
    assert_eq!(other["field"], "request_id", "{other}");
    let waiting = refusal(call(client, "complete", json!({ "id": ship, "fence": 1 })).await?);
    assert_eq!(waiting["code"], "BLOCKED", "{waiting}");
    Ok(())
}

#[tokio::test]
async fn what_somebody_else_holds_is_in_the_way_of_an_undo() -> Result<()> {
    let world = World::start().await?;
    let client = over_stdio(&world.door(), modern()).await?;
    let made =
        answer(call(&client, "create_goal", json!({ "title": "Ship it", "tasks": [{ "title": "Build" }] })).await?);
    let held = goal_agent::request::Claim { id: Some("TASK-0001".to_owned()), ..Default::default() };
    let bob = goal_agent::Caller::new("bob", goal_agent::ActorKind::Agent);
    world.agent.claim(&bob, held).await?;
    let undo = json!({ "command": made["position"].to_string() });
    let refused = refusal(call(&client, "undo", undo.clone()).await?);
    assert_eq!((&refused["code"], &refused["holder"]), (&json!("CLAIMED"), &json!("bob")), "{refused}");
    assert_eq!(refused["conflicts"].as_array().map(Vec::len), Some(2), "the task, and the goal that is worked on");
    let dry = json!({ "command": made["position"], "dry_run": true });
    let foreseen = answer(call(&client, "undo", dry).await?);
    for (one, place) in refused["conflicts"].as_array().into_iter().flatten().zip(0..) {
        assert_eq!(
            (&one["code"], &one["event"]),
            (&foreseen["conflicts"][place]["code"], &foreseen["conflicts"][place]["event"])
        );
    }
    let forced = answer(call(&client, "undo", json!({ "command": made["position"], "force": true })).await?);
    assert_eq!(forced["compensations"].as_array().map(Vec::len), Some(2), "{forced}");
    Ok(())
}

fn ids(found: &Value) -> Vec<&Value> {
    found["rows"].as_array().into_iter().flatten().map(|row| &row["id"]).collect()
}

#[tokio::test]
async fn over_stdio_in_both_eras() -> Result<()> {
    let world = World::start().await?;
    plan_and_work(&over_stdio(&world.door(), modern()).await?, "stdio-modern").await?;
    plan_and_work(&over_stdio(&world.door(), legacy()).await?, "stdio-legacy").await
}

#[tokio::test]
async fn over_http_in_both_eras() -> Result<()> {
    let world = World::start().await?;
    let address = serve(&world.door()).await?;
    plan_and_work(&over_http(address, modern()).await?, "http-modern").await?;
    plan_and_work(&over_http(address, legacy()).await?, "http-legacy").await
}

#[tokio::test]
async fn a_description_of_two_mebibytes_is_refused_and_the_connection_lives() -> Result<()> {
    let world = World::start().await?;
    let address = serve(&world.door()).await?;
    for client in [over_http(address, modern()).await?, over_stdio(&world.door(), legacy()).await?] {
        let huge = json!({ "title": "Huge", "description": "x".repeat(2 * 1024 * 1024) });
        let refused = refusal(call(&client, "create_goal", huge).await?);
        assert_eq!(refused["code"], "TOO_BIG", "{refused}");
        answer(call(&client, "find", json!({})).await?);
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_id_comes_with_the_nearest_ones() -> Result<()> {
    let world = World::start().await?;
    let client = over_stdio(&world.door(), modern()).await?;
    answer(call(&client, "create_goal", json!({ "title": "One", "tasks": [{ "title": "Two" }] })).await?);
    let refused = refusal(call(&client, "claim", json!({ "id": "TASK-0009" })).await?);
    assert_eq!(
        (&refused["code"], &refused["hint"]),
        (&json!("NOT_FOUND"), &json!("did you mean TASK-0001?")),
        "{refused}"
    );
    let refused = refusal(call(&client, "claim", json!({ "id": "TASK-9999" })).await?);
    assert_eq!((&refused["code"], &refused["did_you_mean"]), (&json!("NOT_FOUND"), &json!(null)), "{refused}");
    Ok(())
}

#[tokio::test]
async fn a_goal_is_planned_as_it_is_and_as_it_would_be() -> Result<()> {
    let world = World::start().await?;
    let client = over_stdio(&world.door(), modern()).await?;
    let tasks: Vec<Value> =
        (0..6).map(|number| json!({ "title": format!("Step {number}"), "key": number.to_string() })).collect();
    let due = json!({ "title": "Ship it", "due": "2020-01-01", "tasks": tasks });
    let made = answer(call(&client, "create_goal", due).await?);
    for number in 0..5 {
        let claimed = answer(call(&client, "claim", json!({ "id": made["ids"][number.to_string()] })).await?);
        answer(call(&client, "complete", json!({ "id": claimed["task"], "fence": claimed["fence"] })).await?);
    }
    let what_if = json!([
        { "tool": "add_tasks", "arguments": { "parent": made["goal"], "tasks": [{ "key": "more", "title": "More", "after": [made["ids"]["5"]] }] } },
        { "tool": "complete", "arguments": { "id": "more" } },
        { "tool": "get" },
    ]);
    let plan = answer(call(&client, "plan", json!({ "goal": made["goal"], "what_if": what_if, "workers": 2 })).await?);
    assert_eq!(plan["phases"], json!([{ "tasks": [made["ids"]["5"]] }, { "tasks": ["more"] }]));
    assert_eq!((&plan["forecast"]["basis"], &plan["forecast"]["workers"]), (&json!("measured"), &json!(2)));
    assert!(plan["forecast"]["p80"].is_string() && plan["difference"]["p80"]["to"].is_string(), "{plan}");
    assert_eq!((&plan["risks"][0]["kind"], &plan["risks"][0]["id"]), (&json!("overdue"), &made["goal"]));
    let codes: Vec<&Value> = plan["calls"].as_array().unwrap().iter().map(|call| &call["refused"]["code"]).collect();
    assert_eq!(codes, [&Value::Null, &json!("BLOCKED"), &json!("VALIDATION")]);
    let refused = refusal(call(&client, "plan", json!({ "goal": made["goal"], "what_if": "claim" })).await?);
    assert_eq!(refused["field"], "what_if", "{refused}");
    Ok(())
}
