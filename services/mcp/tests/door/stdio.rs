//! What standard input alone can get wrong: the door answers, and stays open.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf},
    task::JoinHandle,
};

use crate::world::starting_door;

/// Longer than anything here takes, so that a hang is a failure.
const ANSWER_BOUND: Duration = Duration::from_secs(20);

struct Pipe {
    input: WriteHalf<DuplexStream>,
    output: Lines<BufReader<ReadHalf<DuplexStream>>>,
    serving: JoinHandle<Result<(), mcp::stdio::StdioError>>,
}

impl Pipe {
    fn open() -> Self {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let (output, input) = tokio::io::split(ours);
        let (their_input, their_output) = tokio::io::split(theirs);
        let serving = tokio::spawn(async move {
            let (_starting, door) = starting_door();
            mcp::stdio::serve_on(&door, their_input, their_output).await
        });
        Self { input, output: BufReader::new(output).lines(), serving }
    }

    async fn send(&mut self, line: &[u8]) -> Result<()> {
        self.input.write_all(line).await?;
        Ok(self.input.write_all(b"\n").await?)
    }

    async fn answer(&mut self) -> Result<Value> {
        let line = tokio::time::timeout(ANSWER_BOUND, self.output.next_line()).await.context("no answer")??;
        Ok(serde_json::from_str(&line.context("the door closed")?)?)
    }

    async fn initialize(&mut self) -> Result<Value> {
        let client = json!({ "name": "raw", "version": "1" });
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
        let request = json!({ "jsonrpc": "2.0", "id": "hello", "method": "initialize", "params": params });
        self.send(request.to_string().as_bytes()).await?;
        self.answer().await
    }
}

/// Lines that are no message, the code they are answered with, and the id.
fn garbage() -> Vec<(Vec<u8>, i64, Value)> {
    let deep =
        format!(r#"{{"jsonrpc":"2.0","id":6,"method":"tools/call","params":{}{}}}"#, "[".repeat(500), "]".repeat(500));
    vec![
        (b"\xff\xfe\xfd".to_vec(), -32700, Value::Null),
        (br#"{"jsonrpc":"2.0","id":1,"method":"tools/li"#.to_vec(), -32700, Value::Null),
        (b"hello".to_vec(), -32700, Value::Null),
        (deep.into_bytes(), -32700, json!(6)),
        (b"[]".to_vec(), -32600, Value::Null),
        (br#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":5}}"#.to_vec(), -32602, json!(7)),
        (br#"{"id":8,"method":"tools/list"}"#.to_vec(), -32600, json!(8)),
        (vec![b'x'; mcp::stdio::MESSAGE_BYTES_MAX + 1], -32600, Value::Null),
    ]
}

async fn answers_garbage(pipe: &mut Pipe) -> Result<()> {
    for (line, code, id) in garbage() {
        pipe.send(&line).await?;
        let answer = pipe.answer().await?;
        let shown = String::from_utf8_lossy(&line[..line.len().min(80)]).into_owned();
        assert_eq!(answer["error"]["code"], code, "{shown}: {answer}");
        assert_eq!(answer.get("id").cloned().unwrap_or_default(), id, "{shown}: {answer}");
    }
    Ok(())
}

#[tokio::test]
async fn garbage_is_answered_before_and_after_the_first_message() -> Result<()> {
    let mut pipe = Pipe::open();
    answers_garbage(&mut pipe).await?;
    assert_eq!(pipe.initialize().await?["result"]["serverInfo"]["name"], "goalstream");
    answers_garbage(&mut pipe).await?;
    pipe.send(br#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#).await?;
    assert_eq!(pipe.answer().await?["result"]["tools"].as_array().unwrap().len(), 11);
    Ok(())
}

#[tokio::test]
async fn notifications_before_the_first_request_do_not_end_the_door() -> Result<()> {
    let mut pipe = Pipe::open();
    pipe.send(br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await?;
    pipe.send(br#"{"jsonrpc":"2.0","method":"$/setTrace","params":{"value":"off"}}"#).await?;
    pipe.send(br#"{"jsonrpc":"2.0","id":9,"result":{}}"#).await?;
    pipe.send(b"").await?;
    assert_eq!(pipe.initialize().await?["id"], "hello");
    Ok(())
}

#[tokio::test]
async fn the_door_ends_when_the_client_closes_its_end() -> Result<()> {
    let mut silent = Pipe::open();
    silent.input.shutdown().await?;
    tokio::time::timeout(ANSWER_BOUND, silent.serving).await???;

    let mut pipe = Pipe::open();
    pipe.initialize().await?;
    pipe.send(br#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"find"}}"#).await?;
    pipe.input.shutdown().await?;
    let last = pipe.answer().await?;
    assert_eq!(last["result"]["structuredContent"]["code"], "BUSY", "what was asked is still answered: {last}");
    tokio::time::timeout(ANSWER_BOUND, pipe.serving).await???;
    Ok(())
}
