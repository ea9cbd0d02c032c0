//! What can be asked: goals, and how the server is.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{ActorKind, goal::GoalStatus};
use goal_agent::{Caller, GoalsPage, Moment, reply};
use serde_json::json;

use crate::{
    Dashboard,
    health::Report,
    problem::Problem,
    query::{MOMENT, POSITION, Parameters, parse},
    search,
};

/// Whatever is read is the truth of this moment.
const FRESH: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-cache");
/// The trace that a request belongs to.
const TRACEPARENT: &str = "traceparent";
/// The format Prometheus reads.
const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

type Given = Query<Vec<(String, String)>>;

/// `GET /api/v1/goals`: a page of goals, newest first; with `q` those that have its words, best match first.
pub(crate) async fn goals(
    dashboard: State<Dashboard>,
    given: Given,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let (words, page) = wanted(given.0)?;
    let caller = caller(&headers);
    let goals: reply::Goals = match words {
        Some(words) => search::goals(&dashboard.agent, &caller, &words, page).await?,
        None => dashboard.agent.goals(&caller, page).await?,
    };
    Ok(([FRESH], Json(goals)))
}

/// The words to search for, if there are any, and the page.
pub(crate) fn wanted(given: Vec<(String, String)>) -> Result<(Option<String>, GoalsPage), Problem> {
    let parameters = Parameters::read(given, &["q", "status", "limit", "cursor", "min_position", "as_of"])?;
    let page = GoalsPage {
        status: statuses(parameters.text("status"))?,
        limit: parameters.parsed("limit", "a number from 1 to 200")?,
        cursor: parameters.text("cursor").map(str::to_owned),
        min_position: parameters.parsed("min_position", POSITION)?,
        as_of: parameters.parsed("as_of", MOMENT)?,
    };
    let words = parameters.text("q").filter(|words| !words.trim().is_empty());
    Ok((words.map(str::to_owned), page))
}

/// One or several, separated by commas.
fn statuses(text: Option<&str>) -> Result<Vec<GoalStatus>, Problem> {
    let words = text.into_iter().flat_map(|text| text.split(','));
    words.map(|word| parse("status", word, "pending, in_progress, completed or cancelled")).collect()
}

/// `GET /api/v1/goals/{id}`: a goal with all its tasks.
pub(crate) async fn goal(
    dashboard: State<Dashboard>,
    id: Path<String>,
    given: Given,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let as_of: Option<Moment> = Parameters::read(given.0, &["as_of"])?.parsed("as_of", MOMENT)?;
    let goal: reply::GoalWithTasks = dashboard.agent.goal(&caller(&headers), &id, as_of).await?;
    Ok(([FRESH], Json(goal)))
}

/// Nobody in particular: the page has no log-in yet, and nothing here writes.
pub(crate) fn caller(headers: &HeaderMap) -> Caller {
    let mut caller = Caller::new("dashboard", ActorKind::Human);
    caller.traceparent = headers.get(TRACEPARENT).and_then(|value| value.to_str().ok()?.parse().ok());
    caller
}

/// `GET /health`: everything that is looked at.
pub(crate) async fn health(dashboard: State<Dashboard>) -> Response {
    told(&dashboard.health.report().await)
}

/// `GET /readyz`: whether work can be taken.
pub(crate) async fn readyz(dashboard: State<Dashboard>) -> Response {
    told(&dashboard.health.report().await)
}

fn told(report: &Report) -> Response {
    let status = if report.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [FRESH], Json(report)).into_response()
}

/// `GET /livez`: whether the process answers at all.
pub(crate) async fn livez() -> impl IntoResponse {
    ([FRESH], Json(json!({ "status": "ok" })))
}

/// `GET /metrics`: for Prometheus.
pub(crate) async fn metrics(dashboard: State<Dashboard>) -> Result<impl IntoResponse, Problem> {
    let Some(render) = dashboard.metrics.clone() else {
        return Err(Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", "metrics are switched off"));
    };
    Ok(([(header::CONTENT_TYPE, PROMETHEUS_TEXT)], render()))
}
