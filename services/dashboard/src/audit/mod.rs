//! The log for auditors: `/api/v1/events`, what happened, and `/api/v1/audit`, who did it, through what and why.
//!
//! As JSON a page; as CSV or JSON lines everything that was asked for, streamed page by page, however long it is.

mod export;
mod line;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use domain::{GoalEvent, goal::Difference};
use goal_agent::{GoalAgent, Records, request::History};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

pub use line::{Format, Shape};

use crate::{
    Dashboard,
    problem::Problem,
    query::{MOMENT, POSITION, Parameters},
    rest::{
        FRESH, Given,
        caller::caller,
        named::Named,
        route::{Kind, Parameter, Route},
    },
};

/// Events of a page of JSON when no number is given, and at most.
const PAGE_DEFAULT: u32 = 100;
const PAGE_MAX: u32 = 1_000;

const KNOWN: &[Parameter] = &[
    Parameter::new("id", Kind::Text, "Only of this goal and its tasks, or of this task."),
    Parameter::new(
        "since",
        Kind::Moment,
        "Only what came after this position, or from this time on; the oldest first.",
    ),
    Parameter::new("until", Kind::Moment, "Only what came up to this position or time."),
    Parameter::new("actor", Kind::Text, "Only what this actor did."),
    Parameter::new("goal", Kind::Text, "Only of this goal and its tasks."),
    Parameter::new("task", Kind::Text, "Only of this task."),
    Parameter::new("types", Kind::Words(GoalEvent::NAMES), "Only events of these types."),
    Parameter::new("type", Kind::Words(GoalEvent::NAMES), "The same."),
    Parameter::new("correlation", Kind::Text, "Only what belongs to this piece of work: a `correlation_id`."),
    Parameter::new("before", Kind::Number(1, u64::MAX), "Only what came before this position."),
    Parameter::new(
        "order",
        Kind::Word(&["newest", "oldest"]),
        "What comes first; the oldest with `since` or `cause`, otherwise the newest.",
    ),
    Parameter::new("cause", Kind::Number(0, u64::MAX), "Only what led to this event and what it led to."),
    Parameter::new(
        "limit",
        Kind::Number(1, PAGE_MAX as u64),
        "Events of a page; as lines or a table, any number, and all when not given.",
    ),
    Parameter::new("cursor", Kind::Text, "The `next` of the page before."),
    Parameter::new("format", Kind::Word(&["json", "jsonl", "csv"]), "As the header Accept says, when not given."),
];

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/events", "Reads what happened, the newest first.", events)
            .asks(KNOWN)
            .answers::<Page>()
            .answers_as(Format::JsonLines.media_type())
            .answers_as(Format::Csv.media_type()),
        Route::get("/api/v1/audit", "Reads who did what, through what and why.", audit)
            .asks(KNOWN)
            .answers::<Page>()
            .answers_as(Format::JsonLines.media_type())
            .answers_as(Format::Csv.media_type()),
        Route::get("/api/v1/events/{position}", "Reads one event, with everything that is known of it.", event)
            .answers::<EventInFull>(),
    ]
}

/// One event: what an audit says of it, and what it changed.
#[derive(Serialize, JsonSchema)]
struct EventInFull {
    /// What an audit says.
    #[serde(flatten)]
    audit: Map<String, Value>,
    /// Field by field, with what it was before.
    differences: Vec<Difference>,
}

async fn event(dashboard: State<Dashboard>, position: Named) -> Result<impl IntoResponse, Problem> {
    let position = crate::query::parse("position", &position, POSITION)?;
    let (event, cause) = dashboard.agent.event(position).await?;
    let differences = event.goal_event().map(|event| event.differences()).unwrap_or_default();
    Ok(([FRESH], Json(EventInFull { audit: Shape::Audit.line(&event, cause), differences })))
}

/// A page of events.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EventsPage")]
struct Page {
    /// What it is true for.
    position: u64,
    /// In the order that was asked for.
    events: Vec<Map<String, Value>>,
    /// The `cursor` of the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `GET /api/v1/events`: what happened.
async fn events(dashboard: State<Dashboard>, given: Given, headers: HeaderMap) -> Result<Response, Problem> {
    answer(&dashboard.agent, Shape::Event, given.0, &headers).await
}

/// `GET /api/v1/audit`: the same, with everything that is known about who did it.
async fn audit(dashboard: State<Dashboard>, given: Given, headers: HeaderMap) -> Result<Response, Problem> {
    answer(&dashboard.agent, Shape::Audit, given.0, &headers).await
}

async fn answer(
    agent: &GoalAgent,
    shape: Shape,
    given: Vec<(String, String)>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let parameters = Parameters::of(given, KNOWN)?;
    let request = wanted(&parameters)?;
    let limit: Option<u32> = parameters.parsed("limit", "a number, 1 or more")?;
    let caller = caller(headers)?;
    let Some(format) = format(&parameters, headers)? else {
        let limit = limit.unwrap_or(PAGE_DEFAULT);
        if !(1..=PAGE_MAX).contains(&limit) {
            return Err(crate::query::refused("limit", &format!("a number from 1 to {PAGE_MAX}")));
        }
        let page = agent.records(&caller, &request, limit).await?;
        let events = page.events.iter().map(|(event, cause)| shape.line(event, *cause)).collect();
        return Ok(Json(Page { position: page.position, events, next: page.more }).into_response());
    };
    let lines = export::Export::begin(agent.clone(), caller, request, limit, shape, format).await?;
    let kind = [(header::CONTENT_TYPE, format.content_type()), (header::CACHE_CONTROL, "no-cache")];
    Ok((kind, lines.into_body()).into_response())
}

fn wanted(parameters: &Parameters) -> Result<Records, Problem> {
    let text = |name| parameters.text(name).map(str::to_owned);
    let before: Option<u64> = parameters.parsed("before", "a position: 1 or more")?;
    let until = match (before, parameters.parsed("until", MOMENT)?) {
        (Some(_), Some(_)) => return Err(crate::query::refused("before", "left out beside until")),
        (Some(before), None) => Some(before.saturating_sub(1).into()),
        (None, until) => until,
    };
    let history = History {
        id: parameters.either(&["id", "task", "goal"])?.map(str::to_owned),
        since: parameters.parsed("since", MOMENT)?,
        until,
        actor: text("actor"),
        types: parameters
            .either(&["types", "type"])?
            .into_iter()
            .flat_map(|text| text.split(','))
            .map(str::to_owned)
            .collect(),
        cause: parameters.parsed("cause", POSITION)?,
        cursor: text("cursor"),
        ..History::default()
    };
    let newest_first = match parameters.text("order") {
        None => None,
        Some("newest") => Some(true),
        Some("oldest") => Some(false),
        Some(_) => return Err(crate::query::refused("order", "newest or oldest")),
    };
    let correlation = parameters.parsed("correlation", "a UUID, such as a correlation_id of the audit")?;
    Ok(Records { history, newest_first, correlation })
}

/// What is asked for by name, else by the `Accept` header; a page of JSON otherwise.
fn format(parameters: &Parameters, headers: &HeaderMap) -> Result<Option<Format>, Problem> {
    match parameters.text("format") {
        Some("json") => return Ok(None),
        Some("jsonl") => return Ok(Some(Format::JsonLines)),
        Some("csv") => return Ok(Some(Format::Csv)),
        Some(_) => return Err(crate::query::refused("format", "json, jsonl or csv")),
        None => {}
    }
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Ok([Format::Csv, Format::JsonLines].into_iter().find(|format| accepted.contains(format.media_type())))
}
