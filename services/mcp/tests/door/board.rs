//! The board inside a chat: told of to clients that can show it, and to no others.

use anyhow::{Context, Result};
use mcp::{DoorConfig, Profile};
use rmcp::{
    RoleClient,
    model::{
        CacheScope, ClientCapabilities, ClientConfig, ExtensionCapabilities, Implementation, ReadResourceRequestParams,
    },
    service::RunningService,
};
use serde_json::{Value, json};

use crate::{
    bridged::{Instance, Whereabouts},
    world::{World, answer, call, describe, legacy, modern, over_http_as, over_stdio_as, serve, starting_door_that},
};

const PAGE: &str = "<!doctype html><title>A board</title>";
const URI: &str = "ui://goalstream/board";
const MIME_TYPE: &str = "text/html;profile=mcp-app";

fn with_board() -> DoorConfig {
    DoorConfig { board: Some(PAGE), ..DoorConfig::default() }
}

/// A client that says that it shows pages.
fn showing() -> ClientConfig {
    let settings = json!({ "mimeTypes": [MIME_TYPE] }).as_object().cloned().unwrap_or_default();
    let extensions = ExtensionCapabilities::from([("io.modelcontextprotocol/ui".to_owned(), settings)]);
    let capabilities = ClientCapabilities::builder().enable_extensions_with(extensions).build();
    ClientConfig::new(capabilities, Implementation::new("door-test", "1.0"))
}

/// Such a client for each way in. The instance has to live as long as they do.
async fn clients(
    world: &World,
    config: DoorConfig,
    client: fn() -> ClientConfig,
) -> Result<(Instance, Vec<RunningService<RoleClient, ClientConfig>>)> {
    let door = world.door_that(config.clone());
    let address = serve(&door).await?;
    let instance = Instance::start(&door).await?;
    let bridged = Whereabouts::leading_to(&instance.url).door(config)?;
    let clients = vec![
        over_stdio_as(client(), &door, modern()).await?,
        over_stdio_as(client(), &door, legacy()).await?,
        over_http_as(client(), address, modern()).await?,
        over_http_as(client(), address, legacy()).await?,
        over_stdio_as(client(), &bridged, modern()).await?,
        over_stdio_as(client(), &bridged, legacy()).await?,
    ];
    Ok((instance, clients))
}

async fn read(client: &RunningService<RoleClient, ClientConfig>) -> Result<Value> {
    Ok(json!(client.read_resource(ReadResourceRequestParams::new(URI)).await?.contents))
}

/// The page needs nothing from anywhere, and says so where clients look.
fn needs() -> Value {
    json!({ "ui": { "csp": { "connectDomains": [], "resourceDomains": [] }, "prefersBorder": true } })
}

#[tokio::test]
async fn a_client_that_can_show_it_is_told_where_it_is_and_gets_it_every_way() -> Result<()> {
    let world = World::start().await?;
    let (_instance, clients) = clients(&world, with_board(), showing).await?;
    for client in &clients {
        let server = client.peer_info().context("it said who it is")?;
        assert_eq!(json!(server.capabilities.extensions), json!({ "io.modelcontextprotocol/ui": {} }));

        let listed = client.list_tools(None).await?;
        assert!(listed.cache_scope.is_none_or(|scope| scope == CacheScope::Private), "it depends on who asks");
        let tools = listed.tools.iter().filter(|tool| tool.meta.is_some());
        let beside: Vec<Value> = tools.map(|tool| json!([tool.name, tool.meta])).collect();
        let meta = json!({ "ui": { "resourceUri": URI } });
        assert_eq!(json!(beside), json!([["create_goal", meta], ["get", meta], ["plan", meta]]));

        let resources = client.list_resources(None).await?.resources;
        let board: Vec<_> = resources.iter().filter(|resource| resource.uri.starts_with("ui://")).collect();
        let [board] = board[..] else { panic!("{resources:?}") };
        assert_eq!((board.uri.as_str(), board.mime_type.as_deref()), (URI, Some(MIME_TYPE)));
        assert_eq!(json!(board.meta), needs());

        let page = json!([{ "uri": URI, "mimeType": MIME_TYPE, "text": PAGE, "_meta": needs() }]);
        assert_eq!(read(client).await?, page);
    }
    Ok(())
}

#[tokio::test]
async fn a_client_that_cannot_show_it_gets_what_a_door_without_one_gives() -> Result<()> {
    let world = World::start().await?;
    let (_with, with) = clients(&world, with_board(), describe).await?;
    let (_without, without) = clients(&world, DoorConfig::default(), describe).await?;
    let made =
        answer(call(&with[0], "create_goal", json!({ "title": "Text alone", "tasks": [{ "title": "one" }] })).await?);
    for (with, without) in with.iter().zip(&without) {
        assert_eq!(json!(with.list_tools(None).await?.tools), json!(without.list_tools(None).await?.tools));
        let resources = async |client: &RunningService<RoleClient, ClientConfig>| -> Result<Value> {
            Ok(json!(client.list_resources(None).await?.resources))
        };
        assert_eq!(resources(with).await?, resources(without).await?);
        let asked = json!({ "ids": [made["goal"]], "include": ["tree"], "min_position": made["position"] });
        let answers = [call(with, "get", asked.clone()).await?, call(without, "get", asked).await?];
        let [answers, same] = answers.map(|answer| json!([answer.content, answer.structured_content, answer.meta]));
        assert_eq!(answers, same);
    }
    Ok(())
}

#[tokio::test]
async fn the_answer_itself_is_the_same_for_whoever_shows_the_board() -> Result<()> {
    let world = World::start().await?;
    let door = world.door_that(with_board());
    let [showing, other] = [showing(), describe()].map(|client| over_stdio_as(client, &door, modern()));
    let (showing, other) = (showing.await?, other.await?);
    let made = answer(call(&showing, "create_goal", json!({ "title": "One answer" })).await?);
    let asked = json!({ "ids": [made["goal"]], "min_position": made["position"] });
    let answers = [call(&showing, "get", asked.clone()).await?, call(&other, "get", asked).await?];
    let [answer, same] = answers.map(|answer| json!(answer.content));
    assert_eq!(answer, same);
    assert!(answer[0]["text"].as_str().is_some_and(|text| text.contains("One answer")), "{answer}");
    Ok(())
}

#[tokio::test]
async fn it_can_be_read_before_anything_is_ready() -> Result<()> {
    let (_starting, door) = starting_door_that(with_board());
    for era in [modern(), legacy()] {
        let client = over_stdio_as(showing(), &door, era).await?;
        assert_eq!(client.list_resources(None).await?.resources.len(), 3);
        assert_eq!(read(&client).await?[0]["text"], PAGE);
    }
    Ok(())
}

#[tokio::test]
async fn a_door_without_a_page_and_the_other_profile_have_none() -> Result<()> {
    for config in [DoorConfig::default(), DoorConfig { profile: Profile::Compat, ..with_board() }] {
        let (_starting, door) = starting_door_that(config);
        let client = over_stdio_as(showing(), &door, modern()).await?;
        assert!(client.peer_info().is_some_and(|server| server.capabilities.extensions.is_none()));
        assert!(client.list_tools(None).await?.tools.iter().all(|tool| tool.meta.is_none()));
        assert_eq!(client.list_resources(None).await?.resources.len(), 2);
        assert!(read(&client).await.is_err());
    }
    Ok(())
}
