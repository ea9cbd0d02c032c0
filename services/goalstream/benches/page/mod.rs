//! The page in a browser, as the executable serves it with a hundred thousand tasks in its log: what Lighthouse says of it, how soon it is
//! there on a slow line, what the list of all tasks costs, and how long they take as lines.
//!
//! `cargo xtask bench page`. The executable serves in a process of its own, and the log is written through its door by REST. The scripts
//! beside this file drive Chromium; each says what it found as an object with the values of every figure. What the bars are stands here.

mod script;

use std::{collections::BTreeMap, fmt::Write as _, ops::RangeInclusive};

use anyhow::Context;
use clap::Args;
use local_stack::Endpoints;
use serde::Deserialize;

use crate::{
    measure::{self, Figure, Results, Spread},
    node::{self, Node},
    served::Served,
};

type Bar = Option<RangeInclusive<f64>>;

/// How the names of figures end, with their unit and the bar for the median.
const MEASURED: [(&str, &str, Bar); 16] = [
    ("performance", "points", Some(98.0..=f64::INFINITY)),
    ("accessibility", "points", Some(100.0..=f64::INFINITY)),
    ("first paint", "ms", None),
    ("a key is answered", "ms", Some(0.0..=2_200.0)),
    ("live", "ms", Some(0.0..=2_200.0)),
    ("first rows", "ms", None),
    ("all rows", "ms", None),
    ("a frame of scrolling", "ms", Some(0.0..=8.0)),
    ("a frame of scrolling, p95", "ms", None),
    ("a filter, main thread", "ms", Some(0.0..=100.0)),
    ("a filter, by the clock", "ms", Some(0.0..=100.0)),
    ("memory of scripts", "MB", None),
    ("memory of the tab", "MB", Some(0.0..=150.0)),
    ("first byte", "ms", None),
    ("last byte", "ms", Some(0.0..=3_000.0)),
    ("size", "MB", None),
];

#[derive(Args)]
pub(crate) struct Arguments {
    /// Tasks there are; whole thousands.
    #[arg(long, default_value_t = 100_000)]
    tasks: usize,
}

/// What the scripts found, by name.
struct Page(BTreeMap<String, Spread>);

/// What the script that fills the log says.
#[derive(Deserialize)]
struct Filled {
    /// One of them.
    goal: String,
}

/// Measures and prints.
pub(crate) fn run(common: &measure::Common, arguments: &Arguments) -> anyhow::Result<()> {
    measure::run(common, |endpoints| all(endpoints, arguments.tasks))?;
    Ok(())
}

async fn all(endpoints: Endpoints, tasks: usize) -> anyhow::Result<Page> {
    let served = Served::start(&endpoints).await?;
    let (url, tasks) = (&*served.url, &*tasks.to_string());
    let Filled { goal } = script::run("fill", &[url, tasks]).await?;
    let node = Node::connect(&endpoints).await?;
    node.views_caught_up().await?;
    node::tidy_up(&endpoints).await?;
    let mut found: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (name, argument) in [("lines", tasks), ("list", tasks), ("slow", &goal), ("lighthouse", &goal)] {
        found.extend(script::run::<BTreeMap<_, _>>(name, &[url, argument]).await?);
    }
    for name in found.keys() {
        measured(name).with_context(|| format!("`{name}` is not known here"))?;
    }
    Ok(Page(found.into_iter().map(|(name, values)| (name, Spread::of(values))).collect()))
}

fn measured(name: &str) -> Option<(&'static str, Bar)> {
    let known = MEASURED.into_iter().find(|(what, ..)| name.rsplit(": ").next() == Some(what));
    known.map(|(_, unit, bar)| (unit, bar))
}

impl Results for Page {
    const NAME: &'static str = "page";

    fn table(&self) -> String {
        let mut table = "| what | median | lowest | highest | bar |\n| --- | ---: | ---: | ---: | ---: |\n".to_owned();
        for (Figure { figure, unit, bar, .. }, spread) in self.figures().iter().zip(self.0.values()) {
            let Spread { p50, min, max, .. } = spread;
            let bar = bar.as_ref().map(measure::bar_text).unwrap_or_default();
            let _ = writeln!(table, "| {figure} | {p50:.1} {unit} | {min:.1} | {max:.1} | {bar} |");
        }
        table
    }

    fn figures(&self) -> Vec<Figure> {
        let figure = |(name, values): (&String, &Spread)| {
            let (unit, bar) = measured(name).expect("all names were looked up");
            Figure { figure: name.clone(), unit, value: values.p50, ratio: None, bar }
        };
        self.0.iter().map(figure).collect()
    }
}
