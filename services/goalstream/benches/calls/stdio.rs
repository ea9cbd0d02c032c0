//! An MCP client over standard input and output: one line a message, one call at a time.

use std::{process::Stdio, time::Duration};

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::peer::Call;

/// How long any answer may take.
const ANSWER_BOUND: Duration = Duration::from_secs(60);
/// Of the era that all servers here speak.
const PROTOCOL: &str = "2025-06-18";

/// A server of its own and the pipes to it; the server ends with this value.
pub(crate) struct Pipes {
    _server: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    calls: u64,
}

impl Pipes {
    /// Starts a server and says hello to it.
    pub(crate) async fn open(mut server: Command) -> anyhow::Result<Self> {
        server.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut server = server.spawn().context("start a server")?;
        let input = server.stdin.take().context("it has a standard input")?;
        let output = BufReader::new(server.stdout.take().context("it has a standard output")?).lines();
        let mut pipes = Self { _server: server, input, output, calls: 0 };
        let about = json!({ "name": "benchmark", "version": "1" });
        let hello = json!({ "protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": about });
        pipes.ask("initialize", &hello).await?;
        pipes.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await?;
        Ok(pipes)
    }

    /// Calls a tool; its result, or why it was refused.
    pub(crate) async fn call(&mut self, call: &Call) -> anyhow::Result<Value> {
        let answer = self.ask("tools/call", &json!({ "name": call.tool, "arguments": call.arguments })).await?;
        let result = &answer["result"];
        if result.is_null() || result["isError"] == json!(true) {
            bail!("{} was refused: {answer}", call.tool);
        }
        Ok(result.clone())
    }

    async fn ask(&mut self, method: &str, params: &Value) -> anyhow::Result<Value> {
        self.calls += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": self.calls, "method": method, "params": params })).await?;
        timeout(ANSWER_BOUND, self.answer()).await.with_context(|| format!("wait for the answer to {method}"))?
    }

    async fn send(&mut self, message: &Value) -> anyhow::Result<()> {
        self.input.write_all(format!("{message}\n").as_bytes()).await.context("write to the server")
    }

    /// The next message that is an answer to the last call.
    async fn answer(&mut self) -> anyhow::Result<Value> {
        loop {
            let line = self.output.next_line().await?.context("the server has ended")?;
            let message: Value = serde_json::from_str(&line).context("understand the server")?;
            if message["id"] == json!(self.calls) {
                return Ok(message);
            }
        }
    }
}
