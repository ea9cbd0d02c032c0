//! What a request carries: one JSON object, within a bound.

use axum::{body::Body, http::StatusCode};
use goal_agent::Refusal;
use serde_json::{Map, Value};

use crate::problem::Problem;

/// The longest body, in bytes.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// The object that a body is.
pub(crate) async fn object(body: Body) -> Result<Map<String, Value>, Problem> {
    let bytes = axum::body::to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| too_long())?;
    parse(&bytes)
}

/// The same of the bytes.
pub(crate) fn parse(bytes: &[u8]) -> Result<Map<String, Value>, Problem> {
    let wrong = |problem: String| {
        Problem::from(Refusal::validation("body", problem)).hint("send one JSON object; /docs shows what is in it")
    };
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(wrong("must be a JSON object".to_owned())),
        Err(_) if bytes.is_empty() => Err(wrong("is missing".to_owned())),
        Err(error) => Err(wrong(format!("is not JSON: {error}"))),
    }
}

/// A connection that breaks off ends here too, and then nobody reads the answer.
fn too_long() -> Problem {
    let message = format!("the body is longer than {BODY_BYTES_MAX} bytes, or it broke off");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_BIG", message).hint("send less at once, in several commands")
}
