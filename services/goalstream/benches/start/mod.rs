//! Starting: how long the executable takes from its call until it takes work, how large it is, and how much memory it holds at rest.
//!
//! `cargo xtask bench start`. The real executable, built as it is shipped. `serve` with every role starts again and again on a log that
//! was filled, carried and projected before; `up` starts once, in an empty data directory with private servers of its own, which are
//! not counted.

mod executable;

use std::time::Duration;

use clap::Args;
use event_bus::{Bus, BusConfig};
use event_store::Log;
use local_stack::Endpoints;

use self::executable::{Running, file_bytes};
use crate::{
    history,
    instance::Instance,
    measure::{self, Figure, Results, Spread},
};

/// What a start may take, in milliseconds.
const READY_MS_MAX: f64 = 2_000.0;
/// How large the executable may be, and how much memory it may hold, in MB of 1,000,000 bytes.
const FILE_MB_MAX: f64 = 40.0;
const MEMORY_MB_MAX: f64 = 60.0;
/// How long the largest log may take to the bus.
const CARRIED_BOUND: Duration = Duration::from_secs(600);
/// How often the stream is asked how far it is.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

#[derive(Args)]
pub(crate) struct Arguments {
    /// Events in the log, about.
    #[arg(long, default_value_t = 100_000)]
    events: u64,
    /// How often `serve` is started.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
}

struct Started {
    events: u64,
    /// From the call of `serve` until `/readyz` says yes.
    ready_ms: Spread,
    file_mb: f64,
    /// Resident memory of `serve` on that log, and of `up` on an empty one, at rest.
    serve_mb: Spread,
    up_mb: f64,
}

/// Measures and prints.
pub(crate) fn run(common: &measure::Common, arguments: &Arguments) -> anyhow::Result<()> {
    measure::run(common, |endpoints| measure_starts(endpoints, arguments))?;
    Ok(())
}

async fn measure_starts(endpoints: Endpoints, arguments: &Arguments) -> anyhow::Result<Started> {
    let instance = Instance::start(&endpoints).await?;
    history::fill(&instance.log, arguments.events / history::GOAL_EVENTS).await?;
    instance.settle().await?;
    let events = instance.log.head().await?.position;
    tokio::time::timeout(CARRIED_BOUND, carried(&instance.log, &endpoints)).await??;
    instance.stop().await;
    let (mut ready, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds {
        let mut serving = Running::serve(&endpoints)?;
        ready.push(serving.until_ready().await?);
        memory.push(serving.resting_mb().await?);
        serving.stop().await?;
    }
    let up_mb = executable::up_at_rest().await?;
    let (ready_ms, serve_mb) = (Spread::of_times(ready), Spread::of(memory));
    Ok(Started { events, ready_ms, file_mb: executable::megabytes(file_bytes()?), serve_mb, up_mb })
}

/// Waits until the bus has the whole log.
async fn carried(log: &Log, endpoints: &Endpoints) -> anyhow::Result<()> {
    let (bus, head) = (Bus::connect(BusConfig::new(&endpoints.nats_url)).await?, log.head().await?.position);
    while bus.last_sequence().await.unwrap_or(0) < head {
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    bus.close().await;
    Ok(())
}

impl Results for Started {
    const NAME: &'static str = "start";

    fn table(&self) -> String {
        let Self { events, ready_ms, file_mb, serve_mb, up_mb } = self;
        format!(
            "| what | median | lowest | highest |\n| --- | ---: | ---: | ---: |\n\
             | `serve` on {events} events until it is ready, {} times | {:.0} ms | {:.0} ms | {:.0} ms |\n\
             | its memory at rest | {:.1} MB | {:.1} MB | {:.1} MB |\n\
             | memory of `up` at rest, without Postgres and NATS | {up_mb:.1} MB | | |\n\
             | the executable | {file_mb:.1} MB | | |\n",
            ready_ms.values, ready_ms.p50, ready_ms.min, ready_ms.max, serve_mb.p50, serve_mb.min, serve_mb.max,
        )
    }

    fn figures(&self) -> Vec<Figure> {
        let figure = |figure: String, unit, value, most: Option<f64>| Figure {
            figure,
            unit,
            value,
            ratio: None,
            bar: most.map(|most| 0.0..=most),
        };
        vec![
            figure(format!("serve on {} events until ready", self.events), "ms", self.ready_ms.p50, Some(READY_MS_MAX)),
            figure("memory of serve at rest".to_owned(), "MB", self.serve_mb.p50, None),
            figure("memory of up at rest".to_owned(), "MB", self.up_mb, Some(MEMORY_MB_MAX)),
            figure("size of the executable".to_owned(), "MB", self.file_mb, Some(FILE_MB_MAX)),
        ]
    }
}
