//! Resources, prompts and completion: the same over every transport, in both eras, and through the bridge.

use anyhow::{Context, Result};
use rmcp::model::{
    ArgumentInfo, CacheScope, CompleteRequestParams, ErrorCode, GetPromptRequestParams, ReadResourceRequestParams,
    Reference, ResourceContents,
};
use serde_json::{Value, json};

use crate::{
    bridged::{Instance, Whereabouts},
    world::{Client, World, answer, call, legacy, modern, over_http, over_stdio, serve, starting_door},
};

/// A client for each way in. The instance has to live as long as they do.
async fn clients(world: &World) -> Result<(Instance, Vec<Client>)> {
    let (door, address) = (world.door(), serve(&world.door()).await?);
    let instance = Instance::start(&door).await?;
    let bridged = Whereabouts::leading_to(&instance.url).door(mcp::DoorConfig::default())?;
    let clients = vec![
        over_stdio(&door, modern()).await?,
        over_stdio(&door, legacy()).await?,
        over_http(address, modern()).await?,
        over_http(address, legacy()).await?,
        over_stdio(&bridged, modern()).await?,
        over_stdio(&bridged, legacy()).await?,
    ];
    Ok((instance, clients))
}

async fn read(client: &Client, uri: &str) -> Result<Value> {
    let read = client.read_resource(ReadResourceRequestParams::new(uri)).await?;
    let ResourceContents::TextResourceContents { text, uri: of, mime_type, .. } = &read.contents[0] else {
        anyhow::bail!("{uri} is no text")
    };
    assert_eq!((of.as_str(), mime_type.as_deref()), (uri, Some("application/json")));
    Ok(serde_json::from_str(text)?)
}

async fn prompt(client: &Client, name: &str, arguments: Value) -> Result<String> {
    let arguments = arguments.as_object().cloned().context("an object")?;
    let got = client.get_prompt(GetPromptRequestParams::new(name).with_arguments(arguments)).await?;
    assert_eq!(got.messages.len(), 1);
    Ok(got.messages[0].content.as_text().context("a text")?.text.clone())
}

async fn completed(client: &Client, reference: Reference, argument: &str, value: &str) -> Result<Vec<String>> {
    let asked = CompleteRequestParams::new(reference, ArgumentInfo::new(argument, value));
    Ok(client.complete(asked).await?.completion.values)
}

