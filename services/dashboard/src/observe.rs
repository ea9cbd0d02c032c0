//! What is known of every request: its span, its time, its outcome.

use std::time::{Duration, Instant};

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Instrument;

use crate::problem::{ErrorType, Problem};

/// How long an answer may take. The live stream is not an answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a write may take, or a hundred of them: longer than the agent's own waits and retries, so that its word comes first.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Measures every request: `goal_request_duration_seconds{operation,status}` until the headers are out, and
/// `goal_errors_total{operation,error_type}`. An operation is a route, so hostile paths do not become labels.
pub(crate) async fn observe(matched: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let operation = matched.map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", operation, method = %request.method(), status = tracing::field::Empty);
    let begun = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let took = begun.elapsed();

    let status = response.status();
    span.record("status", status.as_u16());
    if let Some(ErrorType(error_type)) = response.extensions().get() {
        metrics::counter!("goal_errors_total", "operation" => operation.clone(), "error_type" => *error_type)
            .increment(1);
        if status.is_server_error() {
            tracing::warn!(parent: &span, error_type, "not answered");
        }
    }
    let status = status.as_str().to_owned();
    metrics::histogram!("goal_request_duration_seconds", "operation" => operation, "status" => status).record(took);
    response
}

/// Gives up on an answer that takes too long.
pub(crate) async fn bounded(request: Request, next: Next) -> Response {
    let (bound, besides) = match request.method().is_safe() {
        true => (REQUEST_TIMEOUT, ""),
        false => (WRITE_TIMEOUT, "; it may still take effect: repeat it with the same Idempotency-Key"),
    };
    let answer = tokio::time::timeout(bound, next.run(request)).await;
    answer.unwrap_or_else(|_| {
        Problem::unavailable(format!("no answer within {} s{besides}", bound.as_secs())).into_response()
    })
}
