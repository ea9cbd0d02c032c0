//! From a stdio door to the running instance, over its HTTP door on the loopback interface.
//!
//! Each is one request of the protocol's newer era, which has no sessions: nothing has to be set up again when the
//! instance was restarted, and the real client's name travels in the request itself. The answer goes back as it came.
//!
//! A call that cannot be delivered is delivered anew, to wherever the instance is by then. One whose answer was lost is only repeated
//! when that is safe: a read, or a write with a request id.

use std::{future::Future, net::IpAddr, pin::Pin, sync::Arc, time::Duration};

use reqwest::{Client, RequestBuilder, StatusCode, Url, header};
use rmcp::{
    ErrorData,
    model::{ClientCapabilities, Implementation, ProtocolVersion, RequestMetaObject, SubscriptionFilter},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::{answer::Told, call::CALL_BOUND};

/// How long to wait before each delivery of one call: an instance that restarts is back within a moment.
const DELIVERY_DELAYS: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(100), Duration::from_millis(500), Duration::from_millis(1_500)];

/// How long a connection on this machine may take.
const CONNECT_BOUND: Duration = Duration::from_secs(2);

/// How long the instance may take for an answer: longer than its own bound, so that its word comes first.
const ANSWER_BOUND: Duration = CALL_BOUND.saturating_add(Duration::from_secs(5));

/// How long it may take to find the instance, or to start one.
const DISCOVERY_BOUND: Duration = Duration::from_secs(20);

/// The protocol's word for being told of changes.
const LISTEN: &str = "subscriptions/listen";

/// How long one stream of changes may last before it is opened anew.
const LISTENING_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// How long the instance may be silent meanwhile: it says that it is there every fifteen seconds.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// Bytes of one line of it.
const EVENT_BYTES_MAX: usize = 256 * 1024;

/// When to try again after the instance could not be reached.
const RETRY_AFTER_MS: u64 = 2_000;

/// Finds the running instance, starting one if there is none; answers the URL of its MCP door, or why there is none. It may be
/// called again whenever the instance does not answer, but never twice at once.
pub type Discover = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<String, String>> + Send>> + Send + Sync>;

/// A bridge that could not be made.
#[derive(Debug, thiserror::Error)]
#[error("make an HTTP client")]
pub struct BridgeError(#[from] reqwest::Error);

/// The way to the running instance. Cheap to clone.
#[derive(Clone)]
pub struct Bridge {
    http: Client,
    discover: Discover,
    instance: Arc<Mutex<Option<Url>>>,
}

/// A request without an answer.
pub(crate) enum Undone {
    /// The model should read why.
    Told(Told),
    /// The request itself was wrong, as far as the protocol goes.
    Protocol(ErrorData),
}

impl From<Told> for Undone {
    fn from(told: Told) -> Self {
        Self::Told(told)
    }
}

/// A delivery that led to no answer.
enum Lost {
    /// It never arrived.
    Undelivered,
    /// It may have arrived.
    Unanswered(String),
}

/// One request to the instance.
pub(crate) struct Asked<'a> {
    /// For example `tools/call`.
    pub(crate) method: &'static str,
    /// What is called or read, which the protocol wants to see without opening the body; nothing where there is no such thing.
    pub(crate) name: Option<&'a str>,
    /// Its parameters, an object.
    pub(crate) params: Value,
    /// Whether it may be sent again when its answer was lost.
    pub(crate) repeatable: bool,
}

/// What comes back.
#[derive(Deserialize)]
struct Response<T> {
    #[serde(default = "Option::default")]
    result: Option<T>,
    error: Option<ErrorData>,
}

impl Bridge {
    /// Whether a bridge may lead to this address.
    ///
    /// # Errors
    /// Why not: it is no URL, or not on this machine.
    pub fn check_address(url: &str) -> Result<(), String> {
        local(url).map(drop)
    }

