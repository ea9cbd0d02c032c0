//! The same commands at the addresses of what they are about.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use goal_agent::{Refusal, reply, request};
use serde_json::{Map, Value};

use super::{
    body,
    commands::{Command, carried_out},
    named::Named,
    route::Route,
};
use crate::{Dashboard, problem::Problem};

const CHANGED: &[(u16, &str)] = &[(412, "If-Match names a version that is not the one there is.")];

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v1/goals", "Creates a goal with its tree of tasks.", create_goal)
            .takes::<request::CreateGoal>()
            .creates()
            .answers::<reply::Planned>()
            .leads_to(&[("goals", "/goal"), ("tasks", "/ready/0")]),
        Route::post("/api/v1/goals/{id}/tasks", "Adds tasks below the goal; `parent` is the address.", add_tasks)
            .takes_but::<request::AddTasks>("parent")
            .creates()
            .answers::<reply::Planned>(),
        Route::post("/api/v1/tasks/{id}/tasks", "Adds tasks below the task; `parent` is the address.", add_tasks)
            .takes_but::<request::AddTasks>("parent")
            .creates()
            .answers::<reply::Planned>(),
        Route::patch("/api/v1/goals/{id}", "Changes the goal; `ids` is the address.", update_goal)
            .takes_but::<request::Update>("ids")
            .answers::<reply::Updated>()
            .also(CHANGED),
        Route::patch("/api/v1/tasks/{id}", "Changes the task; `ids` is the address.", update_task)
            .takes_but::<request::Update>("ids")
            .answers::<reply::Updated>()
            .also(CHANGED),
        Route::post("/api/v1/tasks/{id}/claim", "Claims the task, renews the claim or gives it back.", claim)
            .takes_but::<request::Claim>("id")
            .answers::<reply::Claimed>(),
        Route::post("/api/v1/tasks/{id}/complete", "Says how the task came out.", complete_task)
            .takes_but::<request::Complete>("id")
            .answers::<reply::Completed>(),
        Route::post("/api/v1/goals/{id}/complete", "Says that the goal is reached.", complete_goal)
            .takes_but::<request::Complete>("id")
            .answers::<reply::Completed>(),
        Route::post("/api/v1/tasks/{id}/comments", "Says something about the task.", comment_task)
            .takes_but::<request::AddComment>("id")
            .answers::<reply::Commented>(),
        Route::post("/api/v1/goals/{id}/comments", "Says something about the goal.", comment_goal)
            .takes_but::<request::AddComment>("id")
            .answers::<reply::Commented>(),
    ]
}

async fn create_goal(dashboard: State<Dashboard>, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    carried_out(&dashboard, Command::CreateGoal, &headers, body::object(body).await?).await
}

macro_rules! at_an_address {
    ($($handler:ident: $command:ident of $kind:expr, $field:literal),+ $(,)?) => {
        $(async fn $handler(
            dashboard: State<Dashboard>,
            id: Named,
            headers: HeaderMap,
            body: Body,
        ) -> Result<Response, Problem> {
            let arguments = addressed(body::object(body).await?, $kind, $field, &id)?;
            carried_out(&dashboard, Command::$command, &headers, arguments).await
        })+
    };
}
at_an_address!(
    add_tasks: AddTasks of None, "parent",
    update_goal: Update of Some("GOAL"), "ids",
    update_task: Update of Some("TASK"), "ids",
    claim: Claim of Some("TASK"), "id",
    complete_task: Complete of Some("TASK"), "id",
    complete_goal: Complete of Some("GOAL"), "id",
    comment_task: Comment of Some("TASK"), "id",
    comment_goal: Comment of Some("GOAL"), "id",
);

/// The arguments with the id of the address in its field. Whoever says another one in the body means something else than they ask for.
pub(crate) fn addressed(
    mut arguments: Map<String, Value>,
    kind: Option<&str>,
    field: &str,
    id: &str,
) -> Result<Map<String, Value>, Problem> {
    if let Some(kind) = kind
        && !id.trim().to_ascii_uppercase().starts_with(kind)
    {
        let shown: String = id.chars().take(40).collect();
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
            format!("there is no {} `{shown}`", kind.to_lowercase()),
        )
        .hint(format!("ids here look like {kind}-0001")));
    }
    let meant = if field == "ids" { Value::from(vec![id]) } else { Value::from(id) };
    match arguments.insert(field.to_owned(), meant.clone()) {
        None | Some(Value::Null) => Ok(arguments),
        Some(same) if same == meant => Ok(arguments),
        Some(_) => {
            Err(Problem::from(Refusal::validation(field, "is another id than the address has")).hint("leave it out"))
        }
    }
}
