//! From lines to messages, with an answer for every line that is none.
//!
//! The protocol's library skips what it cannot parse, which leaves a client waiting that sent a request; and it ends when the first
//! thing it hears is not a request. Both are caught here.

use rmcp::{
    ErrorData,
    model::{ClientJsonRpcMessage, ClientRequest, GetMeta, RequestId, ServerJsonRpcMessage},
};
use serde::Deserialize;
use serde_json::Value;
use tokio::{io::AsyncRead, sync::mpsc};

use super::{
    MESSAGE_BYTES_MAX,
    lines::{Line, Lines},
};

/// What one line is.
#[derive(Debug)]
pub(crate) enum Heard {
    Message(Box<ClientJsonRpcMessage>),
    /// Nothing that wants an answer.
    Nothing,
    Wrong(ErrorData, Option<RequestId>),
}

/// As much of a message as says whom to answer. All else is skipped without being read, however deep it is.
#[derive(Deserialize)]
struct Envelope {
    id: Option<RequestId>,
    method: Option<String>,
}

/// Reads until the input ends or nobody listens.
pub(super) async fn read(
    input: impl AsyncRead + Unpin,
    messages: mpsc::Sender<ClientJsonRpcMessage>,
    answers: mpsc::Sender<ServerJsonRpcMessage>,
) {
    let mut lines = Lines::new(input, MESSAGE_BYTES_MAX);
    let mut opened = false;
    loop {
        let heard = match lines.next().await {
            Ok(Some(Line::Whole(line))) => hear(&line),
            Ok(Some(Line::TooLong)) => {
                let error = format!("a message may have {MESSAGE_BYTES_MAX} bytes; send it in parts");
                Heard::Wrong(ErrorData::invalid_request(error, None), None)
            }
            Ok(None) => return,
            Err(error) => return tracing::error!(%error, "standard input cannot be read"),
        };
        let delivered = match heard {
            Heard::Message(message) => {
                opened |= opens(&message);
                if !opened && !matches!(*message, ClientJsonRpcMessage::Request(_)) {
                    tracing::debug!("skipped a message before the first request");
                    continue;
                }
                messages.send(*message).await.is_ok()
            }
            Heard::Nothing => continue,
            Heard::Wrong(error, id) => {
                tracing::warn!(error = %error.message, "a line on standard input is not a message");
                answers.send(ServerJsonRpcMessage::error(error, id)).await.is_ok()
            }
        };
        if !delivered {
            return;
        }
    }
}

/// Whether this begins a conversation; before that, the library accepts requests only.
fn opens(message: &ClientJsonRpcMessage) -> bool {
    let ClientJsonRpcMessage::Request(request) = message else { return false };
    match &request.request {
        ClientRequest::InitializeRequest(_) => true,
        ClientRequest::DiscoverRequest(_) | ClientRequest::PingRequest(_) => false,
        request => request.get_meta().protocol_version().is_some(),
    }
}

/// What a line says.
pub(crate) fn hear(line: &[u8]) -> Heard {
    if line.iter().all(u8::is_ascii_whitespace) {
        return Heard::Nothing;
    }
    let Ok(text) = std::str::from_utf8(line) else {
        return Heard::Wrong(ErrorData::parse_error("the line is not UTF-8", None), None);
    };
    let text = text.trim_start_matches('\u{feff}');
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            let id = serde_json::from_str(text).ok().and_then(|Envelope { id, .. }| id);
            return Heard::Wrong(ErrorData::parse_error(format!("the line is not JSON: {error}"), None), id);
        }
    };
    match ClientJsonRpcMessage::deserialize(&value) {
        Ok(message) => Heard::Message(Box::new(message)),
        Err(_) => misunderstood(&value),
    }
}

/// JSON, but none of the messages there are. A notification is never answered.
fn misunderstood(value: &Value) -> Heard {
    match Envelope::deserialize(value) {
        Ok(Envelope { id: None, method: Some(_) }) => Heard::Nothing,
        Ok(Envelope { id, .. }) => {
            Heard::Wrong(ErrorData::invalid_request("the line is not a JSON-RPC message", None), id)
        }
        Err(_) => Heard::Wrong(ErrorData::invalid_request("the line is not a JSON-RPC message", None), None),
    }
}
