//! One event to many clients of the live stream: how many frames a second, and how ten thousand clients fare.
//!
//! `cargo xtask bench fanout`. The executable serves in a process of its own; the clients are plain sockets in this one. First the crowd
//! at two events a second: how late each client reads, and the server's memory for it. Then bursts to some of them, in rounds that take
//! turns with a loop that writes the very same frames to as many sockets and does nothing else.

mod burst;
mod crowd;

mod bare;
mod socket;

use std::time::Duration;

use anyhow::Context;
use clap::Args;
use local_stack::Endpoints;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use self::{burst::Rates, crowd::Watched};
use crate::{
    measure::{self, Figure, Results, fraction},
    node::Node,
    served::Served,
    writer::Writer,
};

/// What the stream has to reach of the bare loop's rate.
const RATIO_MIN: f64 = 0.5;
/// How late the crowd may read an event, in milliseconds.
const READ_P99_MS_MAX: f64 = 500.0;
/// What a client may cost of the server's memory.
const CLIENT_KIB_MAX: f64 = 20.0;
/// Between two events to the crowd.
const CROWD_INTERVAL: Duration = Duration::from_millis(500);

#[derive(Args)]
pub(crate) struct Arguments {
    /// Clients that watch quietly.
    #[arg(long, default_value_t = 10_000)]
    crowd: usize,
    /// Events that the crowd sees, two a second.
    #[arg(long, default_value_t = 30)]
    crowd_events: usize,
    /// Clients of a burst.
    #[arg(long, default_value_t = 200)]
    clients: usize,
    /// Events of a burst.
    #[arg(long, default_value_t = 2_000)]
    events: usize,
    /// How often each has its turn.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

struct Fanout {
    watched: Watched,
    rates: Rates,
}

/// Measures and prints.
pub(crate) fn run(common: &measure::Common, arguments: &Arguments) -> anyhow::Result<()> {
    raise_open_files().context("raise the number of open files")?;
    measure::run(common, |endpoints| both(endpoints, arguments))?;
    Ok(())
}

/// The usual limit is meant for shells; what we start inherits ours.
fn raise_open_files() -> anyhow::Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, most, most)?)
}

async fn both(endpoints: Endpoints, arguments: &Arguments) -> anyhow::Result<Fanout> {
    let &Arguments { crowd, crowd_events, clients, events, rounds } = arguments;
    let served = Served::start(&endpoints).await?;
    let node = Node::connect(&endpoints).await?;
    let mut writer = Writer::create(&node.log, &node.agent, "Fan-out").await?;
    // The crowd first, while no burst has left memory behind that would be used again.
    let plan = crowd::Plan { clients: crowd, interval: CROWD_INTERVAL, events: crowd_events };
    let watched = crowd::watch(&served, &mut writer, plan).await.context("watch as a crowd")?;
    let plan = burst::Plan { rounds, clients, events };
    let rates = burst::measure(&served, &mut writer, plan).await.context("send bursts")?;
    Ok(Fanout { watched, rates })
}

impl Watched {
    fn kib_a_client(&self) -> f64 {
        self.bytes_a_client / 1024.0
    }
}

impl Results for Fanout {
    const NAME: &'static str = "fanout";

    fn table(&self) -> String {
        let (rates, watched) = (&self.rates, &self.watched);
        let times = &watched.commit_to_read_ms;
        format!(
            "{} clients, bursts of {} events, frames of {} bytes, {} rounds\n\n\
             | writer | frames/s (median) | lowest | highest |\n| --- | ---: | ---: | ---: |\n\
             | the live stream | {:.0} | {:.0} | {:.0} |\n| bare, one loop | {:.0} | {:.0} | {:.0} |\n\n\
             The live stream reaches {:.2} of the bare loop's rate ({:.2} to {:.2}).\n\n\
             {} clients, an event every {} ms, {} readings: commit to read p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms; \
             {} reset; {:.1} KiB of the server's memory a client.\n",
            rates.plan.clients,
            rates.plan.events,
            rates.frame_bytes,
            rates.plan.rounds,
            rates.ours.p50,
            rates.ours.min,
            rates.ours.max,
            rates.bare.p50,
            rates.bare.min,
            rates.bare.max,
            rates.ratio.p50,
            rates.ratio.min,
            rates.ratio.max,
            watched.plan.clients,
            watched.plan.interval.as_millis(),
            times.values,
            times.p50,
            times.p99,
            times.max,
            watched.resets,
            watched.kib_a_client(),
        )
    }

    fn figures(&self) -> Vec<Figure> {
        let (rates, watched) = (&self.rates, &self.watched);
        let of_crowd = |what: &str, unit, value, most| Figure {
            figure: format!("{what}, {} clients", watched.plan.clients),
            unit,
            value,
            ratio: None,
            bar: Some(0.0..=most),
        };
        vec![
            Figure {
                figure: format!("burst of {} events to {} clients", rates.plan.events, rates.plan.clients),
                unit: "frames/s",
                value: rates.ours.p50,
                ratio: Some(rates.ratio.p50),
                bar: Some(RATIO_MIN..=f64::INFINITY),
            },
            of_crowd("commit to read, p99", "ms", watched.commit_to_read_ms.p99, READ_P99_MS_MAX),
            of_crowd("clients that were reset", "clients", fraction(watched.resets, 1.0), 0.0),
            of_crowd("memory a client", "KiB", watched.kib_a_client(), CLIENT_KIB_MAX),
        ]
    }
}
