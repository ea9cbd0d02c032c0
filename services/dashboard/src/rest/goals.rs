//! Goals: a page of them, and one with all its tasks.

use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use domain::goal::GoalStatus;
use goal_agent::{GoalsPage, reply};

use super::{
    FRESH, Given,
    caller::caller,
    etag::tagged,
    fields::{Fields, OF_GOALS},
    named::Named,
    route::{Kind, Parameter, Route},
    search,
    tasks::picked,
};
use crate::{
    Dashboard,
    problem::Problem,
    query::{METADATA, MOMENT, POSITION, Parameters, parse, refused},
};

const STATUSES: &[&str] = &["pending", "in_progress", "completed", "cancelled"];

const LIST: &[Parameter] = &[
    Parameter::new("q", Kind::Text, "Words to search for, as the tool find understands them."),
    Parameter::new("status", Kind::Words(STATUSES), "Any of these statuses."),
    Parameter::new("limit", Kind::Number(1, 200), "Rows a page; 50 when not given."),
    Parameter::new("cursor", Kind::Text, "The `next` of the page before."),
    Parameter::new("min_position", Kind::Number(0, u64::MAX), "Not older than this log position."),
    Parameter::new("as_of", Kind::Moment, "As it was then."),
    Parameter::new(METADATA, Kind::Text, "Only what has this value under this key of its metadata; without `q`."),
    Parameter::new(
        "ids",
        Kind::Words(&[]),
        "These goals, up to 100, in one read; nothing else goes with it but times and fields.",
    ),
    Parameter::new("fields", Kind::Words(&[]), "Only these fields of each row."),
];
const ONE: &[Parameter] = &[
    Parameter::new("as_of", Kind::Moment, "As it was then."),
    Parameter::new("min_position", Kind::Number(0, u64::MAX), "Not older than this log position."),
    Parameter::new("include", Kind::Words(&["comments"]), "What was said about the goal, too."),
    Parameter::new("fields", Kind::Words(&[]), "Only these fields of the goal; its tasks come whole."),
];

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/goals", "The same as `/api/v1/goals`.", list).asks(LIST).answers_some::<reply::Goals>(),
        Route::get("/api/v1/goals", "Lists goals, newest first; with `q` the best match first.", list)
            .asks(LIST)
            .answers_some::<reply::Goals>()
            .leads_to(&[("goals", "/goals/0/id")]),
        Route::get("/api/v1/goals/{id}", "Reads a goal with all its tasks.", one)
            .asks(ONE)
            .answers_some::<reply::GoalWithTasks>()
            .leads_to(&[("tasks", "/tasks/0/id")])
            .also(&[(304, "It is the answer that is known.")]),
    ]
}

/// A page; with `q` those that have its words, and with `ids` those.
async fn list(dashboard: State<Dashboard>, given: Given, headers: HeaderMap) -> Result<impl IntoResponse, Problem> {
    let parameters = Parameters::of(given.0, LIST)?;
    let fields = Fields::read(&parameters, &OF_GOALS)?;
    let caller = caller(&headers)?;
    let (words, page) = page(&parameters)?;
    let goals: reply::Goals = match (parameters.list("ids"), words) {
        (Some(ids), _) => {
            parameters.only(&["ids", "as_of", "min_position", "fields"], "does not go with ids")?;
            dashboard.agent.goals_named(&caller, &ids, page.as_of, page.min_position).await?
        }
        (None, Some(_)) if !page.metadata.is_empty() => return Err(refused("q", "left out beside meta.")),
        (None, Some(words)) => search::goals(&dashboard.agent, &caller, &words, page).await?,
        (None, None) => dashboard.agent.goals(&caller, page).await?,
    };
    Ok(([FRESH], picked(goals, &fields, "goals")))
}

/// The words to search for, if there are any, and the page.
#[cfg(feature = "fuzzing")]
pub(crate) fn wanted(given: Vec<(String, String)>) -> Result<(Option<String>, GoalsPage), Problem> {
    page(&Parameters::of(given, LIST)?)
}

fn page(parameters: &Parameters) -> Result<(Option<String>, GoalsPage), Problem> {
    let page = GoalsPage {
        status: statuses(parameters.text("status"))?,
        limit: parameters.parsed("limit", "a number from 1 to 200")?,
        metadata: parameters.metadata(),
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

/// One, with all its tasks and its ETag.
async fn one(dashboard: State<Dashboard>, id: Named, given: Given, headers: HeaderMap) -> Result<Response, Problem> {
    let parameters = Parameters::of(given.0, ONE)?;
    let (as_of, min_position) = (parameters.parsed("as_of", MOMENT)?, parameters.parsed("min_position", POSITION)?);
    let fields = Fields::read(&parameters, &OF_GOALS)?;
    let with_comments = match parameters.text("include") {
        None => false,
        Some("comments") => true,
        Some(_) => return Err(refused("include", "comments")),
    };
    let goal: reply::GoalWithTasks = dashboard.agent.goal(&caller(&headers)?, &id, as_of, min_position).await?;
    let (number, version, position) = (goal.goal.id, goal.goal.version, goal.position);
    let mut answer = picked(goal, &fields, "goal").0;
    if with_comments {
        let comments = dashboard.agent.comments(number, position).await?;
        answer["comments"] = serde_json::to_value(comments).expect("a comment has text keys and finite numbers only");
    }
    Ok(tagged(&headers, version, answer))
}
