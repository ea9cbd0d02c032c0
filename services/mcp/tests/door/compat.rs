//! The names of the first implementation: the same goals, in its words.

use anyhow::{Context, Result};
use mcp::{DoorConfig, Profile};
use rmcp::model::{CallToolRequestParams, CallToolResult, JsonObject};
use serde_json::{Value, json};

use crate::{
    bridged::{Instance, Whereabouts},
    listed, shapes,
    world::{
        self, Client, World, answer, describe, legacy, modern, over_http_at, over_stdio, refusal, serve,
        starting_door_that,
    },
};

fn compat() -> DoorConfig {
    DoorConfig { profile: Profile::Compat, ..DoorConfig::default() }
}

/// Calls a tool, and holds its answer against its shape: as clients see it, and without a field too many.
async fn call(client: &Client, tool: &'static str, arguments: Value) -> Result<CallToolResult> {
    let arguments = arguments.as_object().cloned().context("arguments are an object")?;
    let result = client.call_tool(CallToolRequestParams::new(tool).with_arguments(arguments)).await?;
    let tools = client.list_tools(None).await?.tools;
    let shown = tools.iter().find(|shown| shown.name == tool).context("it is listed")?;
    let mut shape = Value::Object(JsonObject::clone(shown.output_schema.as_ref().context("it has a shape")?));
    let structure = result.structured_content.as_ref().context("an answer has structure")?;
    shapes::holds(&jsonschema::validator_for(&shape)?, structure).context(tool)?;
    if result.is_error == Some(false) {
        shapes::close(&mut shape);
        shapes::holds(&jsonschema::validator_for(&shape)?, structure).with_context(|| format!("{tool}, closed"))?;
    }
    Ok(result)
}

async fn told(client: &Client, tool: &'static str, arguments: Value) -> Result<Value> {
    Ok(answer(call(client, tool, arguments).await?))
}

async fn refused(client: &Client, tool: &'static str, arguments: Value) -> Result<Value> {
    Ok(refusal(call(client, tool, arguments).await?))
}

/// Does it twice under one request id: the second answer is the first receipt.
async fn told_twice(client: &Client, tool: &'static str, mut arguments: Value, id: &str) -> Result<Value> {
    arguments["request_id"] = format!("{id} {tool}").into();
    let first = told(client, tool, arguments.clone()).await?;
    let again = told(client, tool, arguments).await?;
    assert_eq!((&again["duplicate"], &again["position"]), (&json!(true), &first["position"]), "{tool}: {again}");
    Ok(first)
}

fn list(value: &Value) -> Vec<&Value> {
    value.as_array().into_iter().flatten().collect()
}

fn as_text(value: &Value) -> Value {
    value.to_string().into()
}

