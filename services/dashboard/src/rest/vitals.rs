//! How the server is, as probes, monitors and people ask.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    FRESH,
    route::{Passage, Route},
};
use crate::{Dashboard, health::Report, problem::Problem};

/// The format Prometheus reads.
const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// That the process answers.
#[derive(Serialize, JsonSchema)]
struct Alive {
    /// ok.
    status: &'static str,
}

pub(crate) fn routes() -> Vec<Route> {
    let rows = [
        Route::get("/health", "Tells how everything is that is looked at.", health)
            .answers::<Report>()
            .also_when_down(),
        Route::get("/readyz", "Tells whether work can be taken.", health)
            .answers::<Report>()
            .also_when_down()
            .passes_as(Passage::Probe),
        Route::get("/livez", "Tells that the process answers.", livez).answers::<Alive>().passes_as(Passage::Probe),
        Route::get("/metrics", "Tells numbers for Prometheus.", metrics).answers_as("text/plain"),
    ];
    rows.map(|route| route.tagged("health")).into()
}

async fn health(dashboard: State<Dashboard>) -> Response {
    let report = dashboard.health.report().await;
    let status = if report.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [FRESH], Json(report)).into_response()
}

async fn livez() -> impl IntoResponse {
    ([FRESH], Json(Alive { status: "ok" }))
}

async fn metrics(dashboard: State<Dashboard>) -> Result<impl IntoResponse, Problem> {
    let Some(render) = dashboard.metrics.clone() else {
        return Err(Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", "metrics are switched off"));
    };
    Ok(([(header::CONTENT_TYPE, PROMETHEUS_TEXT)], render()))
}
