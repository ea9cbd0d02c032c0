//! This installation: what runs, what it keeps, and how it is set.

use axum::{Json, extract::State, response::IntoResponse};
use domain::Timestamp;
use goal_agent::reply;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{FRESH, route::Route};
use crate::{Dashboard, problem::Problem};

/// What runs.
#[derive(Serialize, JsonSchema)]
struct Running {
    /// The program's version.
    version: &'static str,
    /// The log's epoch.
    epoch: Uuid,
    /// Where the log ends, as far as this process knows.
    head: u64,
    /// Since when this process answers.
    started_at: Timestamp,
    /// For how long.
    uptime_s: u64,
    /// What this process does.
    roles: Vec<String>,
}

/// What is set.
#[derive(Serialize, JsonSchema)]
struct InForce {
    /// By name; nothing secret is among them.
    settings: Map<String, Value>,
}

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/status", "Tells what runs here, and since when.", status).answers::<Running>(),
        Route::get("/api/v1/data", "Tells how much is kept.", data).answers::<reply::Kept>(),
        Route::get("/api/v1/config", "Tells the settings in force, without anything secret.", config)
            .answers::<InForce>(),
    ]
}

async fn status(dashboard: State<Dashboard>) -> impl IntoResponse {
    let about = &dashboard.about;
    let running = Running {
        version: env!("CARGO_PKG_VERSION"),
        epoch: dashboard.agent.epoch(),
        head: dashboard.agent.head(),
        started_at: about.started_at.into(),
        uptime_s: about.started_at.elapsed().unwrap_or_default().as_secs(),
        roles: about.roles.clone(),
    };
    ([FRESH], Json(running))
}

async fn data(dashboard: State<Dashboard>) -> Result<impl IntoResponse, Problem> {
    Ok(([FRESH], Json(dashboard.agent.kept().await?)))
}

async fn config(dashboard: State<Dashboard>) -> impl IntoResponse {
    ([FRESH], Json(InForce { settings: dashboard.about.settings.clone() }))
}
