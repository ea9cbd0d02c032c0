//! What keeps other people's pages away from ours.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::problem::Problem;

/// Only our own files, no inline scripts or styles, nobody's frame. The snapshot's script tag is data and is never run.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// These always mean this machine.
const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Refuses requests made to a name that is not ours: a page elsewhere may let its own name point to our loopback address, and could
/// then read everything as its own origin.
pub(crate) async fn check_host(allowed: State<Option<Arc<[String]>>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match (&allowed.0, host(&parts)) {
        (Some(allowed), host) if !is_ours(host, allowed) => refuse(host),
        _ => next.run(Request::from_parts(parts, body)).await,
    }
}

/// Refuses pages that are not ours where browsers would let them in: at a WebSocket.
pub(crate) fn check_origin(origin: &str, allowed: Option<&[String]>) -> Result<(), Problem> {
    let host = origin.split_once("://").map_or("", |(_, host)| host);
    match allowed {
        Some(allowed) if !is_ours(host, allowed) => Err(not_ours(origin)),
        _ => Ok(()),
    }
}

/// Refuses writes that a page of somebody else's made its visitor's browser send.
///
/// No form can send JSON, and no script of another origin may without our saying so, which we never do. A browser besides says from where a
/// request comes; whoever is none says nothing, and is let in.
pub(crate) async fn check_write(request: Request, next: Next) -> Result<Response, Problem> {
    if request.method().is_safe() {
        return Ok(next.run(request).await);
    }
    let (parts, body) = request.into_parts();
    let said = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = said("sec-fetch-site").filter(|site| !matches!(*site, "same-origin" | "none")) {
        return Err(cross_site(&format!("the browser says that it comes from another site ({site})")));
    }
    if let Some(origin) = said("origin")
        && origin.split_once("://").is_none_or(|(_, origin)| !origin.eq_ignore_ascii_case(host(&parts)))
    {
        return Err(cross_site(&format!("it comes from {origin}, and not from here")));
    }
    if !said("content-type").is_some_and(is_json) {
        let message = "a write carries a JSON object, and says so";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message)
            .hint("send Content-Type: application/json"));
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}

fn is_json(content_type: &str) -> bool {
    content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn cross_site(problem: &str) -> Problem {
    let shown: String = problem.chars().take(200).collect();
    Problem::new(StatusCode::FORBIDDEN, "CROSS_SITE", format!("this write is not taken: {shown}"))
        .hint("writes from a browser are taken from the page of this server alone; programs leave Origin out")
}

/// Adds the headers that every answer carries.
pub(crate) async fn secure(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    response
}

fn host(parts: &Parts) -> &str {
    let header = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    // HTTP/2, and a full address in HTTP/1.1, carry the host in the address.
    parts.uri.authority().map(Authority::as_str).or(header).unwrap_or_default()
}

fn is_ours(host: &str, allowed: &[String]) -> bool {
    let name = without_port(host);
    let known = LOOPBACK_HOSTS.iter().copied().chain(allowed.iter().map(String::as_str));
    known.into_iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn refuse(host: &str) -> Response {
    not_ours(host).into_response()
}

fn not_ours(name: &str) -> Problem {
    let shown: String = name.chars().take(100).collect();
    Problem::new(StatusCode::FORBIDDEN, "FORBIDDEN", format!("`{shown}` is not a name of this server"))
        .hint("use localhost, or add the name to the allowed hosts")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_names_are_ours_whatever_the_port() {
        let allowed = ["Board.example".to_owned()];
        for ours in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]", "[::1]:8080", "board.example:443"] {
            assert!(is_ours(ours, &allowed), "{ours}");
        }
        for other in
            ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "evil:localhost", "::1"]
        {
            assert!(!is_ours(other, &allowed), "{other}");
        }
    }
}
