//! The MCP door over HTTP, as a client meets it, with nothing behind it.

use std::cell::RefCell;

use axum::{Router, body::Body};
use http::{Method, Request, Response, header};
use mcp::{Behind, Door, DoorConfig};
use tokio::{runtime::Runtime, sync::watch};
use tower::ServiceExt;

/// Bytes of an answer. The list of tools is the longest there is.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Few, so that they are ended all the time.
const SESSIONS_MAX: usize = 4;

thread_local! {
    static SERVER: RefCell<Option<(Runtime, Router)>> = const { RefCell::new(None) };
}

/// Lines of headers, an empty line, and the body of a request.
pub fn mcp_http(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (head, body) = text.split_once("\n\n").unwrap_or(("", &text));
    let Some(request) = request(head, body) else { return };
    SERVER.with_borrow_mut(|server| {
        let (runtime, router) = server.get_or_insert_with(start);
        runtime.block_on(async {
            let Ok(response) = router.clone().oneshot(request).await;
            assert_answers(response).await;
        });
    });
}

fn start() -> (Runtime, Router) {
    let away = Behind::Away { reason: "nothing is behind this door".to_owned() };
    let config = DoorConfig { sessions_max: SESSIONS_MAX, ..DoorConfig::default() };
    let router = Door::new(watch::channel(away).1, config).http_service();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    (runtime.expect("a runtime needs no more than a thread"), router)
}

/// Whatever is not said is as clients of the newer era have it.
fn request(head: &str, body: &str) -> Option<Request<Body>> {
    let mut request = Request::builder().method(Method::POST).uri(mcp::PATH).header(header::HOST, "localhost");
    let given: Vec<(&str, &str)> = head.lines().filter_map(|line| line.split_once(':')).collect();
    let usual = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
    let missing = usual.iter().filter(|(name, _)| !given.iter().any(|(given, _)| given.eq_ignore_ascii_case(name)));
    for (name, value) in given.iter().chain(missing) {
        request = request.header(name.trim(), value.trim());
    }
    request.body(Body::from(body.to_owned())).ok()
}

/// Streams are not waited for: they end when nothing more is said, or with the session.
async fn assert_answers(response: Response<Body>) {
    assert!(!response.status().is_server_error(), "{response:?}");
    let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if is_json {
        let body = axum::body::to_bytes(response.into_body(), ANSWER_BYTES_MAX).await;
        let body = body.expect("no answer is longer than the list of tools");
        serde_json::from_slice::<serde_json::Value>(&body).expect("what is called JSON is JSON");
    }
}
