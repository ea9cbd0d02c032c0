//! What HTTP alone can get wrong.

use anyhow::Result;
use reqwest::{Client, StatusCode, header};

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