/// Every tool, with lists and objects as themselves or as texts.
async fn work(client: &Client, id: &str, spelled: fn(&Value) -> Value) -> Result<()> {
    let (repos, metadata) = (json!(["acme/shop"]), json!({ "team": "blue", "size": 3 }));
    let goal = json!({ "description": "Ship the shop\nbefore winter", "priority": "high",
        "repos": spelled(&repos), "metadata": spelled(&metadata) });
    let made = told_twice(client, "create_goal", goal, id).await?;
    let goal = &made["id"];
    assert_eq!([&made["title"], &made["description"]], ["Ship the shop", "Ship the shop\nbefore winter"]);
    assert_eq!(made["status"], "planned");
    assert_eq!([&made["repos"], &made["metadata"]], [&repos, &metadata]);

    let build = json!({ "description": "Build it", "type": "development", "priority": "high", "repo": "acme/shop",
        "jira_ticket": "SHOP-1", "estimated_effort": "2h", "tools": ["git", "cargo"] });
    let subtasks = json!([{ "description": "Test it", "dependencies": ["Build it"], "estimated_effort": "medium" }, build,
        { "description": "Paint it" }]);
    let broken = json!({ "goal_id": goal, "subtasks": spelled(&subtasks) });
    let broken = told_twice(client, "break_down_goal", broken, id).await?;
    let [test, build, paint] = list(&broken["tasks"])[..] else { panic!("three tasks: {broken}") };
    assert_eq!(broken["ready"], json!([build, paint]));

    let read = told(client, "get_goal", json!({ "goal_id": goal })).await?;
    assert_eq!(read["tasks"], json!([test, build, paint]));
    let built = told(client, "get_task", json!({ "task_id": build })).await?;
    let fields = ["goal_id", "description", "type", "status", "priority", "repo", "jira_ticket", "estimated_effort"];
    let its: Vec<&Value> = fields.iter().map(|field| &built[*field]).collect();
    assert_eq!(json!(its), json!([goal, "Build it", "development", "pending", "high", "acme/shop", "SHOP-1", "2h"]));
    assert_eq!(built["assigned_tools"], json!(["git", "cargo"]));
    assert_eq!(read["task_details"][0]["dependencies"], json!([build]));
    assert_eq!(read["task_details"][0]["estimated_effort"], "medium", "what is no length of time is kept as it is");

    let plan = told(client, "generate_execution_plan", json!({ "goal_id": goal })).await?;
    assert_eq!((&plan["total_tasks"], &plan["total_phases"]), (&json!(3), &json!(2)), "{plan}");
    assert_eq!(plan["execution_phases"][0]["tasks"], json!([build, paint]));
    assert_eq!(plan["execution_phases"][1]["tasks"], json!([test]));

    let next = told(client, "get_next_tasks", json!({ "goal_id": goal })).await?;
    let next: Vec<&Value> = list(&next["tasks"]).into_iter().map(|task| &task["id"]).collect();
    assert_eq!(next, [build, paint], "the most important first, and none that waits");

    let begun = json!({ "task_id": build, "status": "in_progress" });
    told_twice(client, "update_task_status", begun, &format!("{id} begun")).await?;
    let done = json!({ "task_id": build, "status": "completed", "result": spelled(&json!({ "commit": "abc" })) });
    let done = told_twice(client, "update_task_status", done, id).await?;
    assert_eq!(done["unblocked"], json!([test]));
    assert_eq!(told(client, "get_task", json!({ "task_id": build })).await?["result"], r#"{"commit":"abc"}"#);

    let updates = json!([{ "task_id": test, "status": "in_progress" }, { "task_id": "TASK-9999", "status": "failed" }]);
    let batch = json!({ "updates": spelled(&updates), "request_id": format!("{id} batch") });
    let first = told(client, "batch_update_tasks", batch.clone()).await?;
    assert_eq!((&first["total"], &first["successful"][0]["id"]), (&json!(2), test));
    assert_eq!([&first["failed"][0]["task_id"], &first["failed"][0]["code"]], ["TASK-9999", "NOT_FOUND"]);
    let again = told(client, "batch_update_tasks", batch).await?;
    assert_eq!(again["successful"][0]["duplicate"], true, "{again}");
    assert_eq!(again["position"], first["position"]);

    let ids = json!([paint, test, "TASK-9999"]);
    let many = told(client, "batch_get_tasks", json!({ "task_ids": spelled(&ids) })).await?;
    let statuses: Vec<&Value> = list(&many["tasks"]).into_iter().map(|task| &task["status"]).collect();
    assert_eq!(statuses, ["pending", "in_progress"]);
    assert_eq!((&many["not_found"][0]["id"], &many["total"]), (&json!("TASK-9999"), &json!(3)));

    told_twice(client, "delete_task", json!({ "task_id": paint }), id).await?;
    assert_eq!(told(client, "get_goal", json!({ "goal_id": goal })).await?["tasks"], json!([test, build]));
    told(client, "update_task_status", json!({ "task_id": test, "status": "completed" })).await?;

    let change = json!({ "goal_id": goal, "description": "Shipped", "status": "completed", "priority": "low",
        "repos": spelled(&json!(["acme/shop", "acme/docs"])), "metadata": spelled(&json!({ "size": null })) });
    let changed = told_twice(client, "update_goal", change, id).await?;
    let its = [&changed["title"], &changed["description"], &changed["status"], &changed["priority"]];
    assert_eq!(its, ["Shipped", "Shipped", "completed", "low"]);
    assert_eq!((&changed["repos"][1], &changed["metadata"]), (&json!("acme/docs"), &json!({ "team": "blue" })));

    let listed = |status: &str, priority: &str| json!({ "status": status, "priority": priority });
    let found = told(client, "list_goals", listed("completed", "low")).await?;
    assert_eq!((&found["goals"][0]["id"], &found["goals"][0]["description"]), (goal, &json!("Shipped")));
    for other in [listed("planned", "low"), listed("completed", "high")] {
        assert_eq!(told(client, "list_goals", other).await?["count"], 0);
    }
    told_twice(client, "delete_goal", json!({ "goal_id": goal }), id).await?;
    assert_eq!(told(client, "list_goals", json!({})).await?["goals"], json!([]));
    assert_eq!(told(client, "get_goal", json!({ "goal_id": goal })).await?["deleted"], true, "nothing is lost");
    Ok(())
}

#[tokio::test]
async fn all_of_it_works_over_stdio_in_both_eras_and_both_spellings() -> Result<()> {
    let world = World::start().await?;
    let door = world.door_that(compat());
    work(&over_stdio(&door, modern()).await?, "modern", Value::clone).await?;
    work(&over_stdio(&door, legacy()).await?, "legacy", as_text).await
}

#[tokio::test]
async fn all_of_it_works_over_http_beside_the_default_tools() -> Result<()> {
    let world = World::start().await?;
    let url = format!("http://{}{}", serve(&world.door()).await?, Profile::Compat.path());
    work(&over_http_at(describe(), &url, modern()).await?, "modern", as_text).await?;
    work(&over_http_at(describe(), &url, legacy()).await?, "legacy", Value::clone).await
}

#[tokio::test]
async fn all_of_it_works_through_the_bridge() -> Result<()> {
    let world = World::start().await?;
    let instance = Instance::start(&world.door()).await?;
    let whereabouts = Whereabouts::leading_to(&Profile::Compat.address(&instance.url));
    let door = whereabouts.door(compat())?;
    work(&over_stdio(&door, modern()).await?, "modern", as_text).await?;
    work(&over_stdio(&door, legacy()).await?, "legacy", Value::clone).await
}

#[tokio::test]
async fn the_names_are_the_fourteen_and_say_what_they_do() -> Result<()> {
    let (_starting, door) = starting_door_that(compat());
    let client = over_stdio(&door, modern()).await?;
    let tools = client.list_tools(None).await?.tools;
    tools.iter().for_each(listed::check_arguments);
    tools.iter().for_each(listed::check_answers);
    let shown: Vec<Value> = tools
        .into_iter()
        .map(|tool| {
            let hints = tool.annotations.unwrap();
            json!([tool.name, hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint])
        })
        .collect();
    assert_eq!(
        json!(shown),
        json!([
            ["batch_get_tasks", true, false, true],
            ["batch_update_tasks", false, true, true],
            ["break_down_goal", false, false, false],
            ["create_goal", false, false, false],
            ["delete_goal", false, true, true],
            ["delete_task", false, true, true],
            ["generate_execution_plan", true, false, true],
            ["get_agent_status", true, false, true],
            ["get_goal", true, false, true],
            ["get_next_tasks", true, false, true],
            ["get_task", true, false, true],
            ["list_goals", true, false, true],
            ["update_goal", false, true, true],
            ["update_task_status", false, true, true],
        ])
    );
    let server = client.peer_info().unwrap();
    assert!(server.instructions.as_ref().is_some_and(|words| words.contains("break_down_goal")));
    assert!(server.capabilities.prompts.is_none(), "they lead through the default tools");
    Ok(())
}

#[tokio::test]
async fn each_status_is_said_and_read_in_their_words() -> Result<()> {
    let world = World::start().await?;
    let (theirs, ours) = both(&world).await?;
    let made = told(&theirs, "create_goal", json!({ "description": "Words" })).await?;
    let goal = &made["id"];
    let broken = json!({ "goal_id": goal, "subtasks": [{ "description": "One" }] });
    let task = &told(&theirs, "break_down_goal", broken).await?["tasks"][0];
    for (said, stored, read) in [
        ("in_progress", "in_progress", "in_progress"),
        ("blocked", "blocked", "blocked"),
        ("pending", "pending", "pending"),
        ("failed", "failed", "failed"),
        ("planned", "pending", "pending"),
        ("completed", "completed", "completed"),
        ("pending", "pending", "pending"),
        ("cancelled", "cancelled", "cancelled"),
    ] {
        let update = json!({ "task_id": task, "status": said, "result": "so" });
        shown(&world, &told(&theirs, "update_task_status", update).await?).await;
        let got = answer(world::call(&ours, "get", json!({ "ids": [task] })).await?);
        assert_eq!(got["tasks"][0]["status"], stored, "{said}");
        let got = told(&theirs, "get_task", json!({ "task_id": task })).await?;
        assert_eq!(got["status"], read, "{said}");
        assert_eq!(got["blocked_reason"].as_str(), (said == "blocked").then_some("so"), "{got}");
    }
    for (said, stored) in
        [("in_progress", "in_progress"), ("cancelled", "cancelled"), ("planned", "pending"), ("completed", "completed")]
    {
        let update = json!({ "goal_id": goal, "status": said });
        shown(&world, &told(&theirs, "update_goal", update).await?).await;
        let got = answer(world::call(&ours, "get", json!({ "ids": [goal] })).await?);
        assert_eq!(got["goals"][0]["status"], stored, "{said}");
        let listed = told(&theirs, "list_goals", json!({ "status": said })).await?;
        assert_eq!([&listed["goals"][0]["id"], &listed["goals"][0]["status"]], [goal, &json!(said)]);
    }
    Ok(())
}

#[tokio::test]
async fn both_doors_see_the_same_goals() -> Result<()> {
    let world = World::start().await?;
    let (theirs, ours) = both(&world).await?;
    let goal = json!({ "description": "Shared\nby both", "repos": ["acme/shop"] });
    let goal = told(&theirs, "create_goal", goal).await?["id"].clone();
    let broken = json!({ "goal_id": goal, "subtasks": [{ "description": "One", "estimated_effort": "1h30m" }] });
    let broken = told(&theirs, "break_down_goal", broken).await?;
    shown(&world, &broken).await;
    let task = broken["tasks"][0].clone();
    let got = answer(world::call(&ours, "get", json!({ "ids": [goal, task] })).await?);
    assert_eq!([&got["goals"][0]["title"], &got["goals"][0]["description"]], ["Shared", "Shared\nby both"]);
    assert_eq!(got["goals"][0]["metadata"], json!({ "repos": ["acme/shop"] }));
    assert_eq!(got["tasks"][0]["estimate_minutes"], 90);

    let added = json!({ "parent": goal, "tasks": [{ "title": "Two", "estimate": "30m", "tags": ["x"] }] });
    let two = answer(world::call(&ours, "add_tasks", added).await?)["ready"][1].clone();
    let claimed = answer(world::call(&ours, "claim", json!({ "id": two })).await?);
    shown(&world, &claimed).await;
    let read = told(&theirs, "get_task", json!({ "task_id": two })).await?;
    assert_eq!([&read["description"], &read["estimated_effort"], &read["agent"]], ["Two", "30m", "door-test"]);
    let next = told(&theirs, "get_next_tasks", json!({})).await?;
    assert_eq!((&next["tasks"][0]["id"], list(&next["tasks"]).len()), (&task, 1));

    let status = told(&theirs, "get_agent_status", json!({})).await?;
    assert_eq!([&status["agents"][0]["agent"], &status["agents"][0]["tasks"][0]["id"]], [&json!("door-test"), &two]);
    assert_eq!((&status["goals"]["in_progress"], &status["tasks"]["total"]), (&json!(1), &json!(2)));

    let done = json!({ "task_id": two, "status": "completed" });
    let held = refused(&theirs, "update_task_status", done).await?;
    assert_eq!(held["code"], "CLAIMED", "what is claimed is safe from whoever knows no claims: {held}");
    assert!(held["hint"].as_str().unwrap().contains("get_next_tasks"), "{held}");
    let finished = json!({ "id": two, "fence": claimed["fence"], "result": "done" });
    shown(&world, &answer(world::call(&ours, "complete", finished).await?)).await;
    assert_eq!(told(&theirs, "get_task", json!({ "task_id": two })).await?["result"], "done");

    told(&theirs, "delete_goal", json!({ "goal_id": goal })).await?;
    let restored = json!({ "ids": [goal], "set": { "archived": false } });
    shown(&world, &answer(world::call(&ours, "update", restored).await?)).await;
    assert_eq!(told(&theirs, "list_goals", json!({})).await?["goals"][0]["id"], goal);
    Ok(())
}

#[tokio::test]
async fn a_goal_is_told_in_full_with_each_portion_of_its_tasks() -> Result<()> {
    let world = World::start().await?;
    let (theirs, _) = both(&world).await?;
    let goal = json!({ "description": "Long\nin many steps", "repos": ["acme/shop"] });
    let goal = told(&theirs, "create_goal", goal).await?["id"].clone();
    let step = |number| json!({ "description": format!("Step {number}\n{}", "word ".repeat(200)) });
    let subtasks: Vec<Value> = (0..100).map(step).collect();
    let broken = told(&theirs, "break_down_goal", json!({ "goal_id": goal, "subtasks": subtasks })).await?;
    shown(&world, &broken).await;

    let mut asked = json!({ "goal_id": goal });
    let (mut portions, mut tasks) = (0, Vec::new());
    while portions == 0 || asked["cursor"].is_string() {
        let read = told(&theirs, "get_goal", asked.clone()).await?;
        assert_eq!((&read["description"], &read["repos"]), (&json!("Long\nin many steps"), &json!(["acme/shop"])));
        tasks.extend(read["tasks"].as_array().cloned().unwrap_or_default());
        asked["cursor"] = read["more"].clone();
        portions += 1;
    }
    assert!(portions > 1);
    assert_eq!(json!(tasks), broken["tasks"]);
    Ok(())
}

#[tokio::test]
async fn mistakes_are_told_in_their_words_and_store_nothing() -> Result<()> {
    let world = World::start().await?;
    let (theirs, _) = both(&world).await?;
    let goal = told(&theirs, "create_goal", json!({ "description": "One", "request_id": "one" })).await?["id"].clone();
    let subtasks = json!([{ "description": "First" }]);
    let broken = json!({ "goal_id": goal, "subtasks": subtasks });
    let task = told(&theirs, "break_down_goal", broken).await?["tasks"][0].clone();
    let head = world.agent.head();
    let down = |subtasks: Value| json!({ "goal_id": goal, "subtasks": subtasks });
    let cases = [
        ("create_goal", json!({ "description": " " }), "VALIDATION", "description"),
        ("create_goal", json!({ "title": "x" }), "VALIDATION", "title"),
        ("create_goal", json!({ "description": "Other", "request_id": "one" }), "VALIDATION", "request_id"),
        ("create_goal", json!({ "description": "x", "repos": "[\"a\"" }), "VALIDATION", "repos"),
        ("create_goal", json!({ "description": "x", "metadata": "[1]" }), "VALIDATION", "metadata"),
        ("break_down_goal", down(json!([])), "VALIDATION", "subtasks"),
        ("break_down_goal", down(json!("")), "VALIDATION", "subtasks"),
        ("break_down_goal", down(json!([{ "description": "" }])), "VALIDATION", "subtasks[0].description"),
        ("break_down_goal", down(json!([{ "description": "x", "tool": [] }])), "VALIDATION", "subtasks[0].tool"),
        (
            "break_down_goal",
            down(json!([{ "description": "x", "dependencies": ["y"] }])),
            "VALIDATION",
            "subtasks[0].dependencies[0]",
        ),
        ("break_down_goal", json!({ "goal_id": task, "subtasks": subtasks }), "VALIDATION", "goal_id"),
        ("break_down_goal", json!({ "goal_id": "GOAL-9999", "subtasks": subtasks }), "NOT_FOUND", ""),
        ("get_goal", json!({ "goal_id": "first" }), "VALIDATION", "goal_id"),
        ("get_goal", json!({ "goal_id": "GOAL-9999" }), "NOT_FOUND", ""),
        ("list_goals", json!({ "status": "pending" }), "VALIDATION", "status"),
        ("update_goal", json!({ "goal_id": goal }), "VALIDATION", "description"),
        ("update_goal", json!({ "goal_id": goal, "status": "failed" }), "VALIDATION", "status"),
        ("update_goal", json!({ "goal_id": task, "status": "cancelled" }), "VALIDATION", "goal_id"),
        ("delete_goal", json!({ "goal_id": task }), "VALIDATION", "goal_id"),
        ("delete_task", json!({ "task_id": goal }), "VALIDATION", "task_id"),
        ("get_task", json!({ "task_id": goal }), "VALIDATION", "task_id"),
        ("get_task", json!({ "task_id": "TASK-9999" }), "NOT_FOUND", ""),
        ("update_task_status", json!({ "task_id": goal, "status": "completed" }), "VALIDATION", "task_id"),
        ("update_task_status", json!({ "task_id": task, "status": "done" }), "VALIDATION", "status"),
        ("update_task_status", json!({ "task_id": "first", "status": "failed" }), "VALIDATION", "task_id"),
        ("batch_update_tasks", json!({ "updates": [] }), "VALIDATION", "updates"),
        ("batch_update_tasks", json!({ "updates": [{ "task_id": task }] }), "VALIDATION", "updates[0].status"),
        ("batch_update_tasks", json!({ "updates": [{ "task_id": "TASK-9999", "status": "failed" }] }), "NOT_FOUND", ""),
        ("batch_get_tasks", json!({ "task_ids": [goal] }), "VALIDATION", "task_ids[0]"),
        ("batch_get_tasks", json!({ "task_ids": "[]" }), "VALIDATION", "task_ids"),
        ("get_next_tasks", json!({ "goal_id": "GOAL-9999" }), "NOT_FOUND", ""),
        ("generate_execution_plan", json!({ "goal_id": "GOAL-9999" }), "NOT_FOUND", ""),
        ("generate_execution_plan", json!({ "goal_id": "x" }), "VALIDATION", "goal_id"),
        ("get_agent_status", json!({ "verbose": true }), "VALIDATION", "verbose"),
    ];
    for (tool, arguments, code, field) in cases {
        let refused = refused(&theirs, tool, arguments.clone()).await?;
        assert_eq!(refused["code"], code, "{tool} {arguments}: {refused}");
        assert_eq!(refused["field"].as_str().unwrap_or_default(), field, "{tool} {arguments}: {refused}");
        assert!(refused["message"].as_str().unwrap().starts_with(field), "{tool} {arguments}: {refused}");
    }
    assert_eq!(world.agent.head(), head, "nothing was stored");
    Ok(())
}

/// What one client wrote is read by another as soon as the views have it.
async fn shown(world: &World, written: &Value) {
    world.agent.shown(written["position"].as_u64().expect("an answer has a position")).await;
}

/// A client of each profile.
async fn both(world: &World) -> Result<(Client, Client)> {
    Ok((over_stdio(&world.door_that(compat()), modern()).await?, over_stdio(&world.door(), modern()).await?))
}
