//! From a commit to the screen: how long until the frame with an event's position reaches a client of the live stream.
//!
//! `cargo xtask bench latency`. Every role runs in this process over a real Postgres, NATS and HTTP on loopback, as `goalstream up` has
//! them: log, relay, bus, projector, views, dashboard. The client is an ordinary HTTP client of `/events`. Measured from the moment the
//! append's caller has its answer, and from the moment it called.

mod client;
pub(crate) mod writers;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use clap::Args;
use local_stack::Endpoints;

use self::{
    client::Frames,
    writers::{Appended, Writer},
};
use crate::{
    instance::Instance,
    measure::{self, Figure, Results, Spread, fraction},
};

/// Between the arrival of one frame and the next command, at rest.
const PAUSE: Duration = Duration::from_millis(20);
/// What a frame may take, in milliseconds.
const FRAME_P50_MS_MAX: f64 = 3.0;
const FRAME_P99_MS_MAX: f64 = 20.0;
/// Commands that are not counted: connections are opened and statements prepared.
const WARM_UP_COMMANDS: usize = 20;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Single commands at rest.
    #[arg(long, default_value_t = 200)]
    singles: usize,
    /// Events a second under load.
    #[arg(long, default_value_t = 500)]
    rate: u32,
    /// How long the load lasts, in seconds.
    #[arg(long, default_value_t = 20)]
    seconds: u32,
}

struct Latency {
    at_rest: Phase,
    under_load: Phase,
}

/// Times in milliseconds.
struct Phase {
    events_per_second: f64,
    /// From the call of the append to its answer.
    append_ms: Spread,
    /// From the append's answer to the frame.
    commit_to_frame_ms: Spread,
    /// From the call of the append to the frame.
    call_to_frame_ms: Spread,
}

/// Measures and prints.
pub(crate) fn run(common: &measure::Common, arguments: &Arguments) -> anyhow::Result<()> {
    let bench = |endpoints| both(endpoints, arguments.singles, arguments.rate, arguments.seconds);
    measure::run(common, bench)?;
    Ok(())
}

async fn both(endpoints: Endpoints, singles: usize, rate: u32, seconds: u32) -> anyhow::Result<Latency> {
    let instance = Instance::start(&endpoints).await?;
    let mut writers = writers::all(&instance).await?;
    let mut frames = Frames::follow(&instance.url, instance.log.head().await?.position).await?;
    one_by_one(&mut writers, &mut frames, WARM_UP_COMMANDS).await?;
    let at_rest = one_by_one(&mut writers, &mut frames, singles).await?;
    let under_load = steadily(writers, &mut frames, rate, seconds).await?;
    instance.stop().await;
    Ok(Latency { at_rest, under_load })
}

/// The next command when the last one's frame has come.
async fn one_by_one(writers: &mut [Writer], frames: &mut Frames, commands: usize) -> anyhow::Result<Phase> {
    let begun = Instant::now();
    let (mut appended, mut arrived) = (Vec::new(), BTreeMap::new());
    for command in 0..commands {
        let writer = command % writers.len();
        let next = writers[writer].append().await?;
        frames.until(next.position, &mut arrived).await?;
        appended.push(next);
        tokio::time::sleep(PAUSE).await;
    }
    Phase::of(&appended, &arrived, begun.elapsed())
}

/// So many events a second, whatever comes of them.
async fn steadily(writers: Vec<Writer>, frames: &mut Frames, rate: u32, seconds: u32) -> anyhow::Result<Phase> {
    let begun = Instant::now();
    let appended = writers::write(writers, rate, seconds).await?;
    let took = begun.elapsed();
    let last = appended.iter().map(|appended| appended.position).max().unwrap_or_default();
    let mut arrived = BTreeMap::new();
    frames.until(last, &mut arrived).await?;
    Phase::of(&appended, &arrived, took)
}

impl Phase {
    fn of(appended: &[Appended], arrived: &BTreeMap<u64, Instant>, took: Duration) -> anyhow::Result<Self> {
        let (mut from_answer, mut from_call) = (Vec::new(), Vec::new());
        for event in appended {
            let Some(arrived) = arrived.get(&event.position) else {
                anyhow::bail!("no frame with position {}", event.position);
            };
            // The frame may come before the caller has been told.
            from_answer.push(arrived.saturating_duration_since(event.answered));
            from_call.push(arrived.saturating_duration_since(event.called));
        }
        Ok(Self {
            events_per_second: fraction(appended.len(), took.as_secs_f64()),
            append_ms: Spread::of_times(appended.iter().map(|event| event.answered - event.called)),
            commit_to_frame_ms: Spread::of_times(from_answer),
            call_to_frame_ms: Spread::of_times(from_call),
        })
    }

    fn rows(&self, name: &str) -> String {
        let name = format!("{name}, {:.0} events/s", self.events_per_second);
        let row = |what: &str, times: &Spread| {
            format!("| {name} | {what} | {} | {:.2} | {:.2} | {:.2} |\n", times.values, times.p50, times.p99, times.max)
        };
        let rows = [
            row("append answered", &self.append_ms),
            row("commit to frame", &self.commit_to_frame_ms),
            row("call to frame", &self.call_to_frame_ms),
        ];
        rows.concat()
    }
}

impl Results for Latency {
    const NAME: &'static str = "latency";

    fn table(&self) -> String {
        format!(
            "| load | what | events | p50 ms | p99 ms | longest ms |\n| --- | --- | ---: | ---: | ---: | ---: |\n{}{}",
            self.at_rest.rows("at rest"),
            self.under_load.rows("under load"),
        )
    }

    fn figures(&self) -> Vec<Figure> {
        [("at rest", &self.at_rest), ("under load", &self.under_load)]
            .into_iter()
            .flat_map(|(load, phase)| {
                let times = &phase.commit_to_frame_ms;
                [("p50", times.p50, FRAME_P50_MS_MAX), ("p99", times.p99, FRAME_P99_MS_MAX)].map(
                    |(rank, value, most)| Figure {
                        figure: format!("commit to frame, {load}, {:.0} events/s, {rank}", phase.events_per_second),
                        unit: "ms",
                        value,
                        ratio: None,
                        bar: Some(0.0..=most),
                    },
                )
            })
            .collect()
    }
}
