//! From a write's answer to the client that watches what was written, in both eras of the protocol and over both transports.
//!
//! `cargo xtask bench push`. The executable serves in a process of its own; over stdio each watcher has a `goalstream mcp` of its own in front
//! of it. Another client changes the title of a task, one change when the last one was told. A watcher may be told before the writer has
//! its answer: that counts as nothing. Beside it, how long the write itself took.

mod watcher;

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::Args;
use local_stack::Endpoints;
use serde_json::json;

use self::watcher::{Era, Watcher, Way};
use crate::{
    door::Door,
    measure::{self, Figure, Results, Spread},
    served::Served,
};

/// Within how many milliseconds of the commit whoever watches is to be told.
const TOLD_MS_MAX: f64 = 100.0;
/// Between being told of one change and making the next.
const PAUSE: Duration = Duration::from_millis(10);
/// Without a word for so long, everything that the beginning of a subscription brings has come.
const QUIET: Duration = Duration::from_millis(500);
/// Changes that are not counted.
const WARM_UP_CHANGES: usize = 20;

const WAYS: [(&str, Way, Era); 4] = [
    ("HTTP, subscriptions/listen", Way::Http, Era::Modern),
    ("HTTP, resources/subscribe", Way::Http, Era::Legacy),
    ("stdio, subscriptions/listen", Way::Stdio, Era::Modern),
    ("stdio, resources/subscribe", Way::Stdio, Era::Legacy),
];

#[derive(Args)]
pub(crate) struct Arguments {
    /// Changes that each watcher is told of.
    #[arg(long, default_value_t = 300)]
    changes: usize,
}

struct Push {
    ways: Vec<Measured>,
}

/// Times in milliseconds.
struct Measured {
    name: &'static str,
    write_ms: Spread,
    told_ms: Spread,
}

/// Measures and prints.
pub(crate) fn run(common: &measure::Common, arguments: &Arguments) -> anyhow::Result<()> {
    measure::run(common, |endpoints| all(endpoints, arguments.changes))?;
    Ok(())
}

async fn all(endpoints: Endpoints, changes: usize) -> anyhow::Result<Push> {
    let served = Served::start(&endpoints).await?;
    let writer = Door::of(&served.url, "benchmark");
    let mut ways = Vec::new();
    for (name, way, era) in WAYS {
        let task = task(&writer).await?;
        let address = format!("goal://{task}");
        let mut watcher = Watcher::begin(&served.url, way, era, &address).await.context(name)?;
        watcher.settle(QUIET).await;
        told_of(&writer, &mut watcher, &task, WARM_UP_CHANGES).await.context(name)?;
        let (write_ms, told_ms) = told_of(&writer, &mut watcher, &task, changes).await.context(name)?;
        ways.push(Measured { name, write_ms, told_ms });
    }
    Ok(Push { ways })
}

async fn task(writer: &Door) -> anyhow::Result<String> {
    let plan = json!({ "title": "Watched", "tasks": [{ "title": "a task", "key": "a" }] });
    let made = writer.call("create_goal", &plan).await?;
    Ok(made["ids"]["a"].as_str().context("it has an id")?.to_owned())
}

/// Changes a task so many times: how long the writes took, and after each of them how long until the watcher was told.
async fn told_of(writer: &Door, watcher: &mut Watcher, task: &str, changes: usize) -> anyhow::Result<(Spread, Spread)> {
    let (mut writes, mut told) = (Vec::new(), Vec::new());
    for _ in 0..changes {
        let change = json!({ "ids": [task], "set": { "title": measure::text(40) } });
        let called = Instant::now();
        writer.call("update", &change).await?;
        let answered = Instant::now();
        told.push(watcher.next().await?.saturating_duration_since(answered));
        writes.push(answered - called);
        tokio::time::sleep(PAUSE).await;
    }
    Ok((Spread::of_times(writes), Spread::of_times(told)))
}

impl Results for Push {
    const NAME: &'static str = "push";

    fn table(&self) -> String {
        let mut table = "| watcher | changes | write p50 ms | told p50 ms | p99 ms | longest ms |\n\
                         | --- | ---: | ---: | ---: | ---: | ---: |\n"
            .to_owned();
        for Measured { name, write_ms, told_ms } in &self.ways {
            let Spread { values, p50, p99, max, .. } = told_ms;
            let _ = writeln!(table, "| {name} | {values} | {:.2} | {p50:.2} | {p99:.2} | {max:.2} |", write_ms.p50);
        }
        table
    }

    fn figures(&self) -> Vec<Figure> {
        let figure = |way: &Measured| Figure {
            figure: format!("write's answer to watcher told, {}, p99", way.name),
            unit: "ms",
            value: way.told_ms.p99,
            ratio: None,
            bar: Some(0.0..=TOLD_MS_MAX),
        };
        self.ways.iter().map(figure).collect()
    }
}
