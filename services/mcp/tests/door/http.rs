//! What HTTP alone can get wrong.

use anyhow::{Context, Result};
use mcp::{Behind, Door, DoorConfig};
use reqwest::{Client, StatusCode, header};
use tokio::sync::watch;

use crate::world::{serve, starting_door};

const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"raw","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}"#;

async fn post(name: &'static str, value: &str, body: impl Into<reqwest::Body>) -> Result<(StatusCode, String)> {
    let (_starting, door) = starting_door();
    let address = serve(&door).await?;
    let request = Client::builder()
        .no_proxy()
        .build()?
        .post(format!("http://{address}{}", mcp::PATH))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream")
        .header("MCP-Protocol-Version", "2026-07-28")
        .header("Mcp-Method", "tools/list")
        .header(name, value)
        .body(body);
    let response = request.send().await?;
    Ok((response.status(), response.text().await?))
}

#[tokio::test]
async fn pages_of_this_machine_and_programs_without_an_origin_may_come() -> Result<()> {
    for (name, value) in [("Origin", "http://localhost:5173"), ("Origin", "http://127.0.0.1:8080"), ("X-Nothing", "x")]
    {
        let (status, body) = post(name, value, LIST).await?;
        assert_eq!(status, StatusCode::OK, "{value}: {body}");
        assert!(body.starts_with('{') && body.contains("create_goal"), "plain JSON: {body}");
    }
    Ok(())
}

#[tokio::test]
async fn pages_of_elsewhere_may_not() -> Result<()> {
    for origin in ["https://evil.example.org", "null", "http://localhost.example.org"] {
        assert_eq!(post("Origin", origin, LIST).await?.0, StatusCode::FORBIDDEN, "{origin}");
    }
    Ok(())
}

#[tokio::test]
async fn a_name_that_was_bound_to_this_machine_from_outside_is_refused() -> Result<()> {
    assert_eq!(post("Host", "evil.example.org", LIST).await?.0, StatusCode::FORBIDDEN);
    Ok(())
}

#[tokio::test]
async fn what_is_no_message_is_answered_with_a_client_error() -> Result<()> {
    for body in [&b"{\"jsonrpc\":\"2.0\",\"id\":"[..], b"\xff\xfe\x00", b"", b"[1,2]"] {
        let (status, text) = post("X-Nothing", "x", body).await?;
        assert!(status.is_client_error(), "{status} {text}");
    }
    Ok(())
}

#[tokio::test]
async fn a_message_over_the_limit_is_too_large() -> Result<()> {
    let (status, text) = post("X-Nothing", "x", vec![b' '; mcp::stdio::MESSAGE_BYTES_MAX + 1]).await?;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{text}");
    Ok(())
}

/// A client of the older era, as far as sessions go.
struct Older {
    client: Client,
    url: String,
}

impl Older {
    async fn post(&self, session: Option<&str>, body: &'static str) -> Result<reqwest::Response> {
        let request = self
            .client
            .post(&self.url)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream");
        let request = session.into_iter().fold(request, |request, id| request.header("Mcp-Session-Id", id));
        Ok(request.body(body).send().await?)
    }

    async fn begin(&self) -> Result<String> {
        const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"raw","version":"1"}}}"#;
        let begun = self.post(None, INITIALIZE).await?.error_for_status()?;
        let id = begun.headers().get("mcp-session-id").context("a session id")?.to_str()?.to_owned();
        self.post(Some(&id), r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await?.error_for_status()?;
        Ok(id)
    }

    async fn list(&self, session: &str) -> Result<StatusCode> {
        Ok(self.post(Some(session), r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#).await?.status())
    }
}

#[tokio::test]
async fn of_too_many_sessions_the_least_recently_used_is_unknown_and_can_begin_anew() -> Result<()> {
    let config = DoorConfig { sessions_max: 2, ..DoorConfig::default() };
    let address = serve(&Door::new(watch::channel(Behind::Starting).1, config)).await?;
    let older = Older { client: Client::builder().no_proxy().build()?, url: format!("http://{address}{}", mcp::PATH) };
    let (first, second) = (older.begin().await?, older.begin().await?);
    assert_eq!(older.list(&first).await?, StatusCode::OK);
    let third = older.begin().await?;
    assert_eq!(older.list(&second).await?, StatusCode::NOT_FOUND, "which tells the client to begin anew");
    assert_eq!((older.list(&first).await?, older.list(&third).await?), (StatusCode::OK, StatusCode::OK));
    let anew = older.begin().await?;
    assert_eq!(older.list(&anew).await?, StatusCode::OK);
    Ok(())
}