    /// A bridge to the instance that `discover` finds.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn new(discover: Discover) -> Result<Self, BridgeError> {
        // A proxy of the environment has no business on the loopback interface.
        let http = Client::builder().no_proxy().connect_timeout(CONNECT_BOUND).timeout(ANSWER_BOUND).build()?;
        Ok(Self { http, discover, instance: Arc::default() })
    }

    /// Has the instance answer a request, and answers what it answers.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        asked: Asked<'_>,
        meta: RequestMetaObject,
    ) -> Result<T, Undone> {
        let Asked { method, name, mut params, repeatable } = asked;
        params["_meta"] = json!(meta);
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let mut failed = None;
        for delay in DELIVERY_DELAYS {
            tokio::time::sleep(delay).await;
            let url = self.instance(failed.take()).await?;
            match self.deliver(&url, (method, name), body.clone()).await? {
                Ok(result) => return Ok(result),
                Err(Lost::Undelivered) => {}
                Err(Lost::Unanswered(reason)) if repeatable => tracing::info!(reason, "repeating a request"),
                Err(Lost::Unanswered(reason)) => {
                    let reason = format!(
                        "the answer of the running instance was lost ({reason}) and the call may have taken effect"
                    );
                    return Err(Told::unavailable(reason, RETRY_AFTER_MS).into());
                }
            }
            failed = Some(url);
        }
        Err(Told::unavailable("the running instance cannot be reached", RETRY_AFTER_MS).into())
    }

    /// Where the instance is. One task looks for it at a time; whoever waited takes what was found.
    async fn instance(&self, failed: Option<Url>) -> Result<Url, Told> {
        let mut instance = self.instance.lock().await;
        if let Some(known) = instance.as_ref()
            && failed.as_ref() != Some(known)
        {
            return Ok(known.clone());
        }
        *instance = None;
        let found = tokio::time::timeout(DISCOVERY_BOUND, (self.discover)()).await;
        let found = found.unwrap_or_else(|_elapsed| Err("the instance takes long to start".to_owned()));
        let url = found.and_then(|url| local(&url)).map_err(|reason| Told::unavailable(reason, RETRY_AFTER_MS))?;
        Ok(instance.insert(url).clone())
    }

    fn request(&self, url: &Url, (method, name): (&str, Option<&str>), body: String) -> RequestBuilder {
        let request = self
            .http
            .post(url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header("MCP-Protocol-Version", ProtocolVersion::V_2026_07_28.as_str())
            .header("Mcp-Method", method)
            .body(body);
        // What no header can hold is no name of ours; the instance says so.
        match name.and_then(|name| header::HeaderValue::from_str(name).ok()) {
            Some(name) => request.header("Mcp-Name", name),
            None => request,
        }
    }

    async fn deliver<T: DeserializeOwned>(
        &self,
        url: &Url,
        sent: (&str, Option<&str>),
        body: String,
    ) -> Result<Result<T, Lost>, Undone> {
        let response = match self.request(url, sent, body).send().await {
            Ok(response) => response,
            Err(error) if error.is_connect() => return Ok(Err(Lost::Undelivered)),
            Err(error) => return Ok(Err(Lost::Unanswered(error.to_string()))),
        };
        let status = response.status();
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            let hint = "send it in parts: create_goal first, then add_tasks";
            return Err(Told::too_big("the call is larger than the instance accepts", hint).into());
        }
        let body = match response.bytes().await {
            Ok(body) => body,
            Err(error) => return Ok(Err(Lost::Unanswered(error.to_string()))),
        };
        match serde_json::from_slice(&body) {
            Ok(Response { result: Some(result), .. }) => Ok(Ok(result)),
            Ok(Response { error: Some(error), .. }) => Err(Undone::Protocol(error)),
            _ => Ok(Err(Lost::Unanswered(format!("it answered {status} without a result")))),
        }
    }
}

/// Events that the instance sends for as long as it is listened to.
pub(crate) struct Events {
    response: reqwest::Response,
    /// What has come and is not a whole line yet.
    rest: Vec<u8>,
}

impl Bridge {
    /// Listens to what this filter lets through.
    pub(crate) async fn listen(&self, filter: &SubscriptionFilter, us: Implementation) -> Result<Events, String> {
        let url = self.instance(None).await.map_err(|told| told.described.message)?;
        let mut meta = RequestMetaObject::new();
        describe_client(Some(us), &mut meta);
        let params = json!({ "notifications": filter, "_meta": meta });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": LISTEN, "params": params }).to_string();
        let request = self.request(&url, (LISTEN, None), body).timeout(LISTENING_MAX);
        let response = match request.send().await {
            Ok(response) if response.status().is_success() => response,
            Ok(response) => return Err(format!("it answered {}", response.status())),
            Err(error) => {
                // It may be elsewhere by now.
                let _ = self.instance(Some(url)).await;
                return Err(error.to_string());
            }
        };
        Ok(Events { response, rest: Vec::new() })
    }
}

impl Events {
    /// The next one; why there are no more.
    pub(crate) async fn next(&mut self) -> Result<String, String> {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line);
                // Other lines say that it is still there, or name an event that has no name.
                match line.strip_prefix("data:") {
                    Some(event) => return Ok(event.trim().to_owned()),
                    None => continue,
                }
            }
            if self.rest.len() > EVENT_BYTES_MAX {
                return Err("a line of it is too long".to_owned());
            }
            match tokio::time::timeout(SILENCE_MAX, self.response.chunk()).await {
                Ok(Ok(Some(chunk))) => self.rest.extend_from_slice(&chunk),
                Ok(Ok(None)) => return Err("it ended the stream".to_owned()),
                Ok(Err(error)) => return Err(error.to_string()),
                Err(_elapsed) => return Err("it was silent for too long".to_owned()),
            }
        }
    }
}

/// The URL, if it leads to this machine: callers' identities are not sent anywhere else.
fn local(url: &str) -> Result<Url, String> {
    let url = Url::parse(url).map_err(|error| format!("the instance's address is not a URL: {error}"))?;
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    if host == "localhost" || address.is_ok_and(|address| address.is_loopback()) {
        Ok(url)
    } else {
        Err(format!("the instance's address {host} is not on this machine"))
    }
}

/// Completes what every request of the newer era must say about its client.
pub(crate) fn describe_client(client: Option<Implementation>, meta: &mut RequestMetaObject) {
    let client = client.unwrap_or_else(|| Implementation::new("anonymous", "0"));
    meta.set_protocol_version(ProtocolVersion::V_2026_07_28);
    meta.set_client_info(client);
    // What the client can do matters to nobody behind: nothing is ever asked back over this way.
    meta.set_client_capabilities(ClientCapabilities::default());
    meta.remove("progressToken");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_trusted_with_identities() {
        for url in ["http://127.0.0.1:8080/mcp", "http://localhost:1/mcp", "http://[::1]:9/mcp"] {
            assert!(local(url).is_ok(), "{url}");
        }
        for url in ["http://10.0.0.1/mcp", "http://localhost.example.org/mcp", "not a url"] {
            assert!(local(url).is_err(), "{url}");
        }
    }
}
