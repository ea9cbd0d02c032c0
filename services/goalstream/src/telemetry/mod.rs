//! Logs on standard error, so that standard output stays what the command promises; metrics for `/metrics`;
//! traces for a collector, where one is configured.

mod traces;

use std::{io::IsTerminal, sync::Arc};

use anyhow::Context;
use dashboard::RenderMetrics;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use opentelemetry::{global, trace::TracerProvider};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, LevelFilter, Targets},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

pub(crate) use self::traces::Traces;
use crate::config::{Format, Logging};

/// Upper bounds of duration buckets, in seconds: from a cached read to a request that should have failed.
const SECONDS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Upper bounds of buckets that count commands.
const COMMANDS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// Starts logging, and keeping traces where they are wanted. `usual` is the filter of the log when nothing is configured.
pub(crate) fn log(logging: &Logging, usual: &str) -> anyhow::Result<Traces> {
    let filter = logging.filter.as_deref().unwrap_or(usual);
    check_words(filter)?;
    let quiet = quiet_unless_named(filter);
    let filter = EnvFilter::try_new(filter).with_context(|| format!("log filter `{filter}`"))?.and(quiet);
    let terminal = std::io::stderr().is_terminal();
    let format = logging.format.unwrap_or(if terminal { Format::Pretty } else { Format::Json });
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(terminal);
    let lines = match format {
        Format::Pretty => lines.with_target(false).boxed(),
        Format::Json => lines.json().flatten_event(true).boxed(),
    };
    // The protocol's library opens a span for each request of the newer era, which says nothing that ours does not.
    let traced = Targets::new().with_default(LevelFilter::INFO).with_target("rmcp", LevelFilter::WARN);
    let provider = logging.otlp_endpoint.as_deref().map(traces::provider).transpose()?;
    let exported = provider.as_ref().map(|provider| {
        global::set_text_map_propagator(TraceContextPropagator::new());
        tracing_opentelemetry::layer().with_tracer(provider.tracer("goalstream")).with_filter(traced)
    });
    tracing_subscriber::registry().with(lines.with_filter(filter)).with(exported).init();
    Ok(Traces(provider))
}

/// A word alone is a level. The filter takes any other for the name of a target, and then nothing else is logged, not even errors.
fn check_words(filter: &str) -> anyhow::Result<()> {
    let words = filter.split(',').map(str::trim).filter(|word| !word.is_empty() && !word.contains(['=', '[']));
    match words.into_iter().find(|word| word.parse::<LevelFilter>().is_err()) {
        Some(word) => anyhow::bail!(
            "log filter `{filter}`: `{word}` is no level; give off, error, warn, info, debug or trace, or a target with its level such as `relay=debug`"
        ),
        None => Ok(()),
    }
}

/// Libraries that say too much: the client of NATS its password at low levels, and why it cannot connect at each try, which we tell once;
/// that of MCP several lines a request, and an error for each client that leaves. Whoever wants to hear it has to name them.
fn quiet_unless_named(filter: &str) -> Targets {
    let quiet = [("async_nats", LevelFilter::OFF), ("rmcp", LevelFilter::WARN), ("rmcp::service", LevelFilter::OFF)];
    let is_named = |target: &str| target.split("::").next().is_some_and(|library| filter.contains(library));
    let unnamed = quiet.into_iter().filter(|(target, _)| !is_named(target));
    Targets::new().with_default(LevelFilter::TRACE).with_targets(unnamed)
}

/// Starts keeping metrics, if they are wanted, and says how to render them.
pub(crate) fn metrics(logging: &Logging) -> anyhow::Result<Option<RenderMetrics>> {
    if !logging.metrics {
        return Ok(None);
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_commands".to_owned()), COMMANDS)?
        .install_recorder()
        .context("keep metrics")?;
    Ok(Some(Arc::new(move || recorder.render())))
}
