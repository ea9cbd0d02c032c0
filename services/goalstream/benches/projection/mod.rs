//! From the log to the views: how fast they are remade, and how far they are behind while events come in.
//!
//! `cargo xtask bench projection`. First 5,000 events a second are appended, and it is noted when the views have each of them. Then a rebuild
//! of all views reads the log, folds it and writes every row with its indexes; its limit is a binary COPY of the rows that came out, from
//! files beside the database, into tables without indexes, which then get the same ones. Both take turns on one log.

mod copied;
mod lag;

use std::time::Instant;

use clap::Args;
use local_stack::Endpoints;
use read_models::{VIEWS, Views};

use self::copied::Copied;
use crate::{
    history,
    instance::Instance,
    measure::{self, Figure, Results, Spread, fraction},
};

/// What a rebuild has to reach of the copy's rate.
const RATIO_MIN: f64 = 0.3;
/// How far the views may be behind, in milliseconds.
const LAG_MS_MAX: f64 = 50.0;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Events in the log at first, about.
    #[arg(long, default_value_t = 100_000)]
    events: u64,
    /// How often rebuild and copy have their turns.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Events a second while the lag is measured.
    #[arg(long, default_value_t = 5_000)]
    rate: u32,
    /// How long that lasts, in seconds.
    #[arg(long, default_value_t = 10)]
    seconds: u32,
}

struct Projected {
    events: u64,
    /// Rows of all views, current and past.
    rows: u64,
    /// Events a second, over the rounds.
    rebuild: Spread,
    copy: Spread,
    /// The rebuild's rate over the copy's.
    ratio: Spread,
    lag: lag::Lag,
}

/// Measures and prints.
pub(crate) fn run(common: &measure::Common, arguments: &Arguments) -> anyhow::Result<()> {
    measure::run(common, |endpoints| both(endpoints, arguments))?;
    Ok(())
}

async fn both(endpoints: Endpoints, arguments: &Arguments) -> anyhow::Result<Projected> {
    let instance = Instance::start(&endpoints).await?;
    history::fill(&instance.log, arguments.events / history::GOAL_EVENTS).await?;
    instance.settle().await?;
    // Before the rebuilds: after them the database is busy for a minute with cleaning up.
    let lag = lag::measure(&instance, arguments.rate, arguments.seconds).await?;
    instance.settle().await?;
    let events = instance.log.head().await?.position;
    let mut copied = Copied::new(&endpoints).await?;
    let (mut rebuild, mut copy, mut rows) = (Vec::new(), Vec::new(), 0);
    let rate = |seconds| fraction(usize::try_from(events).unwrap_or_default(), seconds);
    for _ in 0..arguments.rounds {
        let begun = Instant::now();
        let rebuilt = projector::rebuild(&instance.log, &instance.views, "all", &|_| ()).await?;
        rebuild.push(rate(begun.elapsed().as_secs_f64()));
        if copy.is_empty() {
            equal(&instance.views, rebuilt.generation).await?;
        }
        instance.views.drop_retired_after(std::time::Duration::ZERO).await?;
        let limit = copied.turn(rebuilt.generation).await?;
        copy.push(rate(limit.took.as_secs_f64()));
        rows = limit.rows;
    }
    instance.stop().await;
    let ratio = Spread::of(rebuild.iter().zip(&copy).map(|(rebuild, copy)| rebuild / copy));
    Ok(Projected { events, rows, rebuild: Spread::of(rebuild), copy: Spread::of(copy), ratio, lag })
}

/// What was measured is worth nothing if it made other rows.
async fn equal(views: &Views, generation: i32) -> anyhow::Result<()> {
    for view in VIEWS {
        let compared = views.compare(view, generation - 1, generation).await?;
        anyhow::ensure!(compared.is_equal(), "the rebuilt view `{view}` differs: {compared:?}");
    }
    Ok(())
}

impl Results for Projected {
    const NAME: &'static str = "projection";

    fn table(&self) -> String {
        let Self { events, rows, rebuild, copy, ratio, lag } = self;
        let row =
            |name: &str, rate: &Spread| format!("| {name} | {:.0} | {:.0} | {:.0} |\n", rate.p50, rate.min, rate.max);
        let behind = &lag.behind_ms;
        format!(
            "At {:.0} events/s the views are behind by {:.1} ms (p50), {:.1} ms (p99), at most {:.1} ms.\n\n\
             {events} events, {rows} rows in all views, {} rounds\n\n\
             | how | events/s (median) | lowest | highest |\n| --- | ---: | ---: | ---: |\n{}{}\n\
             The rebuild reaches {:.2} of the copy's rate ({:.2} to {:.2}).\n",
            lag.events_per_second,
            behind.p50,
            behind.p99,
            behind.max,
            rebuild.values,
            row("rebuild of all views, from the log", rebuild),
            row("binary COPY of their rows, then the indexes", copy),
            ratio.p50,
            ratio.min,
            ratio.max,
        )
    }

    fn figures(&self) -> Vec<Figure> {
        let lag = |rank: &str, value| Figure {
            figure: format!("views behind the log at {:.0} events/s, {rank}", self.lag.events_per_second),
            unit: "ms",
            value,
            ratio: None,
            bar: Some(0.0..=LAG_MS_MAX),
        };
        vec![
            Figure {
                figure: format!("rebuild of {} events against binary COPY of the rows", self.events),
                unit: "events/s",
                value: self.rebuild.p50,
                ratio: Some(self.ratio.p50),
                bar: Some(RATIO_MIN..=f64::INFINITY),
            },
            lag("p50", self.lag.behind_ms.p50),
            lag("p99", self.lag.behind_ms.p99),
        ]
    }
}
