//! Who asks, as far as a request says.
//!
//! There is no log-in yet, so the name in the header is a claim and no proof; whoever can reach the server can say any.

use axum::http::{HeaderMap, HeaderName};
use domain::ActorKind;
use goal_agent::{Caller, Refusal};

use crate::problem::Problem;

/// The name of whoever asks.
pub(crate) const ACTOR: HeaderName = HeaderName::from_static("x-goalstream-actor");
/// The trace that a request belongs to.
const TRACEPARENT: &str = "traceparent";
/// Whoever does not say a name.
const NOBODY_IN_PARTICULAR: &str = "dashboard";
/// The longest name, in characters.
const NAME_CHARACTERS_MAX: usize = 100;

/// The caller that these headers tell.
pub(crate) fn caller(headers: &HeaderMap) -> Result<Caller, Problem> {
    let mut caller = Caller::new(name(headers)?, ActorKind::Human);
    caller.traceparent = headers.get(TRACEPARENT).and_then(|value| value.to_str().ok()?.parse().ok());
    Ok(caller)
}

/// The page itself, for whoever opens it.
pub(crate) fn nobody_in_particular() -> Caller {
    Caller::new(NOBODY_IN_PARTICULAR, ActorKind::Human)
}

fn name(headers: &HeaderMap) -> Result<String, Problem> {
    let Some(given) = headers.get(ACTOR) else { return Ok(NOBODY_IN_PARTICULAR.to_owned()) };
    let name = std::str::from_utf8(given.as_bytes()).unwrap_or_default().trim();
    match !name.is_empty() && name.chars().count() <= NAME_CHARACTERS_MAX && !name.chars().any(char::is_control) {
        true => Ok(name.to_owned()),
        false => {
            let expected = format!("must be a name of 1 to {NAME_CHARACTERS_MAX} characters, in UTF-8");
            Err(Refusal::validation("X-Goalstream-Actor", expected).into())
        }
    }
}
