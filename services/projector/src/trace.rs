//! The last step of a trace that began with a tool call: its events reach the views.

use std::collections::HashMap;

use opentelemetry::global;
use read_models::EventPage;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

const TRACEPARENT: &str = "traceparent";
/// Events of one page that get a span: a projection that is behind has better things to do.
const SPANS_MAX: usize = 64;

/// A span for each event of a page that carries a trace context; they end when they are dropped.
pub(crate) fn spans(page: &EventPage) -> Vec<Span> {
    let traced = page.iter().filter_map(|event| Some((event, event.metadata.get(TRACEPARENT)?)));
    traced
        .take(SPANS_MAX)
        .map(|(event, traceparent)| {
            let (position, event_type) = (event.position, event.event_type.as_str());
            let span = tracing::info_span!("project", "otel.kind" = "consumer", position, event_type);
            continue_from(&span, traceparent);
            span
        })
        .collect()
}

fn continue_from(span: &Span, traceparent: &str) {
    let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    let parent = global::get_text_map_propagator(|propagator| propagator.extract(&carrier));
    // Fails when traces are not kept: then there is nothing to continue.
    let _ = span.set_parent(parent);
}
