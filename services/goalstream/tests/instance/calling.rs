//! Calling a tool over HTTP in the protocol's newer era: one request a call, and no session that could be lost with a node.

use reqwest::{Client, Response};
use serde_json::{Value, json};

const PROTOCOL: &str = "2026-07-28";

/// Calls a tool of the door at `url`; `caller` is what the client calls itself.
pub(crate) async fn call(
    client: &Client,
    url: &str,
    caller: &str,
    tool: &str,
    arguments: &Value,
) -> reqwest::Result<Response> {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": PROTOCOL,
        "io.modelcontextprotocol/clientInfo": { "name": caller, "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({ "name": tool, "arguments": arguments, "_meta": meta });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let request = client
        .post(url)
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .header("mcp-protocol-version", PROTOCOL)
        .header("mcp-method", "tools/call")
        .header("mcp-name", tool)
        .body(body.to_string());
    request.send().await?.error_for_status()
}
