//! ETags: whoever has an answer already is told so instead of being sent it again.
//!
//! A tag is the version of what was asked for, and behind a dot a fingerprint of the whole answer but its position. The version is what
//! `If-Match` goes by. It would not do for `If-None-Match`: a goal's tasks move, leases run out and comments come without it.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::FRESH;

/// The position moves with every event, whatever it is about.
const NOT_TOLD_BY: &str = "position";

/// The answer with its tag, or that it is the one that is known.
pub(crate) fn tagged(headers: &HeaderMap, version: u64, answer: Value) -> Response {
    let tag = format!("\"{version}.{:016x}\"", fingerprint(&answer));
    let value = HeaderValue::from_str(&tag).expect("digits and quotes can stand in a header");
    let about = [FRESH.0, header::ETAG].into_iter().zip([HeaderValue::from_static(FRESH.1), value]);
    let about = HeaderMap::from_iter(about);
    match headers.get(header::IF_NONE_MATCH).is_some_and(|known| mentions(known, &tag)) {
        true => (StatusCode::NOT_MODIFIED, about).into_response(),
        false => (about, Json(answer)).into_response(),
    }
}

fn fingerprint(answer: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (name, value) in answer.as_object().into_iter().flatten().filter(|(name, _)| *name != NOT_TOLD_BY) {
        (name, value.to_string()).hash(&mut hasher);
    }
    hasher.finish()
}

/// Caches on the way may have weakened it.
fn mentions(known: &HeaderValue, tag: &str) -> bool {
    let known = known.to_str().unwrap_or_default();
    known.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status(known: &str, answer: Value) -> StatusCode {
        let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_str(known).unwrap())]);
        tagged(&headers, 7, answer).status()
    }

    #[test]
    fn an_answer_is_the_same_whatever_the_log_has_got_to() {
        let first = tagged(&HeaderMap::new(), 7, json!({ "position": 1, "task": { "id": "TASK-0001" } }));
        let tag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
        assert!(tag.starts_with("\"7."), "{tag}");
        let later = json!({ "position": 2, "task": { "id": "TASK-0001" } });
        for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            assert_eq!(status(&known, later.clone()), StatusCode::NOT_MODIFIED, "{known}");
        }
        let other = json!({ "position": 2, "task": { "id": "TASK-0001", "claim": {} } });
        assert_eq!(status(&tag, other), StatusCode::OK, "a lease came without the version's doing");
    }
}
