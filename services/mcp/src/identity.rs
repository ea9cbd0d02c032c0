//! Who asks, as far as the protocol tells.
//!
//! A configured identity wins, then what a stdio door of this machine forwards, then the name that the client gives itself. The name is a
//! claim, not a proof.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use goal_agent::{ActorKind, Caller};
use rmcp::{RoleServer, model::RequestMetaObject, service::RequestContext};
use serde::{Deserialize, Serialize};

use crate::door::DoorConfig;

/// Where a stdio door tells the instance behind it for whom it asks; in `_meta`, beside what the protocol defines.
const FORWARDED: &str = "goalstream/caller";

/// Characters of a name that are kept: it ends up in headers of the bus.
const NAME_CHARACTERS_MAX: usize = 100;

/// An identity that the operator set for a door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// A pseudonym, never an e-mail address.
    pub id: String,
    /// What kind of actor it is.
    pub kind: ActorKind,
}

/// What one door tells another about the caller. The client's name travels as the protocol's own `clientInfo`.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Forwarded {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity: Option<Identity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<String>,
}

/// The caller of a request. `session` is the connection's own, where the transport has none.
pub(crate) fn caller(config: &DoorConfig, session: Option<&str>, context: &RequestContext<RoleServer>) -> Caller {
    let parts = context.extensions.get::<http::request::Parts>();
    let forwarded = match parts {
        Some(parts) if config.trust_local_doors && is_local(parts) => forwarded(&context.meta),
        _ => Forwarded::default(),
    };
    let client = context.client_info();
    let name = client.as_ref().and_then(|client| plain(&client.name));
    let Identity { id, kind } = config.identity.clone().or(forwarded.identity).unwrap_or_else(|| Identity {
        id: name.clone().unwrap_or_else(|| "anonymous".to_owned()),
        kind: ActorKind::Agent,
    });
    let mut caller = Caller::new(plain(&id).unwrap_or_else(|| "anonymous".to_owned()), kind);
    caller.client = name.map(|name| match client.as_ref().and_then(|client| plain(&client.version)) {
        Some(version) => format!("{name}/{version}"),
        None => name,
    });
    let http_session = parts.and_then(|parts| parts.headers.get("mcp-session-id")?.to_str().ok());
    caller.session = forwarded.session.as_deref().or(http_session).or(session).and_then(plain);
    caller.traceparent = context.meta.get_traceparent().and_then(|given| given.parse().ok());
    caller
}

/// Writes into a forwarded request for whom it is.
pub(crate) fn forward(identity: Option<&Identity>, session: Option<&str>, meta: &mut RequestMetaObject) {
    let forwarded = Forwarded { identity: identity.cloned(), session: session.map(str::to_owned) };
    let value = serde_json::to_value(forwarded).expect("two plain fields are always JSON");
    meta.insert(FORWARDED.to_owned(), value);
}

fn forwarded(meta: &RequestMetaObject) -> Forwarded {
    meta.get(FORWARDED).and_then(|value| Forwarded::deserialize(value).ok()).unwrap_or_default()
}

/// What reverse proxies add to a request, each its own.
const ADDED_BY_PROXIES: [&str; 5] =
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];

/// Whether the request came over the loopback interface, and not from elsewhere through a proxy on this machine. Unknown counts as no.
fn is_local(parts: &http::request::Parts) -> bool {
    let from = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let is_passed_on = ADDED_BY_PROXIES.iter().any(|name| parts.headers.contains_key(*name));
    !is_passed_on && from.is_some_and(|from| from.0.ip().to_canonical().is_loopback())
}

/// A name without control characters and of bounded length, if anything is left of it.
fn plain(name: &str) -> Option<String> {
    let kept: String = name.chars().filter(|c| !c.is_control()).take(NAME_CHARACTERS_MAX).collect();
    let kept = kept.trim();
    (!kept.is_empty()).then(|| kept.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_through_a_proxy_is_not_local() {
        let parts = |from: &str, header: Option<&'static str>| {
            let mut request = http::Request::new(());
            request.extensions_mut().insert(ConnectInfo::<SocketAddr>(from.parse().unwrap()));
            if let Some(header) = header {
                request.headers_mut().insert(header, http::HeaderValue::from_static("192.0.2.1"));
            }
            request.into_parts().0
        };
        assert!(is_local(&parts("127.0.0.1:9", None)) && is_local(&parts("[::ffff:127.0.0.1]:9", None)));
        assert!(!is_local(&parts("192.0.2.1:9", None)));
        for header in ADDED_BY_PROXIES {
            assert!(!is_local(&parts("127.0.0.1:9", Some(header))), "{header}");
        }
    }

    #[test]
    fn a_name_is_cut_and_cleaned() {
        assert_eq!(plain(" claude\u{0}-code\n "), Some("claude-code".to_owned()));
        assert_eq!(plain(" \u{7} "), None);
        assert_eq!(plain(&"x".repeat(300)).unwrap().len(), NAME_CHARACTERS_MAX);
    }
}
