//! Reads over HTTP at a fixed pace, among a hundred thousand tasks, against a server that answers with the same bytes and thinks of nothing.
//!
//! `cargo xtask bench reads`. The executable serves in a process of its own; the questions are tool calls at its MCP door. They are asked
//! in an open loop, and an answer's time counts from the moment at which it was meant to be asked for. Before, a session of agents is
//! replayed, and the instance is asked how many look-ups its caches answered.

mod filled;

mod asking;
mod changing;
mod pace;
mod question;

mod plain;

mod session;

mod table;

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use clap::Args;
use local_stack::Endpoints;

use self::{asking::Asking, pace::Pace, plain::Plain, question::Question, session::HitRates};
use crate::{
    door::Door,
    measure::{self, Figure, Results, Spread, fraction},
    node::Node,
    served::Served,
    writer::Writer,
};

/// What a cached answer may take of the plain server's time.
const CACHED_RATIO_MAX: f64 = 1.5;
/// What others may take, in milliseconds.
const UNREAD_P99_MS_MAX: f64 = 10.0;
const FIND_P99_MS_MAX: f64 = 20.0;
const BATCH_P99_MS_MAX: f64 = 20.0;
/// What part of the look-ups of a session the cache has to answer.
const HIT_RATE_MIN: f64 = 0.9;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Tasks there are.
    #[arg(long, default_value_t = 100_000)]
    tasks: usize,
    /// Questions a second.
    #[arg(long, default_value_t = 500)]
    rate: u32,
    /// How often each kind of questions has its turn.
    #[arg(long, default_value_t = 4)]
    rounds: usize,
    /// How long a turn lasts, in seconds.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
}

struct Reads {
    tasks: usize,
    a_second: u32,
    /// The cached ones first.
    asked: Vec<Asking>,
    /// The cached ones again, answered by the plain server.
    plain: Asking,
    hits: HitRates,
}

/// Measures and prints.
pub(crate) fn run(common: &measure::Common, arguments: &Arguments) -> anyhow::Result<()> {
    measure::run(common, |endpoints| rounds(endpoints, arguments))?;
    Ok(())
}

async fn rounds(endpoints: Endpoints, arguments: &Arguments) -> anyhow::Result<Reads> {
    let &Arguments { tasks, rate, rounds, seconds } = arguments;
    let pace = Pace { a_second: rate, lasts: Duration::from_secs(seconds) };
    let first = Served::start(&endpoints).await?;
    let node = Node::connect(&endpoints).await?;
    let hits = session::replay(&first.url, &node).await.context("replay the session")?;
    // Another process, which has not seen the tables empty.
    drop(first);
    let served = Served::start(&endpoints).await?;
    let filled = Arc::new(filled::fill(&node, &endpoints, tasks).await?);
    let mut writer = Writer::create(&node.log, &node.agent, "Work that goes on").await?;

    let mut asked = Vec::new();
    for question in Question::ALL {
        let asking = Asking::first(question, Door::of(&served.url, "reader"), &filled).await;
        asked.push(asking.with_context(|| question.name())?);
    }
    let server = Plain::start(asked[0].answer.clone()).await?;
    let mut plain = asked[0].at(Door::of(&server.url, "reader"));
    for round in 0..rounds {
        // The plain server's turn is beside that of the cached ones, and each goes first in every second round.
        let (cached, others) = asked.split_at_mut(1);
        let mut turns = [&mut plain, &mut cached[0]];
        turns.rotate_left(round % 2);
        for asking in turns.into_iter().chain(others) {
            // What was found is remembered until something changes.
            writer.append(1).await?;
            node.views_caught_up().await?;
            let question = asking.question;
            let turn = asking.turn(pace, &filled);
            let done = match question {
                Question::Waiting => changing::meanwhile(&mut writer, turn).await,
                _ => turn.await,
            };
            done.with_context(|| question.name())?;
        }
    }
    Ok(Reads { tasks, a_second: rate, asked, plain, hits })
}

impl Reads {
    /// The cached answers' p99 over the plain server's, over the rounds.
    fn cached_ratio(&self) -> Spread {
        let rounds = self.asked[0].rounds_ms.iter().zip(&self.plain.rounds_ms);
        Spread::of(rounds.map(|(ours, plain)| ours.p99 / plain.p99))
    }

    fn figure(&self, asking: &Asking) -> Figure {
        let (ratio, most) = match asking.question {
            Question::Known => (Some(self.cached_ratio().p50), CACHED_RATIO_MAX),
            Question::Unread => (None, UNREAD_P99_MS_MAX),
            Question::Find | Question::Waiting => (None, FIND_P99_MS_MAX),
            Question::Batch => (None, BATCH_P99_MS_MAX),
        };
        Figure {
            figure: format!("{}, {} tasks, {} a second, p99", asking.question.name(), self.tasks, self.a_second),
            unit: "ms",
            value: asking.median(|times| times.p99),
            ratio,
            bar: Some(0.0..=most),
        }
    }
}

impl Results for Reads {
    const NAME: &'static str = "reads";

    fn table(&self) -> String {
        table::write(self)
    }

    fn figures(&self) -> Vec<Figure> {
        let hits = Figure {
            figure: format!("cache hits in {} calls of agents", self.hits.calls),
            unit: "of the look-ups",
            value: self.hits.read_models,
            ratio: None,
            bar: Some(HIT_RATE_MIN..=f64::INFINITY),
        };
        let refused = Figure {
            figure: "questions that were refused".to_owned(),
            unit: "questions",
            value: fraction(self.asked.iter().map(|asking| asking.refused).sum(), 1.0),
            ratio: None,
            bar: Some(0.0..=0.0),
        };
        self.asked.iter().map(|asking| self.figure(asking)).chain([refused, hits]).collect()
    }
}
