//! From the log to the bus: the relay against a publisher that does nothing but publish, in rounds that take turns.
//!
//! `cargo xtask bench relay`. Both send the same events with the same headers and the same number on their way, each to a new stream
//! on the same server. The bare publisher has its messages ready in memory; the relay reads them from Postgres, makes the messages
//! and judges every acknowledgement.

mod bare;

use std::time::{Duration, Instant};

use clap::Args;
use domain::{GoalId, StreamId, TaskId};
use event_bus::{Bus, BusConfig, ConnectionState};
use event_store::{Log, Stack, StoreConfig};
use local_stack::Endpoints;
use relay::Relay;
use tokio_util::sync::CancellationToken;

use crate::measure::{self, Figure, Results, Spread, command, fraction};

/// Events of one command while the log is filled.
const COMMAND_EVENTS: usize = 100;
/// What the relay has to reach of the bare publisher's rate.
const RATIO_MIN: f64 = 0.7;
/// How often the stream is asked how far it is.
const LOOK_INTERVAL: Duration = Duration::from_millis(2);
/// What a stream may keep: more than is sent.
const STREAM_BYTES_MAX: u64 = 1 << 30;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Events in the log, in hundreds.
    #[arg(long, default_value_t = 500)]
    hundreds: usize,
    /// How often each has its turn.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
}

/// Events a second, over the rounds.
struct Rates {
    events: usize,
    window: usize,
    relay: Spread,
    bare: Spread,
    /// The relay's rate over the bare publisher's.
    ratio: Spread,
}

/// Measures and prints.
pub(crate) fn run(common: &measure::Common, arguments: &Arguments) -> anyhow::Result<()> {
    let bench = |endpoints| measure_rounds(endpoints, arguments.hundreds, arguments.rounds);
    measure::run(common, bench)?;
    Ok(())
}

async fn measure_rounds(endpoints: Endpoints, hundreds: usize, rounds: usize) -> anyhow::Result<Rates> {
    event_store::migrate(&endpoints.owner_url).await?;
    let log = Log::connect(StoreConfig::new(&endpoints.database_url)).await?;
    fill(&log, hundreds).await?;
    let events = hundreds * COMMAND_EVENTS;
    let (mut relay, mut bare) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        // Each goes first in every second round.
        for turn in [round, round + 1] {
            let stream = format!("{}-{round}", if turn % 2 == 0 { "relay" } else { "bare" });
            let bus = connect(&endpoints, &stream).await?;
            let took = if turn % 2 == 0 {
                relayed(&log, &bus, events).await?
            } else {
                bare::published(&log, &bus, &endpoints).await?
            };
            bare::delete_stream(&endpoints, &stream).await?;
            let rates = if turn % 2 == 0 { &mut relay } else { &mut bare };
            rates.push(fraction(events, took.as_secs_f64()));
        }
    }
    let ratio = Spread::of(relay.iter().zip(&bare).map(|(relay, bare)| relay / bare));
    let window = event_bus::publisher::WINDOW_EVENTS;
    Ok(Rates { events, window, relay: Spread::of(relay), bare: Spread::of(bare), ratio })
}

async fn fill(log: &Log, hundreds: usize) -> anyhow::Result<()> {
    let stream = StreamId::from(GoalId(1));
    for filled in 0..hundreds {
        let commands = vec![command(TaskId(1), COMMAND_EVENTS)?];
        let expected_sequence = (filled * COMMAND_EVENTS) as u64;
        log.append(Stack { stream: stream.clone(), expected_sequence, commands }).await?;
    }
    Ok(())
}

async fn connect(endpoints: &Endpoints, stream: &str) -> anyhow::Result<Bus> {
    let config = BusConfig {
        stream_name: stream.to_owned(),
        subject_prefix: stream.to_owned(),
        retention_bytes: Some(STREAM_BYTES_MAX),
        ..BusConfig::new(&endpoints.nats_url)
    };
    let bus = Bus::connect(config).await?;
    bus.connection().wait_for(|state| *state == ConnectionState::Connected).await?;
    Ok(bus)
}

/// How long a relay takes to bring the whole log to a stream that is not there yet.
async fn relayed(log: &Log, bus: &Bus, events: usize) -> anyhow::Result<Duration> {
    let relay = Relay::new(log.clone(), bus.clone());
    let end = CancellationToken::new();
    let begun = Instant::now();
    let task = tokio::spawn({
        let end = end.clone();
        async move { relay.run(end).await }
    });
    // The stream is made by the relay, so at first there is none to ask.
    while bus.last_sequence().await.unwrap_or(0) < events as u64 {
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    let took = begun.elapsed();
    end.cancel();
    task.await?;
    Ok(took)
}

impl Results for Rates {
    const NAME: &'static str = "relay";

    fn table(&self) -> String {
        let Self { events, window, relay, bare, ratio } = self;
        let row =
            |name: &str, rate: &Spread| format!("| {name} | {:.0} | {:.0} | {:.0} |\n", rate.p50, rate.min, rate.max);
        format!(
            "{events} events, {window} on their way, {} rounds\n\n\
             | publisher | events/s (median) | lowest | highest |\n| --- | ---: | ---: | ---: |\n{}{}\n\
             The relay reaches {:.2} of the bare publisher's rate ({:.2} to {:.2}).\n",
            relay.values,
            row("the relay, from Postgres", relay),
            row("bare, from memory", bare),
            ratio.p50,
            ratio.min,
            ratio.max,
        )
    }

    fn figures(&self) -> Vec<Figure> {
        vec![Figure {
            figure: format!("{} events, {} on their way", self.events, self.window),
            unit: "events/s",
            value: self.relay.p50,
            ratio: Some(self.ratio.p50),
            bar: Some(RATIO_MIN..=f64::INFINITY),
        }]
    }
}
