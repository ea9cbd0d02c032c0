//! As little HTTP as a test needs, on a plain socket: version 1.0, so that a body is simply everything until the end.

use std::{collections::HashMap, net::SocketAddr};

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use crate::world::eventually;

pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: HashMap<String, String>,
    body: BufReader<TcpStream>,
}

impl Answer {
    /// Asks; the answer's body is not read yet.
    pub(crate) async fn to(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::sent(address, "GET", path, headers, b"").await
    }

    /// Sends a request with a body.
    pub(crate) async fn sent(
        address: SocketAddr,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> anyhow::Result<Self> {
        let mut socket = TcpStream::connect(address).await?;
        let mut request = format!("{method} {path} HTTP/1.0\r\n");
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        if !headers.iter().any(|(name, _)| *name == "host") {
            request += "host: localhost\r\n";
        }
        if method != "GET" {
            request += &format!("content-length: {}\r\n", body.len());
        }
        socket.write_all((request + "\r\n").as_bytes()).await?;
        // A server that has read enough may close the door on the rest.
        let _ = socket.write_all(body).await;
        eventually("an answer begins", Self::read(BufReader::new(socket))).await?
    }

    /// Sends these bytes as they are.
    pub(crate) async fn raw(address: SocketAddr, request: &[u8]) -> anyhow::Result<Self> {
        let mut socket = TcpStream::connect(address).await?;
        socket.write_all(request).await?;
        eventually("an answer begins", Self::read(BufReader::new(socket))).await?
    }

    async fn read(mut body: BufReader<TcpStream>) -> anyhow::Result<Self> {
        let status = line(&mut body).await?.context("an answer")?;
        let status = status.split(' ').nth(1).context("a status")?.parse()?;
        let mut headers = HashMap::new();
        while let Some(header) = line(&mut body).await?.filter(|header| !header.is_empty()) {
            let (name, value) = header.split_once(": ").context("a header")?;
            headers.insert(name.to_lowercase(), value.to_owned());
        }
        Ok(Self { status, headers, body })
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }

    pub(crate) async fn text(self) -> anyhow::Result<String> {
        Ok(String::from_utf8(self.bytes().await?)?)
    }

    pub(crate) async fn bytes(mut self) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        eventually("an answer ends", self.body.read_to_end(&mut bytes)).await??;
        Ok(bytes)
    }

    pub(crate) async fn json(self) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(&self.text().await?)?)
    }
}

/// One message of a stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Message {
    pub(crate) id: Option<u64>,
    pub(crate) name: String,
    pub(crate) data: Value,
}

/// A client of the live stream that has been greeted.
pub(crate) struct Stream {
    body: BufReader<TcpStream>,
    pub(crate) hello: Value,
}

impl Stream {
    pub(crate) async fn open(address: SocketAddr, query: &str) -> anyhow::Result<Self> {
        Self::reopen(address, query, &[]).await
    }

    pub(crate) async fn reopen(address: SocketAddr, query: &str, headers: &[(&str, &str)]) -> anyhow::Result<Self> {
        let answer = Answer::to(address, &format!("/events{query}"), headers).await?;
        ensure!(answer.status == 200, "status {} instead of a stream", answer.status);
        ensure!(answer.header("content-type") == "text/event-stream", "it is a stream");
        ensure!(answer.header("cache-control") == "no-cache, no-transform", "nobody keeps it");
        ensure!(answer.header("x-accel-buffering") == "no", "nobody gathers it");
        ensure!(answer.header("content-encoding").is_empty(), "it is not compressed");
        let mut stream = Self { body: answer.body, hello: Value::Null };
        let hello = stream.next().await?;
        ensure!(hello.name == "hello" && hello.id.is_none(), "instead of hello came {hello:?}");
        stream.hello = hello.data;
        Ok(stream)
    }

    /// The next message; an error at the end.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Message> {
        eventually("a message comes", self.read()).await?
    }

    /// Waits for a sign of life.
    pub(crate) async fn heartbeat(&mut self) -> anyhow::Result<()> {
        let beat = eventually("a heartbeat comes", line(&mut self.body)).await??;
        ensure!(beat.as_deref() == Some(": alive"), "instead of a heartbeat came {beat:?}");
        line(&mut self.body).await.map(|_empty| ())
    }

    async fn read(&mut self) -> anyhow::Result<Message> {
        let mut message = Message { id: None, name: String::new(), data: Value::Null };
        while let Some(line) = line(&mut self.body).await? {
            match line.split_once(": ") {
                Some(("id", id)) => message.id = Some(id.parse()?),
                Some(("event", name)) => message.name = name.to_owned(),
                Some(("data", data)) => message.data = serde_json::from_str(data)?,
                None if line.is_empty() && !message.name.is_empty() => return Ok(message),
                _ => {}
            }
        }
        bail!("the stream ended")
    }

    /// Reads on to a position, which must come without a gap or a repeat.
    pub(crate) async fn positions(&mut self, expected: std::ops::RangeInclusive<u64>) -> anyhow::Result<Vec<Message>> {
        let mut messages = Vec::new();
        for position in expected {
            let message = self.next().await?;
            ensure!(message.id == Some(position), "instead of {position} came {message:?}");
            messages.push(message);
        }
        Ok(messages)
    }
}

async fn line(body: &mut BufReader<TcpStream>) -> anyhow::Result<Option<String>> {
    let mut line = String::new();
    let read = body.read_line(&mut line).await?;
    Ok((read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}
