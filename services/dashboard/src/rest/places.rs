//! Places in the log, what changed between two of them, and what is still to come of a goal.

use std::sync::LazyLock;

use axum::{Json, body::Body, extract::State, http::HeaderMap, response::IntoResponse};
use goal_agent::{
    Moment,
    arguments::{self, schema},
    reply,
    request::Outlook,
};
use serde_json::{Map, Value};

use super::{
    FRESH, Given,
    addresses::addressed,
    body,
    caller::caller,
    named::Named,
    route::{Kind, Parameter, Route},
};
use crate::{
    Dashboard,
    problem::Problem,
    query::{MOMENT, Parameters, refused},
};

const AT: &[Parameter] = &[Parameter::new("at", Kind::Moment, "The moment; now when not given.")];
const DIFF: &[Parameter] = &[
    Parameter::new("from", Kind::Moment, "The earlier moment."),
    Parameter::new("to", Kind::Moment, "The later one; now when not given."),
];
const PLAN: &[Parameter] = &[Parameter::new("workers", Kind::Number(1, 1_000), "How many work at the same time.")];

static OUTLOOK: LazyLock<Map<String, Value>> = LazyLock::new(schema::of::<Outlook>);

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/position", "Tells the log position of a time, and where the log ends.", position)
            .asks(AT)
            .answers::<reply::Place>(),
        Route::get("/api/v1/goals/{id}/diff", "Tells what changed between two moments, field by field.", diff)
            .asks(DIFF)
            .answers::<reply::Changes>(),
        Route::get("/api/v1/goals/{id}/plan", "Plans what is left of the goal.", plan)
            .asks(PLAN)
            .answers::<reply::Outlook>(),
        Route::post(
            "/api/v1/goals/{id}/plan",
            "Plans it as it would be after some calls; nothing is written.",
            what_if,
        )
        .takes_but::<Outlook>("goal")
        .answers::<reply::Outlook>(),
    ]
}

async fn position(dashboard: State<Dashboard>, given: Given) -> Result<impl IntoResponse, Problem> {
    let at: Option<Moment> = Parameters::of(given.0, AT)?.parsed("at", MOMENT)?;
    Ok(([FRESH], Json(dashboard.agent.place(at).await?)))
}

async fn diff(
    dashboard: State<Dashboard>,
    id: Named,
    given: Given,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let parameters = Parameters::of(given.0, DIFF)?;
    let from: Option<Moment> = parameters.parsed("from", MOMENT)?;
    let from = from.ok_or_else(|| refused("from", &format!("given: {MOMENT}")))?;
    let to = parameters.parsed("to", MOMENT)?;
    Ok(([FRESH], Json(dashboard.agent.differences(&caller(&headers)?, &id, from, to).await?)))
}

async fn plan(
    dashboard: State<Dashboard>,
    id: Named,
    given: Given,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let workers = Parameters::of(given.0, PLAN)?.parsed("workers", "a number from 1 to 1000")?;
    let request = Outlook { goal: id.0, workers, ..Outlook::default() };
    Ok(([FRESH], Json(dashboard.agent.outlook(&caller(&headers)?, request).await?)))
}

async fn what_if(
    dashboard: State<Dashboard>,
    id: Named,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    let arguments = addressed(body::object(body).await?, Some("GOAL"), "goal", &id)?;
    let request: Outlook = arguments::read(&OUTLOOK, arguments)?;
    Ok(([FRESH], Json(dashboard.agent.outlook(&caller(&headers)?, request).await?)))
}
