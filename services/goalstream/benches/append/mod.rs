//! Appending: our log against postgres-es as it comes, on the same server, in rounds that take turns.
//!
//! `cargo xtask bench append`. Every writer writes to streams of its own, [`STREAM_EVENTS`] commands of one event to each, one after
//! the other. What the machine does beside us slows all alike, so the ratios of neighbouring rounds are worth more than the rates.

pub(crate) mod copy;
mod picture;
mod rounds;
mod stores;
mod table;

use std::{path::PathBuf, time::Duration};

use clap::Args;

use self::{rounds::Level, stores::Store};
use crate::measure::{self, Figure, Results};

/// Writers at the same time, unless said otherwise.
const WRITERS: [usize; 4] = [1, 16, 64, 256];
/// By writers, what our rate has to be of the peer's.
const RATE_RATIOS_MIN: [(usize, f64); 2] = [(64, 10.0), (256, 15.0)];
/// Commands to one stream before its writer begins the next. Short, because postgres-es reads the whole stream each time.
const STREAM_EVENTS: u64 = 10;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Writers at the same time, one table after the other.
    #[arg(long, value_delimiter = ',', default_values_t = WRITERS)]
    writers: Vec<usize>,
    /// How often each store has its turn at each number of writers.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long a turn is measured, in milliseconds.
    #[arg(long, default_value_t = 1_200)]
    turn_ms: u64,
    /// Draw the rates into this file, as SVG.
    #[arg(long)]
    picture: Option<PathBuf>,
}

/// Measures and prints.
pub(crate) fn run(common: &measure::Common, arguments: &Arguments) -> anyhow::Result<()> {
    let bench = async |endpoints: local_stack::Endpoints| {
        let turn = Duration::from_millis(arguments.turn_ms);
        let plan = rounds::Plan { rounds: arguments.rounds, turn, others: measure::Others::than(&endpoints) };
        let stores = Store::all(&endpoints).await?;
        let mut levels: Vec<Level> = Vec::new();
        for &writers in &arguments.writers {
            levels.push(rounds::level(&stores, writers, plan).await?);
        }
        Ok(Levels(levels))
    };
    let found = measure::run(common, bench)?;
    if let (Some(file), Some(Levels(levels))) = (&arguments.picture, found) {
        std::fs::write(file, picture::draw(&levels))?;
    }
    Ok(())
}

/// One for each number of writers.
struct Levels(Vec<Level>);

impl Results for Levels {
    const NAME: &'static str = "append";

    fn table(&self) -> String {
        table::write(&self.0)
    }

    fn figures(&self) -> Vec<Figure> {
        let of_level = |level: &Level| {
            let writers = level.writers;
            let peers = level.stores.iter().filter(|store| store.name.starts_with("postgres-es"));
            let figures = peers.flat_map(|peer| {
                let bar =
                    RATE_RATIOS_MIN.iter().find(|(at, _)| *at == writers).map(|(_, least)| *least..=f64::INFINITY);
                let against = format!("{writers} writers against {}", peer.name);
                let rate = Figure {
                    figure: format!("rate, {against}"),
                    unit: "commands/s",
                    value: level.stores[0].rate.p50,
                    ratio: Some(peer.ours_faster.p50),
                    bar,
                };
                let latency = Figure {
                    figure: format!("p50, {against}"),
                    unit: "ms",
                    value: level.stores[0].latency_ms.p50,
                    ratio: Some(peer.ours_latency.p50),
                    bar: (writers == 1).then_some(0.0..=1.0),
                };
                [rate, latency]
            });
            figures.collect::<Vec<_>>()
        };
        self.0.iter().flat_map(of_level).collect()
    }
}
