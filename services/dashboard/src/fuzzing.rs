//! What must hold whatever is asked of the dashboard. For `deploy/fuzzing` alone.

use axum::{
    extract::Query,
    http::{HeaderMap, HeaderValue, Uri},
};
use serde_json::Value;

use crate::{
    Problem,
    live::stream,
    rest::{self, commands::Command},
};

/// Bytes of a refusal. It may quote, but never all that was sent.
const REFUSAL_BYTES_MAX: usize = 1_000;

const LAST_EVENT_ID: &str = "last-event-id";

/// A list of goals is asked for with these parameters.
pub fn goals(query: &str) {
    let Some(given) = parameters(query) else { return };
    match rest::goals::wanted(given) {
        Ok((words, page)) => {
            assert!(words.is_none_or(|words| !words.trim().is_empty()), "nothing is searched for nothing");
            assert!(page.min_position.is_none_or(|position| read_again(position) == Some(position)));
        }
        Err(problem) => assert_tells(&problem),
    }
}

/// The live stream is asked for with these parameters, perhaps by a client that was connected before.
pub fn events(query: &str, last_event_id: Option<&[u8]>) {
    let Some(given) = parameters(query) else { return };
    let mut headers = HeaderMap::new();
    if let Some(Ok(id)) = last_event_id.map(HeaderValue::from_bytes) {
        headers.insert(LAST_EVENT_ID, id);
    }
    match stream::read(given, &headers).map(|wish| wish.after) {
        Ok(Some(position)) => assert_eq!(read_again(position), Some(position), "a frame's id leads back to its frame"),
        Ok(None) => assert!(headers.get(LAST_EVENT_ID).is_none_or(HeaderValue::is_empty), "who knows, says so"),
        Err(problem) => assert_tells(&problem),
    }
}

/// A command of this name is sent with this body. What was understood can be said again and means the same.
pub fn command(name: &str, body: &[u8]) {
    let Some(command) = Command::ALL.into_iter().find(|command| command.name() == name) else { return };
    let understood = rest::body::parse(body).and_then(|arguments| command.understood(arguments));
    match understood {
        Ok(Value::Object(arguments)) => {
            let again = command.understood(arguments.clone()).ok();
            assert_eq!(again, Some(Value::Object(arguments)), "what was understood is understood");
        }
        Ok(other) => panic!("{other} is no object"),
        Err(problem) => {
            let told = problem.told();
            let is_told = told["code"] == "VALIDATION" && told["field"].is_string() && told["message"].is_string();
            assert!(is_told, "{told}");
        }
    }
}

/// As the server takes an address apart; `None` when it would not even get here.
fn parameters(query: &str) -> Option<Vec<(String, String)>> {
    let uri: Uri = format!("/?{query}").parse().ok()?;
    let given =
        Query::try_from_uri(&uri).expect("any text is pairs of texts, since nothing in them has to be a number");
    Some(given.0)
}

/// Where a client comes in that says it has seen this position.
fn read_again(position: u64) -> Option<u64> {
    let id = HeaderValue::from(position);
    stream::read(Vec::new(), &HeaderMap::from_iter([(LAST_EVENT_ID.parse().ok()?, id)])).ok()?.after
}

fn assert_tells(problem: &Problem) {
    let told = serde_json::to_value(problem).expect("a problem is JSON");
    let text = |field: &str| told[field].as_str().unwrap_or_default().to_owned();
    assert_eq!((told["status"].as_u64(), text("code").as_str()), (Some(422), "VALIDATION"), "{told}");
    assert!(!text("field").is_empty() && !text("message").is_empty(), "{told}");
    assert!(Value::to_string(&told).len() <= REFUSAL_BYTES_MAX, "{told}");
}
