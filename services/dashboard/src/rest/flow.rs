//! How work flows, and who does it.

use axum::{Json, extract::State, http::HeaderMap, response::IntoResponse};
use domain::Timestamp;
use goal_agent::{Moment, reply, request};

use super::{
    FRESH, Given,
    caller::caller,
    route::{Kind, Parameter, Route},
};
use crate::{
    Dashboard,
    problem::Problem,
    query::{POSITION, Parameters, refused},
};

/// What a time looks like.
const TIME: &str = "a time such as 2026-11-30T12:00:00Z or 2026-11-30";

const STATS: &[Parameter] = &[
    Parameter::new("from", Kind::Time, "Where it begins: the first event, or 30 days before its end, when not given."),
    Parameter::new("to", Kind::Time, "Where it ends; now when not given."),
    Parameter::new("buckets", Kind::Number(1, 200), "In so many parts; 60 when not given."),
    Parameter::new("goal", Kind::Text, "Of this goal alone."),
    Parameter::new("min_position", Kind::Number(0, u64::MAX), "Not older than this log position."),
];
const AGENTS: &[Parameter] = &[Parameter::new("limit", Kind::Number(1, 200), "At most so many.")];
const ATTEMPTS: &[Parameter] = &[
    Parameter::new("from", Kind::Time, "That went on at or after this time, and began at most a week before it."),
    Parameter::new("to", Kind::Time, "That began before this time."),
    Parameter::new("actor", Kind::Text, "By this actor alone."),
    Parameter::new("goal", Kind::Text, "On tasks of this goal alone."),
    Parameter::new("limit", Kind::Number(1, 1_000), "At most so many, the latest."),
    Parameter::new("min_position", Kind::Number(0, u64::MAX), "Not older than this log position."),
];

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/stats", "Counts what came, what was done and how long it took, in parts of a time.", stats)
            .asks(STATS)
            .answers::<reply::Flow>(),
        Route::get("/api/v1/agents", "Lists who did something, most lately first, and what they hold.", agents)
            .asks(AGENTS)
            .answers::<reply::Actors>(),
        Route::get("/api/v1/attempts", "Lists who worked on what from when to when, the latest first.", attempts)
            .asks(ATTEMPTS)
            .answers::<reply::Attempts>(),
    ]
}

async fn stats(dashboard: State<Dashboard>, given: Given, headers: HeaderMap) -> Result<impl IntoResponse, Problem> {
    let parameters = Parameters::of(given.0, STATS)?;
    let request = request::Flow {
        goal: parameters.text("goal").map(str::to_owned),
        from: time(&parameters, "from")?,
        to: time(&parameters, "to")?,
        buckets: parameters.parsed("buckets", "a number from 1 to 200")?,
        min_position: parameters.parsed("min_position", POSITION)?,
    };
    let flow: reply::Flow = dashboard.agent.flow(&caller(&headers)?, request).await?;
    Ok(([FRESH], Json(flow)))
}

async fn agents(dashboard: State<Dashboard>, given: Given, headers: HeaderMap) -> Result<impl IntoResponse, Problem> {
    let limit = Parameters::of(given.0, AGENTS)?.parsed("limit", "a number from 1 to 200")?;
    let actors: reply::Actors = dashboard.agent.actors(&caller(&headers)?, limit).await?;
    Ok(([FRESH], Json(actors)))
}

async fn attempts(dashboard: State<Dashboard>, given: Given, headers: HeaderMap) -> Result<impl IntoResponse, Problem> {
    let parameters = Parameters::of(given.0, ATTEMPTS)?;
    let request = request::Attempts {
        goal: parameters.text("goal").map(str::to_owned),
        actor: parameters.text("actor").map(str::to_owned),
        from: time(&parameters, "from")?,
        to: time(&parameters, "to")?,
        limit: parameters.parsed("limit", "a number from 1 to 1000")?,
        min_position: parameters.parsed("min_position", POSITION)?,
    };
    let attempts: reply::Attempts = dashboard.agent.attempts(&caller(&headers)?, request).await?;
    Ok(([FRESH], Json(attempts)))
}

fn time(parameters: &Parameters, name: &str) -> Result<Option<Timestamp>, Problem> {
    match parameters.parsed(name, TIME)? {
        None => Ok(None),
        Some(Moment::Time(time)) => Ok(Some(time)),
        Some(Moment::Position(_)) => Err(refused(name, TIME)),
    }
}
