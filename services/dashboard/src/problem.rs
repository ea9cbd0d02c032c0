//! How a request ends badly: problem JSON with the code, message and hint that every door shares.

use std::any::Any;

use axum::{
    Json,
    http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use goal_agent::{Described, Refusal};
use serde::Serialize;
use serde_json::{Map, Value};

/// When to try again after a failure that does not say so itself.
const RETRY_AFTER_MS: u64 = 2_000;
/// Characters of a text in a problem. It may quote what was sent, and that may be anything.
const QUOTED_CHARACTERS_MAX: usize = 1_000;

/// An answer that is no success.
#[derive(Debug, Serialize)]
pub struct Problem {
    #[serde(serialize_with = "as_number")]
    status: StatusCode,
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(flatten)]
    details: Map<String, Value>,
}

/// The code of a problem, left on its response for the metrics.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ErrorType(pub(crate) &'static str);

impl Problem {
    /// With a code of one word in capitals, and a message that is a sentence.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), hint: None, details: Map::new() }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn set_status(&mut self, status: StatusCode) {
        self.status = status;
    }

    pub(crate) fn detail(&self, name: &str) -> Option<&Value> {
        self.details.get(name)
    }

    /// As it is sent.
    pub(crate) fn told(&self) -> Value {
        serde_json::to_value(self).expect("a problem has text keys and finite numbers only")
    }

    /// We cannot answer now; the caller may try again.
    pub fn unavailable(message: impl Into<String>) -> Self {
        let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message);
        problem.details.insert("retry_after_ms".to_owned(), RETRY_AFTER_MS.into());
        problem
    }

    /// Whole seconds, rounded up: the header knows no finer.
    fn retry_after(&self) -> Option<HeaderValue> {
        let retry_after_ms = self.details.get("retry_after_ms")?.as_u64()?;
        Some(retry_after_ms.div_ceil(1000).into())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        refusal.describe().into()
    }
}

impl From<Described> for Problem {
    fn from(Described { code, mut message, hint, mut details }: Described) -> Self {
        shorten(&mut message);
        details.values_mut().for_each(shorten_all);
        Self { status: status_of(code), code, message, hint, details }
    }
}

fn shorten_all(value: &mut Value) {
    match value {
        Value::String(text) => shorten(text),
        Value::Array(items) => items.iter_mut().for_each(shorten_all),
        Value::Object(fields) => fields.values_mut().for_each(shorten_all),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn shorten(text: &mut String) {
    if let Some((end, _)) = text.char_indices().nth(QUOTED_CHARACTERS_MAX) {
        text.truncate(end);
        text.push('…');
    }
}

fn status_of(code: &str) -> StatusCode {
    match code {
        "NOT_FOUND" => StatusCode::NOT_FOUND,
        "VALIDATION" => StatusCode::UNPROCESSABLE_ENTITY,
        "CONFLICT" | "FENCED" | "CLAIMED" | "BLOCKED" | "CYCLE" | "CRITERIA_OPEN" => StatusCode::CONFLICT,
        "TOO_BIG" => StatusCode::PAYLOAD_TOO_LARGE,
        // It is the server that has too much to do, whoever of its callers it is.
        "BUSY" | "UNAVAILABLE" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, code, retry_after) = (self.status, self.code, self.retry_after());
        let kind: (HeaderName, HeaderValue) =
            (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let mut response = (status, [kind], Json(self)).into_response();
        if let Some(retry_after) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, retry_after);
        }
        response.extensions_mut().insert(ErrorType(code));
        response
    }
}

/// Whatever is asked for that is not there.
pub(crate) async fn no_such_page(uri: Uri) -> Problem {
    let shown: String = uri.path().chars().take(100).collect();
    Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", format!("there is nothing at {shown}"))
        .hint("the page is at /, goals at /api/v1/goals, events at /api/v1/events, the live stream at /events")
}

/// Whatever is there for other methods.
pub(crate) async fn no_such_method(method: Method, uri: Uri) -> Problem {
    let shown: String = uri.path().chars().take(100).collect();
    let message = format!("{shown} is not there for {method}");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message)
        .hint("the header Allow says which methods are; what can be done is at /api/v1/commands")
}

/// A bug of ours met this request; the next one is served all the same.
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let said = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = said.unwrap_or("unknown"), "a request panicked");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "this should not have happened; it has been logged")
        .into_response()
}

fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_status_and_says_when_to_return() {
        let busy = Problem::from(Refusal::Busy { retry_after_ms: 1_200 }).into_response();
        assert_eq!(busy.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(busy.headers()[header::RETRY_AFTER], "2");

        let away = Refusal::Unavailable { reason: "the database is away".into(), retry_after_ms: 500 };
        let away = Problem::from(away).into_response();
        assert_eq!(away.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(away.headers()[header::RETRY_AFTER], "1");

        let invalid = Problem::from(Refusal::validation("limit", "must be 1 to 200")).into_response();
        assert_eq!(invalid.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert!(invalid.headers().get(header::RETRY_AFTER).is_none());
        assert_eq!(invalid.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(invalid.extensions().get::<ErrorType>().unwrap().0, "VALIDATION");
    }

    #[test]
    fn no_code_of_a_rule_is_our_failure() {
        let codes = [
            "NOT_FOUND",
            "VALIDATION",
            "CONFLICT",
            "FENCED",
            "CLAIMED",
            "BLOCKED",
            "CYCLE",
            "CRITERIA_OPEN",
            "TOO_BIG",
        ];
        for code in codes {
            assert!(status_of(code).is_client_error(), "{code}");
        }
    }
}