fn code(error: &rmcp::ServiceError) -> ErrorCode {
    match error {
        rmcp::ServiceError::McpError(error) => error.code,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn what_is_listed_can_be_read_every_way() -> Result<()> {
    let world = World::start().await?;
    let (_instance, clients) = clients(&world).await?;
    let plan =
        json!({ "title": "Read me", "tasks": [{ "title": "first", "key": "a" }, { "title": "then", "after": ["a"] }] });
    let made = answer(call(&clients[0], "create_goal", plan).await?);
    let (goal, task) = (made["goal"].as_str().unwrap(), made["ids"]["a"].as_str().unwrap());
    let position = made["position"].clone();
    for client in &clients {
        answer(call(client, "find", json!({ "min_position": position })).await?);
        let listed = client.list_resources(None).await?;
        assert!(listed.cache_scope.is_none_or(|scope| scope == CacheScope::Private));
        let uris: Vec<&str> = listed.resources.iter().map(|resource| resource.uri.as_str()).collect();
        assert_eq!(uris, ["goal://board", "goal://feed", &format!("goal://{goal}")]);
        assert_eq!(listed.resources[2].title.as_deref(), Some("Read me"));
        let templates = client.list_resource_templates(None).await?.resource_templates;
        let templates: Vec<&str> = templates.iter().map(|template| template.uri_template.as_str()).collect();
        assert_eq!(templates, ["goal://{id}", "event://{position}"]);

        let board = read(client, "goal://board").await?;
        assert_eq!((&board["goals"][0]["id"], &board["goals"][0]["progress"]["total"]), (&json!(goal), &json!(2)));
        assert_eq!((&board["ready"][0]["id"], board["ready"].as_array().map(Vec::len)), (&json!(task), Some(1)));
        let feed = read(client, "goal://feed").await?;
        assert_eq!((&feed["events"][0]["position"], &feed["position"]), (&position, &position));
        assert_eq!(
            read(client, &format!("goal://{goal}")).await?["goals"][0]["tasks"].as_array().map(Vec::len),
            Some(2)
        );
        assert_eq!(read(client, &format!("goal://{task}")).await?["tasks"][0]["title"], "first");
        let event = read(client, "event://1").await?;
        assert_eq!((&event["type"], &event["change"]["title"]), (&json!("goal_created"), &json!("Read me")));
    }
    Ok(())
}

#[tokio::test]
async fn what_there_is_not_is_refused_with_what_there_is() -> Result<()> {
    let world = World::start().await?;
    let (_instance, clients) = clients(&world).await?;
    answer(call(&clients[0], "create_goal", json!({ "title": "Only one" })).await?);
    for (number, client) in clients.iter().enumerate() {
        let is_modern = number % 2 == 0;
        for uri in ["goal://GOAL-0099", "event://0", "event://99", "file:///etc/passwd", "goal://nonsense"] {
            let refused = client.read_resource(ReadResourceRequestParams::new(uri)).await.unwrap_err();
            let absent = if is_modern { ErrorCode::INVALID_PARAMS } else { ErrorCode::RESOURCE_NOT_FOUND };
            assert!([absent, ErrorCode::INVALID_PARAMS].contains(&code(&refused)), "{uri}: {refused}");
        }
        let wrong = [
            ("standup", json!({ "gaol": "x" }), "gaol"),
            ("handoff", json!({}), "task"),
            ("plan_goal", json!({ "objective": " " }), "objective"),
            ("standup", json!({ "since": "yesterday" }), "since"),
            ("no_such", json!({}), "there are handoff, plan_goal, standup, triage_blocked"),
        ];
        for (name, arguments, said) in wrong {
            let refused = prompt(client, name, arguments).await.unwrap_err();
            assert!(refused.to_string().contains(said), "{name}: {refused}");
        }
        let absent = completed(client, Reference::for_prompt("no_such"), "goal", "").await.unwrap_err();
        assert!(absent.to_string().contains("prompts/list"), "{absent}");
    }
    Ok(())
}

#[tokio::test]
async fn prompts_bring_what_they_are_about() -> Result<()> {
    let world = World::start().await?;
    let (_instance, clients) = clients(&world).await?;
    let plan = json!({ "title": "Paint the bridge", "tags": ["steel"], "tasks": [
        { "title": "Scrape", "key": "a" }, { "title": "Paint", "key": "b", "after": ["a"] }] });
    let made = answer(call(&clients[0], "create_goal", plan).await?);
    let (goal, scrape, paint) = (&made["goal"], &made["ids"]["a"], &made["ids"]["b"]);
    let claimed = answer(call(&clients[0], "claim", json!({ "id": scrape })).await?);
    for client in &clients {
        answer(call(client, "find", json!({ "min_position": claimed["position"] })).await?);
        let names: Vec<String> =
            client.list_prompts(None).await?.prompts.into_iter().map(|prompt| prompt.name).collect();
        assert_eq!(names, ["handoff", "plan_goal", "standup", "triage_blocked"]);
        let text = |id: &Value| id.as_str().unwrap().to_owned();
        let planned = prompt(client, "plan_goal", json!({ "objective": "paint: the bridge blue" })).await?;
        assert!(planned.contains("paint: the bridge blue") && planned.contains("steel"), "{planned}");
        let standup = prompt(client, "standup", json!({ "goal": goal })).await?;
        assert!(standup.contains("task_claimed") && standup.contains(&text(scrape)), "{standup}");
        let triage = prompt(client, "triage_blocked", json!({})).await?;
        assert!(triage.contains(&text(paint)) && triage.contains("why_blocked"), "{triage}");
        let handoff = prompt(client, "handoff", json!({ "task": scrape })).await?;
        assert!(handoff.contains("task_claimed") && handoff.contains("Scrape"), "{handoff}");
    }
    Ok(())
}

#[tokio::test]
async fn half_written_words_are_completed() -> Result<()> {
    let world = World::start().await?;
    let (_instance, clients) = clients(&world).await?;
    let plan = json!({ "title": "Paint the bridge", "tags": ["steel", "stone"], "tasks": [{ "title": "Scrape", "key": "a" }] });
    let made = answer(call(&clients[0], "create_goal", plan).await?);
    let other = answer(call(&clients[0], "create_goal", json!({ "title": "Mow the lawn" })).await?);
    let (goal, task) = (made["goal"].as_str().unwrap(), made["ids"]["a"].as_str().unwrap());
    for client in &clients {
        answer(call(client, "find", json!({ "min_position": other["position"] })).await?);
        let goals = async |text: &str| completed(client, Reference::for_prompt("standup"), "goal", text).await;
        assert_eq!(goals("").await?.len(), 2);
        assert_eq!(goals("goal-").await?.len(), 2);
        assert_eq!(goals(goal).await?, [goal]);
        assert_eq!(goals("bridge").await?, [goal]);
        assert_eq!(goals("GOAL-9").await?, [""; 0]);
        let tags = completed(client, Reference::for_prompt("triage_blocked"), "tag", "ST").await?;
        assert_eq!(tags, ["steel", "stone"]);
        let object = Reference::for_resource("goal://{id}");
        assert_eq!(completed(client, object, "id", "scrape").await?, [task]);
        assert_eq!(completed(client, Reference::for_prompt("plan_goal"), "objective", "x").await?, [""; 0]);
    }
    Ok(())
}

#[tokio::test]
async fn what_is_always_there_is_listed_before_anything_can_be_read() -> Result<()> {
    let (_starting, door) = starting_door();
    for era in [modern(), legacy()] {
        let client = over_stdio(&door, era).await?;
        assert_eq!(client.list_resources(None).await?.resources.len(), 2);
        assert_eq!(client.list_prompts(None).await?.prompts.len(), 4);
        let refused = client.read_resource(ReadResourceRequestParams::new("goal://board")).await.unwrap_err();
        assert!(refused.to_string().contains("starting"), "{refused}");
    }
    Ok(())
}
