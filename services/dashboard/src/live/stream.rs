//! `GET /events` over HTTP.

use axum::{
    body::Body,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use uuid::Uuid;

use super::{
    Seat,
    client::{self, Wish},
    frame::Vocabulary,
};
use crate::{
    Dashboard,
    problem::Problem,
    query::{POSITION, Parameters, parse, refused},
    rest::route::{Kind, Parameter, Passage, Route},
};

const MEDIA_TYPE: &str = "text/event-stream";

const ASKS: &[Parameter] = &[
    Parameter::new(
        "after",
        Kind::Number(0, u64::MAX),
        "The last position one has; only what comes now when not given.",
    ),
    Parameter::new(
        "vocabulary",
        Kind::Word(&["full", "coarse"]),
        "Every event by its name, or what became of which row.",
    ),
    Parameter::new("epoch", Kind::Text, "The log that the position is of, as `hello` told it."),
    Parameter::new(
        "also",
        Kind::Word(&["server_status"]),
        "How the server is, when that changes; the coarse vocabulary has it.",
    ),
];

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/events", "Follows what happens, as server-sent events with the position as their id.", events)
            .asks(ASKS)
            .answers_as(MEDIA_TYPE)
            .passes_as(Passage::Stream),
    ]
}

async fn events(
    dashboard: State<Dashboard>,
    given: Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wish = read(given.0, &headers)?;
    let seat =
        Seat::take(&dashboard.live).ok_or_else(|| Problem::unavailable("too many clients follow the live stream"))?;
    let headers = [
        (header::CONTENT_TYPE.as_str(), MEDIA_TYPE),
        (header::CACHE_CONTROL.as_str(), "no-cache, no-transform"),
        // Else nginx gathers the stream instead of passing it on.
        ("x-accel-buffering", "no"),
    ];
    let body = Body::from_stream(client::stream(seat, wish));
    Ok((StatusCode::OK, headers, body).into_response())
}

/// What a client asks for.
pub(crate) fn read(given: Vec<(String, String)>, headers: &HeaderMap) -> Result<Wish, Problem> {
    let parameters = Parameters::of(given, ASKS)?;
    // A browser that reconnects repeats the address of its first connection, so the header knows better.
    let last_event_id = headers.get("last-event-id").map(|id| id.to_str().unwrap_or("?"));
    let vocabulary: Vocabulary = parameters.parsed("vocabulary", "full or coarse")?.unwrap_or_default();
    let also_status = match parameters.text("also") {
        None => false,
        Some("server_status") => true,
        Some(_) => return Err(refused("also", "server_status")),
    };
    Ok(Wish {
        after: match last_event_id.filter(|id| !id.is_empty()) {
            Some(id) => Some(parse("Last-Event-ID", id, POSITION)?),
            None => parameters.parsed("after", POSITION)?,
        },
        vocabulary,
        server_status: also_status || vocabulary == Vocabulary::Coarse,
        epoch: parameters.parsed::<Uuid>("epoch", "the log's epoch, a UUID")?,
    })
}
