//! Traces for a collector: sent in batches, from a thread of their own.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{self, SdkTracerProvider, SpanData},
};

/// The traces of this process; what has not been sent yet is sent when it is dropped.
#[must_use = "traces end with this value"]
pub(crate) struct Traces(pub(super) Option<SdkTracerProvider>);

impl Drop for Traces {
    fn drop(&mut self) {
        if let Some(provider) = &self.0 {
            // A collector that is away keeps nobody from stopping.
            let _ = provider.shutdown();
        }
    }
}

pub(super) fn provider(endpoint: &str) -> anyhow::Result<SdkTracerProvider> {
    let exporter =
        SpanExporter::builder().with_http().with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')));
    let exporter = exporter.build().with_context(|| format!("export traces to {endpoint}"))?;
    let exporter = Telling { exporter, endpoint: without_credentials(endpoint), fails: AtomicBool::new(false) };
    let resource = Resource::builder().with_service_name("goalstream").build();
    Ok(SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build())
}

/// What may be logged of an address.
fn without_credentials(endpoint: &str) -> String {
    endpoint.rsplit_once('@').map_or(endpoint, |(_, server)| server).to_owned()
}

/// Says when traces no longer arrive, once, and when they do again. The library loses them without a word.
#[derive(Debug)]
struct Telling<Exporter> {
    exporter: Exporter,
    endpoint: String,
    fails: AtomicBool,
}

impl<Exporter: trace::SpanExporter> trace::SpanExporter for Telling<Exporter> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let exported = self.exporter.export(batch).await;
        match (&exported, self.fails.swap(exported.is_err(), Ordering::Relaxed)) {
            (Err(error), false) => {
                tracing::warn!(%error, endpoint = self.endpoint, "traces cannot be sent and are lost, until this is told to be over");
            }
            (Ok(()), true) => tracing::warn!(endpoint = self.endpoint, "traces are sent again"),
            _ => {}
        }
        exported
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.exporter.shutdown()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
