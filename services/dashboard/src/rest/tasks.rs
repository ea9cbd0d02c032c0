//! Tasks: a page of them, some by id, all of them as lines, and one with what was said about it.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use domain::goal::TaskStatus;
use goal_agent::{TasksPage, reply, request::FindView};
use serde::Serialize;
use serde_json::Value;

use super::{
    FRESH, Given,
    caller::caller,
    etag::tagged,
    fields::{Fields, OF_TASKS},
    lines::Lines,
    named::Named,
    route::{Kind, Parameter, Route},
};
use crate::{
    Dashboard,
    problem::Problem,
    query::{METADATA, MOMENT, POSITION, Parameters, parse, refused},
};

const STATUSES: &[&str] = &["pending", "in_progress", "blocked", "in_review", "completed", "failed", "cancelled"];
const VIEWS: &[&str] = &["ready", "mine", "blocked", "stale", "overdue", "open", "all"];
/// What all of them come as, one a line.
const LINES: &str = "application/x-ndjson";

const LIST: &[Parameter] = &[
    Parameter::new("q", Kind::Text, "Words to search for, as the tool find understands them."),
    Parameter::new("view", Kind::Word(VIEWS), "As in the tool find; what is not put aside, when not given."),
    Parameter::new("goal", Kind::Text, "Only of this goal."),
    Parameter::new("status", Kind::Words(STATUSES), "Any of these statuses."),
    Parameter::new("tags", Kind::Words(&[]), "All of these tags."),
    Parameter::new("assignee", Kind::Text, "Only what this one looks after."),
    Parameter::new(METADATA, Kind::Text, "Only what has this value under this key of its metadata: meta.ticket=T-1."),
    Parameter::new(
        "ids",
        Kind::Words(&[]),
        "These tasks, up to 100, in one read; nothing else goes with it but times and fields.",
    ),
    Parameter::new("limit", Kind::Number(1, 200), "Rows a page; 50 when not given."),
    Parameter::new("cursor", Kind::Text, "The `next` of the page before."),
    Parameter::new("min_position", Kind::Number(0, u64::MAX), "Not older than this log position."),
    Parameter::new("as_of", Kind::Moment, "As it was then."),
    Parameter::new("fields", Kind::Words(&[]), "Only these fields of each row."),
    Parameter::new(
        "format",
        Kind::Word(&["json", "jsonl"]),
        "As the header Accept says, when not given: all there are, one a line.",
    ),
];
const ONE: &[Parameter] = &[
    Parameter::new("as_of", Kind::Moment, "As it was then."),
    Parameter::new("min_position", Kind::Number(0, u64::MAX), "Not older than this log position."),
    Parameter::new("fields", Kind::Words(&[]), "Only these fields of the task."),
];

pub(crate) fn routes() -> Vec<Route> {
    const KNOWN: &[(u16, &str)] = &[(304, "It is the answer that is known.")];
    vec![
        Route::get("/api/v1/tasks", "Lists tasks, the most important first; with `q` the best match first.", list)
            .asks(LIST)
            .answers_some::<reply::Tasks>()
            .answers_as(LINES)
            .leads_to(&[("tasks", "/tasks/0/id"), ("goals", "/tasks/0/goal")]),
        Route::get("/api/v1/tasks/{id}", "Reads a task, its goal and what was said about it.", one)
            .asks(ONE)
            .answers_some::<reply::TaskInFull>()
            .also(KNOWN),
    ]
}

/// A page; with `ids` those; as lines all there are.
async fn list(dashboard: State<Dashboard>, given: Given, headers: HeaderMap) -> Result<Response, Problem> {
    let parameters = Parameters::of(given.0, LIST)?;
    let fields = Fields::read(&parameters, &OF_TASKS)?;
    let caller = caller(&headers)?;
    let (as_of, min_position) = (parameters.parsed("as_of", MOMENT)?, parameters.parsed("min_position", POSITION)?);
    if let Some(ids) = parameters.list("ids") {
        parameters.only(&["ids", "as_of", "min_position", "fields"], "does not go with ids")?;
        let tasks = dashboard.agent.tasks_named(&caller, &ids, as_of, min_position).await?;
        return Ok(([FRESH], picked(tasks, &fields, "tasks")).into_response());
    }
    let page = TasksPage { as_of, min_position, ..wanted(&parameters)? };
    if !as_lines(&parameters, &headers)? {
        let tasks = dashboard.agent.tasks(&caller, page).await?;
        return Ok(([FRESH], picked(tasks, &fields, "tasks")).into_response());
    }
    if page.limit.is_some() || page.cursor.is_some() {
        let field = if page.limit.is_some() { "limit" } else { "cursor" };
        return Err(refused(field, "left out: as lines all of them come"));
    }
    let texts = fields.has("description") || fields.has("result");
    let every = dashboard.agent.every_task(&caller, page, texts).await?;
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson; charset=utf-8"), FRESH];
    Ok((kind, Lines::begin(every, fields).into_body()).into_response())
}

/// The filters.
pub(crate) fn wanted(parameters: &Parameters) -> Result<TasksPage, Problem> {
    let text = |name| parameters.text(name).map(str::to_owned);
    let status = parameters.list("status").unwrap_or_default();
    let status = status.iter().map(|word| parse::<TaskStatus>("status", word, &STATUSES.join(", ")));
    Ok(TasksPage {
        q: text("q").filter(|words| !words.trim().is_empty()),
        view: parameters.text("view").map(view).transpose()?,
        goal: text("goal"),
        status: status.collect::<Result<_, _>>()?,
        tags: parameters.list("tags").unwrap_or_default(),
        assignee: text("assignee"),
        metadata: parameters.metadata(),
        limit: parameters.parsed("limit", "a number from 1 to 200")?,
        cursor: text("cursor"),
        ..TasksPage::default()
    })
}

fn view(word: &str) -> Result<FindView, Problem> {
    let known = serde_json::from_value(Value::from(word));
    known.map_err(|_| refused("view", &VIEWS.join(", ")))
}

fn as_lines(parameters: &Parameters, headers: &HeaderMap) -> Result<bool, Problem> {
    match parameters.text("format") {
        Some("json") => Ok(false),
        Some("jsonl") => Ok(true),
        Some(_) => Err(refused("format", "json or jsonl")),
        None => {
            Ok(headers.get(header::ACCEPT).and_then(|kind| kind.to_str().ok()).is_some_and(|kind| kind.contains(LINES)))
        }
    }
}

/// An answer with only these fields of its rows.
pub(crate) fn picked(answer: impl Serialize, fields: &Fields, rows: &str) -> Json<Value> {
    let mut answer = serde_json::to_value(answer).expect("replies have text keys and finite numbers only");
    fields.pick(&mut answer[rows]);
    Json(answer)
}

/// One, with its ETag.
async fn one(dashboard: State<Dashboard>, id: Named, given: Given, headers: HeaderMap) -> Result<Response, Problem> {
    let parameters = Parameters::of(given.0, ONE)?;
    let fields = Fields::read(&parameters, &OF_TASKS)?;
    let (as_of, min_position) = (parameters.parsed("as_of", MOMENT)?, parameters.parsed("min_position", POSITION)?);
    let task = dashboard.agent.task(&caller(&headers)?, &id, as_of, min_position).await?;
    let version = task.task.version;
    Ok(tagged(&headers, version, picked(task, &fields, "task").0))
}
