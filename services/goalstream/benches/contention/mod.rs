//! Many agents on one goal against as many agents on a goal each: what it costs that commands of one goal are decided one after the other.
//!
//! `cargo xtask bench contention`. Each agent claims a task and completes it, again and again, through the same door as every tool call;
//! all roles run beside it, as the executable has them. Decisions of one goal queue, so what counts is that those which wait are stored
//! together: the table says how many commands a stack (of one goal) and a batch (of all goals) held.

mod agents;
mod stacked;

use clap::Args;
use local_stack::Endpoints;

use self::stacked::{Means, Stacked};
use crate::{
    instance::Instance,
    measure::{self, Figure, Results, Spread},
};

/// Those who work at the same time.
const AGENTS: usize = 16;
/// What one goal has to reach of the rate on a goal each.
const RATIO_MIN: f64 = 0.5;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Tasks that each agent claims and completes in a turn.
    #[arg(long, default_value_t = 100)]
    tasks: usize,
    /// How often each has its turn.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
}

struct Contention {
    tasks: usize,
    one: Measured,
    each: Measured,
    /// The rate on one goal over the rate on a goal each.
    ratio: Spread,
}

struct Measured {
    /// Commands a second, over the rounds.
    rate: Spread,
    /// Of single commands, over all rounds.
    latency_ms: Spread,
    /// Commands a stack and a batch, over all rounds.
    means: Means,
}

/// Measures and prints.
pub(crate) fn run(common: &measure::Common, arguments: &Arguments) -> anyhow::Result<()> {
    measure::run(common, |endpoints| measure_rounds(endpoints, arguments))?;
    Ok(())
}

async fn measure_rounds(endpoints: Endpoints, arguments: &Arguments) -> anyhow::Result<Contention> {
    let stacked = Stacked::new()?;
    let instance = Instance::start(&endpoints).await?;
    let (mut one, mut each) = (Turns::default(), Turns::default());
    // The first is not counted: connections are opened and statements prepared.
    agents::turn(&instance, 1, arguments.tasks).await?;
    for round in 0..arguments.rounds {
        // Each goes first in every second round.
        for turn in [round, round + 1] {
            let (goals, turns) = if turn % 2 == 0 { (1, &mut one) } else { (AGENTS, &mut each) };
            instance.settle().await?;
            let before = stacked.now();
            turns.done.push(agents::turn(&instance, goals, arguments.tasks).await?);
            turns.stacked.add(&stacked.now().since(&before));
        }
    }
    instance.stop().await;
    let ratio = Spread::of(one.done.iter().zip(&each.done).map(|(one, each)| one.rate / each.rate));
    Ok(Contention { tasks: arguments.tasks, one: one.measured(), each: each.measured(), ratio })
}

#[derive(Default)]
struct Turns {
    done: Vec<agents::Turn>,
    stacked: stacked::Totals,
}

impl Turns {
    fn measured(self) -> Measured {
        Measured {
            rate: Spread::of(self.done.iter().map(|turn| turn.rate)),
            latency_ms: Spread::of_times(self.done.iter().flat_map(|turn| turn.times.iter().copied())),
            means: self.stacked.means(),
        }
    }
}

impl Measured {
    fn row(&self, name: &str) -> String {
        let (rate, latency, means) = (&self.rate, &self.latency_ms, &self.means);
        format!(
            "| {name} | {:.0} ({:.0} to {:.0}) | {:.2} | {:.2} | {:.1} | {:.1} |\n",
            rate.p50, rate.min, rate.max, latency.p50, latency.p99, means.stack, means.batch
        )
    }
}

impl Results for Contention {
    const NAME: &'static str = "contention";

    fn table(&self) -> String {
        let Self { tasks, one, each, ratio } = self;
        format!(
            "{AGENTS} agents claim and complete {tasks} tasks each, {} rounds\n\n\
             | where | commands/s | p50 ms | p99 ms | commands a stack | commands a batch |\n\
             | --- | ---: | ---: | ---: | ---: | ---: |\n{}{}\n\
             One goal reaches {:.2} of the rate ({:.2} to {:.2}).\n",
            ratio.values,
            one.row("one goal"),
            each.row("a goal each"),
            ratio.p50,
            ratio.min,
            ratio.max,
        )
    }

    fn figures(&self) -> Vec<Figure> {
        let informing =
            |figure: &str, value| Figure { figure: figure.to_owned(), unit: "commands", value, ratio: None, bar: None };
        vec![
            Figure {
                figure: format!("{AGENTS} agents on one goal against a goal each"),
                unit: "commands/s",
                value: self.one.rate.p50,
                ratio: Some(self.ratio.p50),
                bar: Some(RATIO_MIN..=f64::INFINITY),
            },
            informing("commands a stack, one goal", self.one.means.stack),
            informing("commands a batch, one goal", self.one.means.batch),
            informing("commands a batch, a goal each", self.each.means.batch),
        ]
    }
}
