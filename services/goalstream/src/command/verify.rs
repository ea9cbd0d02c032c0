//! `goalstream verify`: is the log sound, and does the bus carry the same?

use std::process::ExitCode;

use anyhow::Context;
use event_bus::{Bus, BusError, Log, with_causes};

use super::{print, progress};
use crate::{
    config::Settings,
    instance::{Servers, connect_log},
    telemetry,
};

/// Progress is told every so many events.
const TOLD_EVERY: u64 = 100_000;

pub(crate) async fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    let _traces = telemetry::log(&settings.logging, "warn")?;
    let servers = Servers::find(&settings)?;
    let log = connect_log(&servers, 1, 2).await?;
    let mut told = 0;
    let report = log.verify(|position, head| {
        if position / TOLD_EVERY > told {
            told = position / TOLD_EVERY;
            progress(&format!("position {position} of {head}"));
        }
    });
    let report = report.await.context("walk the log")?;
    for finding in &report.findings {
        print(format!("WRONG  {finding}"))?;
    }
    print(format!(
        "log: {} events in {} streams up to position {}, {} findings",
        report.events, report.streams, report.head, report.findings_total
    ))?;
    let bus = Bus::connect(settings.bus.at(&servers.nats_url)).await.context("use the NATS address")?;
    let agrees = compare(&bus, &log).await?;
    Ok(if report.findings_total == 0 && agrees { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether every message of the stream is the log's event at its position.
async fn compare(bus: &Bus, log: &Log) -> anyhow::Result<bool> {
    match bus.carries(log).await {
        Err(BusError::NoStream(name)) => {
            print(format!("bus: there is no stream {name}; the relay makes it and fills it from the log"))?;
            return Ok(true);
        }
        // Not even its last message is worth comparing with the rest.
        Err(error) => {
            print(format!("WRONG  bus: {}", with_causes(&error)))?;
            return Ok(false);
        }
        Ok(_) => {}
    }
    let mut told = 0;
    let comparison = bus.compare_all(log, |position, last| {
        if position / TOLD_EVERY > told {
            told = position / TOLD_EVERY;
            progress(&format!("message {position} of {last}"));
        }
    });
    let comparison = comparison.await.context("compare the stream with the log")?;
    for difference in &comparison.differences {
        print(format!("WRONG  bus: {difference}"))?;
    }
    print(format!(
        "bus: the stream {} carries this log from position {} up to position {}, {} differences",
        bus.stream_name(),
        comparison.first,
        comparison.last,
        comparison.differences_total
    ))?;
    Ok(comparison.differences_total == 0)
}
