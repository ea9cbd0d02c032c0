//! The page's files, as the build of `ui` left them, inside the executable.

use std::sync::LazyLock;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::{
    problem::Problem,
    rest::{named::Named, route::Route},
};

/// The build puts a hash of the content into each name, so a name never means anything else.
const CACHE_FOR_EVER: &str = "public, max-age=31536000, immutable";

/// What `cargo xtask web` built. Without it everything compiles, and the page says how to build it.
#[derive(RustEmbed)]
#[folder = "ui/dist"]
#[allow_missing = true]
struct Built;

/// What a file is, by how its name ends.
const MEDIA_TYPES: [(&str, &str); 8] = [
    ("js", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("ico", "image/x-icon"),
    ("woff2", "font/woff2"),
    ("json", "application/json"),
    ("webmanifest", "application/manifest+json"),
];
const OTHER: &str = "application/octet-stream";

/// The page's text, if it was built.
pub(crate) fn index() -> Option<String> {
    String::from_utf8(Built::get("index.html")?.data.into_owned()).ok()
}

/// Whether the executable has the page in it.
pub fn has_page() -> bool {
    index().is_some()
}

/// The page that clients of the MCP door show beside its answers, if it was built. It stands alone: one file that asks for no other.
pub fn board_app() -> Option<&'static str> {
    static PAGE: LazyLock<Option<String>> =
        LazyLock::new(|| String::from_utf8(Built::get("board-app.html")?.data.into_owned()).ok());
    PAGE.as_deref()
}

pub(crate) fn routes() -> Vec<Route> {
    const KNOWN: &[(u16, &str)] = &[(304, "It is the file that is known.")];
    let row = Route::get("/assets/{*path}", "Reads a file of the page.", asset).tagged("page").also(KNOWN);
    let plain = |media_type: &'static str| media_type.split(';').next().unwrap_or(media_type);
    vec![MEDIA_TYPES.iter().map(|(_, media_type)| plain(media_type)).chain([OTHER]).fold(row, Route::answers_as)]
}

async fn asset(path: Named, headers: HeaderMap) -> Result<Response, Problem> {
    let path = format!("assets/{}", *path);
    let file = Built::get(&path).ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such file").hint("reload the page")
    })?;
    let tag = tag(&file);
    let about = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type(&path))),
        (header::CACHE_CONTROL, HeaderValue::from_static(CACHE_FOR_EVER)),
        (header::ETAG, tag.clone()),
    ];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| mentions(known, &tag)) {
        return Ok((StatusCode::NOT_MODIFIED, about).into_response());
    }
    // The build has made it smaller than there would be time for now.
    if let Some(small) = Built::get(&format!("{path}.br")).filter(|_| takes_brotli(&headers)) {
        let encoded = [(header::CONTENT_ENCODING, "br"), (header::VARY, "accept-encoding")];
        return Ok((about, encoded, Body::from(small.data)).into_response());
    }
    Ok((about, Body::from(file.data)).into_response())
}

fn takes_brotli(headers: &HeaderMap) -> bool {
    let taken = headers.get(header::ACCEPT_ENCODING).and_then(|taken| taken.to_str().ok()).unwrap_or_default();
    taken.split(',').any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        name.trim() == "br" && !["q=0", "q=0.0", "q=0.00", "q=0.000"].contains(&weight.trim())
    })
}

/// Weak, because the same file goes out compressed or not.
fn tag(file: &EmbeddedFile) -> HeaderValue {
    let hash: String = file.metadata.sha256_hash().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::from_str(&format!("W/\"{hash}\"")).expect("hexadecimal digits can stand in a header")
}

fn mentions(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(known), Ok(tag)) = (known.to_str(), tag.to_str()) else { return false };
    known.split(',').any(|one| one.trim() == tag)
}

fn content_type(path: &str) -> &'static str {
    let ending = path.rsplit('.').next().unwrap_or_default();
    MEDIA_TYPES.iter().find(|(known, _)| *known == ending).map_or(OTHER, |(_, media_type)| media_type)
}
