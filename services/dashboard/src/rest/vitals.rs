//! How the server is, as probes, monitors and people ask.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::FRESH;
use crate::{Dashboard, health::Report, problem::Problem};

/// The format Prometheus reads.
const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

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
