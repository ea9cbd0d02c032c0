//! A client of the MCP door over HTTP, of the protocol's newer era: each call is one request, and nothing is remembered between them.

use anyhow::{Context, bail};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::calling;

/// A client with connections of its own.
#[derive(Clone)]
pub(crate) struct Door {
    client: reqwest::Client,
    url: String,
    /// What it calls itself.
    name: String,
}

impl Door {
    /// The door of an instance.
    pub(crate) fn of(url: &str, name: &str) -> Self {
        Self { client: reqwest::Client::new(), url: format!("{url}{}", mcp::PATH), name: name.to_owned() }
    }

    /// Calls a tool; the answer as it came.
    pub(crate) async fn ask(&self, tool: &str, arguments: &Value) -> anyhow::Result<Bytes> {
        Ok(calling::call(&self.client, &self.url, &self.name, tool, arguments).await?.bytes().await?)
    }

    /// Calls a tool; what it answered, as a structure.
    pub(crate) async fn call(&self, tool: &str, arguments: &Value) -> anyhow::Result<Value> {
        let answer = self.ask(tool, arguments).await?;
        let mut answer: Value = serde_json::from_slice(&answer).context("understand the answer")?;
        let result = &mut answer["result"];
        if result.is_null() || result["isError"] == json!(true) {
            bail!("{tool} was refused: {answer}");
        }
        Ok(result["structuredContent"].take())
    }
}
