//! Before the instance behind is ready, and when it cannot be.

use anyhow::Result;
use mcp::Behind;
use serde_json::json;

use crate::world::{call, legacy, modern, over_stdio, refusal, starting_door};

#[tokio::test]
async fn tools_are_listed_at_once_and_say_busy_when_called() -> Result<()> {
    let (_starting, door) = starting_door();
    for era in [modern(), legacy()] {
        let client = over_stdio(&door, era).await?;
        assert_eq!(client.list_tools(None).await?.tools.len(), 11);
        let refused = refusal(call(&client, "find", json!({})).await?);
        assert_eq!(refused["code"], "BUSY");
        assert!(refused["retry_after_ms"].as_u64().is_some_and(|wait| wait > 0));
        assert!(refused["message"].as_str().unwrap().contains("starting"));
    }
    Ok(())
}

#[tokio::test]
async fn a_start_that_failed_says_why() -> Result<()> {
    let (starting, door) = starting_door();
    starting.send_replace(Behind::Away { reason: "port 8080 is taken by another program".to_owned() });
    let client = over_stdio(&door, modern()).await?;
    let refused = refusal(call(&client, "find", json!({})).await?);
    assert_eq!(refused["code"], "UNAVAILABLE");
    assert!(refused["message"].as_str().unwrap().contains("port 8080 is taken"));
    Ok(())
}

#[tokio::test]
async fn an_unknown_tool_is_the_clients_mistake_and_names_those_there_are() -> Result<()> {
    let (_starting, door) = starting_door();
    let client = over_stdio(&door, modern()).await?;
    let error = call(&client, "create_task", json!({})).await.unwrap_err().to_string();
    assert!(error.contains("-32602") && error.contains("add_tasks"), "{error}");
    Ok(())
}
