//! Who asks, as far as a request says.
//!
//! There is no log-in yet, so the name in the header is a claim and no proof; whoever can reach the server can say any.

use axum::http::{HeaderMap, HeaderName};
use domain::ActorKind;
use goal_agent::{Caller, Refusal};
use percent_encoding::percent_decode;

use crate::problem::Problem;

/// The name of whoever asks, in UTF-8 as it is or percent-encoded: browsers send nothing but Latin letters in a header.
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
    let name = percent_decode(given.as_bytes()).decode_utf8().unwrap_or_default();
    let name = name.trim();
    match !name.is_empty() && name.chars().count() <= NAME_CHARACTERS_MAX && !name.chars().any(char::is_control) {
        true => Ok(name.to_owned()),
        false => {
            let expected = format!("must be a name of 1 to {NAME_CHARACTERS_MAX} characters in UTF-8");
            Err(Problem::from(Refusal::validation("X-Goalstream-Actor", expected))
                .hint("percent-encoded it goes through everything: J%C3%BCrgen"))
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn told(given: &[u8]) -> Option<String> {
        let headers = HeaderMap::from_iter([(ACTOR, HeaderValue::from_bytes(given).unwrap())]);
        name(&headers).ok()
    }

    #[test]
    fn a_name_in_any_script_comes_through_as_it_is_or_encoded() {
        for (given, meant) in [
            ("Ann", "Ann"),
            ("J\u{fc}rgen", "J\u{fc}rgen"),
            ("J%C3%BCrgen", "J\u{fc}rgen"),
            ("%E7%94%B0%E4%B8%AD%20%F0%9F%9A%80", "\u{7530}\u{4e2d} \u{1f680}"),
            ("100%", "100%"),
            ("100%25", "100%"),
        ] {
            assert_eq!(told(given.as_bytes()).as_deref(), Some(meant), "{given}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused_however_it_is_written() {
        let long = "x".repeat(NAME_CHARACTERS_MAX + 1);
        for given in [&b"J\xfcrgen"[..], b"J%FCrgen", b" ", b"%20", b"a%0Ab", long.as_bytes()] {
            assert_eq!(told(given), None, "{}", String::from_utf8_lossy(given));
        }
        assert_eq!(told(&[b'x'; NAME_CHARACTERS_MAX]).map(|name| name.len()), Some(NAME_CHARACTERS_MAX));
    }
}
