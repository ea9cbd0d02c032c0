//! `GET /events` over HTTP.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use uuid::Uuid;

use super::{
    Live, Seat,
    client::{self, Wish},
};
use crate::{
    problem::Problem,
    query::{POSITION, Parameters, parse},
};

/// The stream's route. Neither compressed nor bounded in time.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(live: Arc<Live>) -> Router<S> {
    Router::new().route("/events", get(events).with_state(live))
}

async fn events(
    live: State<Arc<Live>>,
    given: Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wish = read(given.0, &headers)?;
    let seat = Seat::take(&live).ok_or_else(|| Problem::unavailable("too many clients follow the live stream"))?;
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/event-stream"),
        (header::CACHE_CONTROL.as_str(), "no-cache, no-transform"),
        // Else nginx gathers the stream instead of passing it on.
        ("x-accel-buffering", "no"),
    ];
    let body = Body::from_stream(client::stream(seat, wish));
    Ok((StatusCode::OK, headers, body).into_response())
}

/// What a client asks for.
pub(crate) fn read(given: Vec<(String, String)>, headers: &HeaderMap) -> Result<Wish, Problem> {
    let parameters = Parameters::read(given, &["after", "vocabulary", "epoch"])?;
    // A browser that reconnects repeats the address of its first connection, so the header knows better.
    let last_event_id = headers.get("last-event-id").map(|id| id.to_str().unwrap_or("?"));
    Ok(Wish {
        after: match last_event_id.filter(|id| !id.is_empty()) {
            Some(id) => Some(parse("Last-Event-ID", id, POSITION)?),
            None => parameters.parsed("after", POSITION)?,
        },
        vocabulary: parameters.parsed("vocabulary", "full or coarse")?.unwrap_or_default(),
        epoch: parameters.parsed::<Uuid>("epoch", "the log's epoch, a UUID")?,
    })
}
