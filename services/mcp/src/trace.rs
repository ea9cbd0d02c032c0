//! W3C trace context: a client's call continues its trace, and what the call leads to continues the call's.
//!
//! The executable decides whether traces are kept, by installing a propagator; without one nothing here does anything.

use std::collections::HashMap;

use goal_agent::Traceparent;
use opentelemetry::global;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

const TRACEPARENT: &str = "traceparent";

/// Lets a span continue the client's trace.
pub(crate) fn continue_from(span: &Span, traceparent: Option<&str>) {
    let Some(traceparent) = traceparent else { return };
    let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    let parent = global::get_text_map_propagator(|propagator| propagator.extract(&carrier));
    // Fails when traces are not kept: then there is nothing to continue.
    let _ = span.set_parent(parent);
}

/// The trace context of a span, for what it leads to; `None` when traces are not kept.
pub(crate) fn of(span: &Span) -> Option<Traceparent> {
    let mut carrier = HashMap::new();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&span.context(), &mut carrier));
    carrier.get(TRACEPARENT)?.parse().ok()
}
