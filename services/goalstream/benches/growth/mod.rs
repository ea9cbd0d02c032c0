//! What work costs as the log grows: appending, reading one task, searching and rebuilding at several sizes of one log.
//!
//! `cargo xtask bench growth`; `-- --sizes 10000,100000,1000000 --picture FILE` for the whole plot. All roles run. At each size the log
//! is filled with more of the same history, the views catch up, and each kind of work is done alone, one call after the other. Every
//! read asks for something that was not asked before, so none is answered from memory. Ten million events take an hour and 40 GB, so where
//! it is goes to standard error.

mod picture;
mod work;

use std::{io::Write, path::PathBuf, time::Duration};

use clap::Args;
use local_stack::Endpoints;
use tokio::time::interval;

use crate::{
    history,
    instance::Instance,
    measure::{self, Figure, Results, Spread},
};

/// Events in the log, unless said otherwise.
const SIZES: [u64; 2] = [10_000, 100_000];
/// What appending and getting may take at the largest size, over what they take at the smallest.
const FLAT_MAX: f64 = 1.5;
/// How often it is told where filling is.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);

#[derive(Args)]
pub(crate) struct Arguments {
    /// Events in the log, about, ascending.
    #[arg(long, value_delimiter = ',', default_values_t = SIZES)]
    sizes: Vec<u64>,
    /// Calls of each kind at each size.
    #[arg(long, default_value_t = 300)]
    calls: usize,
    /// Draw the times into this file, as SVG.
    #[arg(long)]
    picture: Option<PathBuf>,
}

/// One for each size.
struct Growth(Vec<Size>);

struct Size {
    events: u64,
    append_ms: Spread,
    get_ms: Spread,
    find_ms: Spread,
    /// Of all views.
    rebuild_seconds: f64,
}

/// Measures and prints.
pub(crate) fn run(common: &measure::Common, arguments: &Arguments) -> anyhow::Result<()> {
    let found = measure::run(common, |endpoints| measure_sizes(endpoints, arguments))?;
    if let (Some(file), Some(Growth(sizes))) = (&arguments.picture, found) {
        std::fs::write(file, picture::draw(&sizes))?;
    }
    Ok(())
}

async fn measure_sizes(endpoints: Endpoints, arguments: &Arguments) -> anyhow::Result<Growth> {
    let instance = Instance::start(&endpoints).await?;
    let mut work = work::Work::new(&instance).await?;
    let (mut sizes, mut goals) = (Vec::new(), 0);
    for size in &arguments.sizes {
        let more = (size / history::GOAL_EVENTS).saturating_sub(goals);
        let filled = async {
            history::fill(&instance.log, more).await?;
            instance.settle().await
        };
        while_told(&instance, *size, filled).await?;
        goals += more;
        let events = instance.log.head().await?.position;
        // First, because it also leaves the statistics that the planner would get from autovacuum after a while.
        let rebuild_seconds = work.rebuild().await?;
        sizes.push(Size {
            events,
            append_ms: work.append(arguments.calls).await?,
            get_ms: work.get(arguments.calls, goals * history::GOAL_TASKS as u64).await?,
            find_ms: work.find(arguments.calls).await?,
            rebuild_seconds,
        });
    }
    instance.stop().await;
    Ok(Growth(sizes))
}

/// Waits for the log and the views to reach a size.
async fn while_told(
    instance: &Instance,
    size: u64,
    filled: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let (mut ticks, log, views) = (interval(PROGRESS_INTERVAL), instance.log.wakeups(), instance.views.watch());
    tokio::pin!(filled);
    loop {
        tokio::select! {
            biased;
            done = &mut filled => return done,
            _ = ticks.tick() => say(format!("log: {}, views: {} of {size} events", *log.borrow(), *views.borrow())),
        }
    }
}

/// To who watches; standard output is for the results.
fn say(what: String) {
    let _ = writeln!(std::io::stderr(), "{what}");
}

impl Size {
    fn row(&self) -> String {
        let Self { events, append_ms, get_ms, find_ms, rebuild_seconds } = self;
        let times =
            [append_ms, get_ms, find_ms].map(|times| format!("{:.2} | {:.2}", times.p50, times.p99)).join(" | ");
        format!("| {events} | {times} | {rebuild_seconds:.1} | {:.0} |\n", self.rebuilt_per_second())
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    fn rebuilt_per_second(&self) -> f64 {
        self.events as f64 / self.rebuild_seconds
    }
}

impl Results for Growth {
    const NAME: &'static str = "growth";

    fn table(&self) -> String {
        let head = "| events | append p50 ms | p99 | get p50 ms | p99 | find p50 ms | p99 | rebuild s | events/s |\n\
                    | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";
        head.to_owned() + &self.0.iter().map(Size::row).collect::<String>()
    }

    fn figures(&self) -> Vec<Figure> {
        let (Some(first), Some(last)) = (self.0.first(), self.0.last()) else { return Vec::new() };
        let grown = |what: &str, unit, [before, after]: [f64; 2], most: Option<f64>| Figure {
            figure: format!("{what} at {} events against {}", last.events, first.events),
            unit,
            value: after,
            ratio: Some(after / before),
            bar: most.map(|most| 0.0..=most),
        };
        vec![
            grown("append, p50", "ms", [first, last].map(|size| size.append_ms.p50), Some(FLAT_MAX)),
            grown("get, p50", "ms", [first, last].map(|size| size.get_ms.p50), Some(FLAT_MAX)),
            grown("find, p50", "ms", [first, last].map(|size| size.find_ms.p50), None),
            grown("rebuild", "events/s", [first, last].map(Size::rebuilt_per_second), None),
        ]
    }
}
