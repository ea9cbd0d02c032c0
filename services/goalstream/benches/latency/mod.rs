//! From a commit to the screen: how long until the frame with an event's position reaches a client of the live stream.
//!
//! `cargo xtask bench latency`. Every role runs in this process over a real Postgres, NATS and HTTP on loopback, as `goalstream up` has
//! them: log, relay, bus, projector, views, dashboard. The client is an ordinary HTTP client of `/events`. Measured from the moment the
//! append's caller has its answer, and from the moment it called. Beside it a loop asks every five seconds, as pages without a stream do.

mod client;
mod polling;
pub(crate) mod writers;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use clap::Args;
use local_stack::Endpoints;

use self::{client::Frames, polling::Polling};
use crate::{
    instance::Instance,
    measure::{self, Figure, Results, Spread, fraction},
    writer::{Appended, Writer},
};

/// Between the arrival of one frame and the next command, at rest.
const PAUSE: Duration = Duration::from_millis(20);
/// What a frame may take, in milliseconds.
const FRAME_P50_MS_MAX: f64 = 3.0;
const FRAME_P99_MS_MAX: f64 = 20.0;
/// How much sooner than the polling loop the stream has to show a change, on average.
const SOONER_RATIO_MIN: f64 = 500.0;
/// Commands that are not counted: connections are opened and statements prepared.
const WARM_UP_COMMANDS: usize = 20;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Single commands at rest. They have to last for more than one interval of the polling loop.
    #[arg(long, default_value_t = 500)]
    singles: usize,
    /// Events a second under load.
    #[arg(long, default_value_t = 1_000)]
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
    /// From the append's answer to the polling loop's.
    commit_to_poll_ms: Spread,
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

    let (begun, polling) = (Instant::now(), Polling::begin(&instance.url));
    let (appended, arrived) = one_by_one(&mut writers, &mut frames, singles).await?;
    let at_rest = Phase::of(&appended, &arrived, polling, begun.elapsed())?;

    let (begun, polling) = (Instant::now(), Polling::begin(&instance.url));
    let (appended, arrived) = steadily(writers, &mut frames, rate, seconds).await?;
    let under_load = Phase::of(&appended, &arrived, polling, begun.elapsed())?;
    instance.stop().await;
    Ok(Latency { at_rest, under_load })
}

/// The commands, and when the frame with each position came.
type Followed = (Vec<Appended>, BTreeMap<u64, Instant>);

/// The next command when the last one's frame has come.
async fn one_by_one(writers: &mut [Writer], frames: &mut Frames, commands: usize) -> anyhow::Result<Followed> {
    let (mut appended, mut arrived) = (Vec::new(), BTreeMap::new());
    for command in 0..commands {
        let writer = command % writers.len();
        let next = writers[writer].append(1).await?;
        frames.until(next.position, &mut arrived).await?;
        appended.push(next);
        tokio::time::sleep(PAUSE).await;
    }
    Ok((appended, arrived))
}

/// So many events a second, whatever comes of them.
async fn steadily(writers: Vec<Writer>, frames: &mut Frames, rate: u32, seconds: u32) -> anyhow::Result<Followed> {
    let appended = writers::write(writers, rate, seconds).await?;
    let last = appended.iter().map(|appended| appended.position).max().unwrap_or_default();
    let mut arrived = BTreeMap::new();
    frames.until(last, &mut arrived).await?;
    Ok((appended, arrived))
}

impl Phase {
    fn of(
        appended: &[Appended],
        arrived: &BTreeMap<u64, Instant>,
        polling: Polling,
        took: Duration,
    ) -> anyhow::Result<Self> {
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
            commit_to_poll_ms: Spread::of_times(polling.delays(appended)?),
        })
    }

    fn sooner(&self) -> f64 {
        self.commit_to_poll_ms.mean / self.commit_to_frame_ms.mean
    }

    fn rows(&self, name: &str) -> String {
        let name = format!("{name}, {:.0} events/s", self.events_per_second);
        let row = |what: &str, times: &Spread| {
            let Spread { values, mean, p50, p99, max, .. } = times;
            format!("| {name} | {what} | {values} | {mean:.2} | {p50:.2} | {p99:.2} | {max:.2} |\n")
        };
        let rows = [
            row("append answered", &self.append_ms),
            row("commit to frame", &self.commit_to_frame_ms),
            row("call to frame", &self.call_to_frame_ms),
            row("commit to poll, every 5 s", &self.commit_to_poll_ms),
        ];
        rows.concat()
    }
}

impl Results for Latency {
    const NAME: &'static str = "latency";

    fn table(&self) -> String {
        format!(
            "| load | what | events | mean ms | p50 ms | p99 ms | longest ms |\n\
             | --- | --- | ---: | ---: | ---: | ---: | ---: |\n{}{}\n\
             On average a frame comes {:.0} times sooner than the answer of the polling loop at rest, {:.0} times under load.\n",
            self.at_rest.rows("at rest"),
            self.under_load.rows("under load"),
            self.at_rest.sooner(),
            self.under_load.sooner(),
        )
    }

    fn figures(&self) -> Vec<Figure> {
        [("at rest", &self.at_rest), ("under load", &self.under_load)]
            .into_iter()
            .flat_map(|(load, phase)| phase.figures(load))
            .collect()
    }
}

impl Phase {
    fn figures(&self, load: &str) -> [Figure; 3] {
        let (rate, times) = (self.events_per_second, &self.commit_to_frame_ms);
        let ranked = |rank: &str, value, most| Figure {
            figure: format!("commit to frame, {load}, {rate:.0} events/s, {rank}"),
            unit: "ms",
            value,
            ratio: None,
            bar: Some(0.0..=most),
        };
        let sooner = Figure {
            figure: format!("commit to frame, {load}, {rate:.0} events/s, mean, sooner than a poll every 5 s"),
            unit: "ms",
            value: times.mean,
            ratio: Some(self.sooner()),
            bar: Some(SOONER_RATIO_MIN..=f64::INFINITY),
        };
        [ranked("p50", times.p50, FRAME_P50_MS_MAX), ranked("p99", times.p99, FRAME_P99_MS_MAX), sooner]
    }
}
