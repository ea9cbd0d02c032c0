//! Goals: a page of them, and one with all its tasks.

use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
    response::IntoResponse,
};
use domain::goal::GoalStatus;
use goal_agent::{GoalsPage, Moment, reply};

use super::{
    FRESH, Given,
    caller::caller,
    route::{Kind, Parameter, Route},
    search,
};
use crate::{
    Dashboard,
    problem::Problem,
    query::{MOMENT, POSITION, Parameters, parse},
};

const STATUSES: &[&str] = &["pending", "in_progress", "completed", "cancelled"];

const LIST: &[Parameter] = &[
    Parameter::new("q", Kind::Text, "Words to search for, as the tool find understands them."),
    Parameter::new("status", Kind::Words(STATUSES), "Any of these statuses."),
    Parameter::new("limit", Kind::Number(1, 200), "Rows a page; 50 when not given."),
    Parameter::new("cursor", Kind::Text, "The `next` of the page before."),
    Parameter::new("min_position", Kind::Number(0, u64::MAX), "Not older than this log position."),
    Parameter::new("as_of", Kind::Moment, "As it was then."),
];
const ONE: &[Parameter] = &[Parameter::new("as_of", Kind::Moment, "As it was then.")];

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/goals", "Lists goals, newest first; with `q` the best match first.", list)
            .asks(LIST)
            .answers::<reply::Goals>(),
        Route::get("/api/v1/goals/{id}", "Reads a goal with all its tasks.", one)
            .asks(ONE)
            .answers::<reply::GoalWithTasks>(),
    ]
}

/// `GET /api/v1/goals`: a page of goals, newest first; with `q` those that have its words, best match first.
async fn list(dashboard: State<Dashboard>, given: Given, headers: HeaderMap) -> Result<impl IntoResponse, Problem> {
    let (words, page) = wanted(given.0)?;
    let caller = caller(&headers)?;
    let goals: reply::Goals = match words {
        Some(words) => search::goals(&dashboard.agent, &caller, &words, page).await?,
        None => dashboard.agent.goals(&caller, page).await?,
    };
    Ok(([FRESH], Json(goals)))
}

/// The words to search for, if there are any, and the page.
pub(crate) fn wanted(given: Vec<(String, String)>) -> Result<(Option<String>, GoalsPage), Problem> {
    let parameters = Parameters::of(given, LIST)?;
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
async fn one(
    dashboard: State<Dashboard>,
    id: Path<String>,
    given: Given,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let as_of: Option<Moment> = Parameters::of(given.0, ONE)?.parsed("as_of", MOMENT)?;
    let goal: reply::GoalWithTasks = dashboard.agent.goal(&caller(&headers)?, &id, as_of).await?;
    Ok(([FRESH], Json(goal)))
}
