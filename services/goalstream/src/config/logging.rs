//! What is logged, and how.

use clap::{Args, ValueEnum};
use serde::Deserialize;

#[derive(Args, Debug, Default, Deserialize)]
#[group(skip)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Said {
    /// What is logged: a level, or directives such as `info,relay=debug` (info).
    #[arg(long, global = true, env = "GOALSTREAM_LOG", value_name = "FILTER")]
    log: Option<String>,
    /// How lines look: pretty or json (pretty on a terminal).
    #[arg(long, global = true, env = "GOALSTREAM_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<Format>,
    /// The level under the name that other set-ups use.
    #[arg(long, global = true, env = "LOG_LEVEL", hide = true)]
    log_level: Option<String>,
    /// Where traces are sent: an OTLP endpoint over HTTP, such as http://127.0.0.1:4318; without it none are kept.
    #[arg(long, global = true, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    otlp_endpoint: Option<String>,
    /// Whether /metrics is served (true).
    #[arg(long, global = true, env = "ENABLE_METRICS", value_name = "BOOL")]
    enable_metrics: Option<bool>,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Format {
    /// For people.
    Pretty,
    /// For machines.
    Json,
}

/// What is logged, how, and whether metrics are kept.
#[derive(Debug, Clone)]
pub(crate) struct Logging {
    /// `GOALSTREAM_LOG`, else `LOG_LEVEL`; `None` leaves it to the command.
    pub(crate) filter: Option<String>,
    /// `GOALSTREAM_LOG_FORMAT`; `None` means pretty on a terminal and JSON elsewhere.
    pub(crate) format: Option<Format>,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`; `None` keeps no traces.
    pub(crate) otlp_endpoint: Option<String>,
    /// `ENABLE_METRICS`.
    pub(crate) metrics: bool,
}

impl Said {
    pub(super) fn resolve(self, file: Self) -> Logging {
        let level = self.log_level.or(file.log_level).map(|level| level.to_lowercase());
        Logging {
            filter: self.log.or(file.log).or(level),
            format: self.log_format.or(file.log_format),
            otlp_endpoint: self.otlp_endpoint.or(file.otlp_endpoint),
            metrics: self.enable_metrics.or(file.enable_metrics).unwrap_or(true),
        }
    }
}
