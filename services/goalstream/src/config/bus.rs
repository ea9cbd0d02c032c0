//! Which NATS, and under which names.

use anyhow::Context;
use clap::Args;
use event_bus::{BusConfig, subject::Subjects};
use serde::Deserialize;

#[derive(Args, Debug, Default, Deserialize)]
#[group(skip)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Said {
    /// Your NATS with JetStream; without it a private one is started.
    #[arg(long, global = true, env = "NATS_URL", hide_env_values = true, value_name = "URL")]
    nats_url: Option<String>,
    /// First token of every subject (goalstream).
    #[arg(long, global = true, env = "GOALSTREAM_SUBJECT_PREFIX", value_name = "PREFIX")]
    subject_prefix: Option<String>,
    /// Name of the JetStream stream (EVENTS).
    #[arg(long, global = true, env = "GOALSTREAM_STREAM_NAME", value_name = "NAME")]
    stream_name: Option<String>,
}

/// Which NATS, and under which names.
#[derive(Debug, Clone)]
pub(crate) struct Bus {
    /// `NATS_URL`; `None` means a private one.
    pub(crate) url: Option<String>,
    /// `GOALSTREAM_SUBJECT_PREFIX`.
    pub(crate) subject_prefix: String,
    /// `GOALSTREAM_STREAM_NAME`.
    pub(crate) stream_name: String,
}

impl Said {
    pub(super) fn resolve(self, file: Self) -> anyhow::Result<Bus> {
        let or =
            |said: Option<String>, file: Option<String>, usual: &str| said.or(file).unwrap_or_else(|| usual.to_owned());
        let bus = Bus {
            url: self.nats_url.or(file.nats_url),
            subject_prefix: or(self.subject_prefix, file.subject_prefix, BusConfig::SUBJECT_PREFIX),
            stream_name: or(self.stream_name, file.stream_name, BusConfig::STREAM_NAME),
        };
        // Now, rather than when servers have been started for it.
        bus.at("").check_names().context("use the names on NATS")?;
        Ok(bus)
    }
}

impl Bus {
    /// What to subscribe to for everything.
    pub(super) fn subjects(&self) -> String {
        Subjects::new(&self.subject_prefix).expect("the names were checked when they were read").everything()
    }

    /// For the server at this address.
    pub(crate) fn at(&self, nats_url: &str) -> BusConfig {
        BusConfig {
            subject_prefix: self.subject_prefix.clone(),
            stream_name: self.stream_name.clone(),
            ..BusConfig::new(nats_url)
        }
    }
}
