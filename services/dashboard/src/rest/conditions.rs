//! What the headers of a write say beside its body: under which id it is remembered, and which version it takes for granted.

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use goal_agent::Refusal;
use serde_json::{Map, Value};

use super::commands::Command;
use crate::problem::Problem;

/// Says under which id a command is remembered.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The same in the body.
const REQUEST_ID: &str = "request_id";
/// What `If-Match` means in the body.
const EXPECT_VERSION: &str = "expect_version";

/// The id that the header gives a command.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(key) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = key.to_str().ok().map(|key| key.trim().trim_matches('"')).filter(|key| !key.is_empty());
    key.map(Some).ok_or_else(|| Refusal::validation("Idempotency-Key", "must be 1 to 200 visible characters").into())
}

/// Writes the id into the arguments; one that is there already must be the same.
pub(crate) fn remember_as(key: &str, arguments: &mut Map<String, Value>) -> Result<(), Problem> {
    match arguments.get(REQUEST_ID) {
        None | Some(Value::Null) => _ = arguments.insert(REQUEST_ID.to_owned(), key.into()),
        Some(Value::String(same)) if same == key => {}
        Some(_) => {
            return Err(Problem::from(Refusal::validation("Idempotency-Key", "differs from request_id in the body"))
                .hint("give one of the two"));
        }
    }
    Ok(())
}

/// Writes the version that must still hold into the arguments, and returns it.
pub(crate) fn expect(
    headers: &HeaderMap,
    command: Command,
    arguments: &mut Map<String, Value>,
) -> Result<Option<u64>, Problem> {
    let Some(given) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let wrong = |problem: &str| Problem::from(Refusal::validation("If-Match", problem));
    let version = given.to_str().ok().and_then(version);
    let version = version.ok_or_else(|| wrong("must be one version in quotes, such as \"7\", or an ETag of ours"))?;
    if !command.knows_versions() {
        return Err(wrong("goes with update only: no other command is about a version").hint("leave it out"));
    }
    match arguments.get(EXPECT_VERSION) {
        None | Some(Value::Null) => _ = arguments.insert(EXPECT_VERSION.to_owned(), version.into()),
        Some(same) if same.as_u64() == Some(version) => {}
        Some(_) => return Err(wrong("differs from expect_version in the body").hint("give one of the two")),
    }
    Ok(Some(version))
}

/// The version in an ETag: what stands before a dot tells the version, what stands behind it the answer.
fn version(tag: &str) -> Option<u64> {
    let tag = tag.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')?;
    tag.split_once('.').map_or(tag, |(version, _)| version).parse().ok()
}

/// A version that no longer holds has a status of its own; any other conflict keeps its.
pub(crate) fn precondition(expected: Option<u64>, mut problem: Problem) -> Problem {
    let now = problem.detail("current_version").and_then(Value::as_u64);
    if problem.code() == "CONFLICT" && expected.zip(now).is_some_and(|(expected, now)| expected != now) {
        problem.set_status(StatusCode::PRECONDITION_FAILED);
    }
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_what_an_answer_carried() {
        for tag in ["\"7\"", " \"7\" ", "W/\"7\"", "\"7.0a1b\"", "W/\"7.0a1b\""] {
            assert_eq!(version(tag), Some(7), "{tag}");
        }
        for tag in ["7", "*", "\"\"", "\"x\"", "\"7\", \"8\"", "\"-1\""] {
            assert_eq!(version(tag), None, "{tag}");
        }
    }
}
