//! Appending at saturation: our log against a binary COPY of the same rows, which is about as fast as this Postgres takes rows at all.
//!
//! `cargo xtask bench copy`. In each round many writers append to the log for a while; then the rows that this gave are copied, in
//! one statement and one commit, from a file beside the database into a second table with the same constraints and indexes. Both
//! tables grow together, so their indexes are equally deep.

use std::{path::PathBuf, sync::Arc, time::Duration};

use clap::Args;
use event_store::{Log, StoreConfig};
use local_stack::Endpoints;
use sqlx::{Connection, Executor, PgConnection};
use tokio::time::Instant;

use super::{
    rounds::{Plan, turn},
    stores::Store,
};
use crate::measure::{self, Figure, Others, Results, Spread, fraction};

/// What appending has to reach of the copy's rate.
const RATIO_MIN: f64 = 0.5;
/// The table that is copied to: everything that the log's has, but for the trigger that refuses changes.
const TABLE: &str = "CREATE TABLE public.copied (LIKE public.events INCLUDING ALL)";

#[derive(Args)]
pub(crate) struct Arguments {
    /// Writers at the same time.
    #[arg(long, default_value_t = 256)]
    writers: usize,
    /// How often each has its turn.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// How long a turn is measured, in milliseconds.
    #[arg(long, default_value_t = 1_500)]
    turn_ms: u64,
}

/// Rows a second, over the rounds.
struct Rates {
    writers: usize,
    /// Rows that were copied, in all rounds.
    rows: u64,
    append: Spread,
    copy: Spread,
    /// The append's rate over the copy's.
    ratio: Spread,
}

/// Measures and prints.
pub(crate) fn run(common: &measure::Common, arguments: &Arguments) -> anyhow::Result<()> {
    measure::run(common, |endpoints| measure_rounds(endpoints, arguments))?;
    Ok(())
}

async fn measure_rounds(endpoints: Endpoints, arguments: &Arguments) -> anyhow::Result<Rates> {
    event_store::migrate(&endpoints.owner_url).await?;
    let log = Log::connect(StoreConfig::new(&endpoints.database_url)).await?;
    let mut copier = Copier::new(&endpoints).await?;
    let store = Arc::new(Store::Log(log.clone()));
    let (rounds, turn_of) = (arguments.rounds, Duration::from_millis(arguments.turn_ms));
    let plan = Plan { rounds, turn: turn_of, others: Others::than(&endpoints) };
    let (mut append, mut copy, mut rows) = (Vec::new(), Vec::new(), 0);
    for _ in 0..rounds {
        append.push(turn(&store, arguments.writers, plan).await?.rate);
        let head = log.head().await?.position;
        copy.push(copier.copy(rows, head).await?);
        rows = head;
    }
    let ratio = Spread::of(append.iter().zip(&copy).map(|(append, copy)| append / copy));
    Ok(Rates { writers: arguments.writers, rows, append: Spread::of(append), copy: Spread::of(copy), ratio })
}

/// Copies as the owner, who may use files of the server.
struct Copier {
    owner: PgConnection,
    file: PathBuf,
}

impl Copier {
    async fn new(endpoints: &Endpoints) -> anyhow::Result<Self> {
        let mut owner = PgConnection::connect(&endpoints.owner_url).await?;
        owner.execute(TABLE).await?;
        Ok(Self { owner, file: endpoints.data_dir.join("postgres/copied") })
    }

    /// The events behind a position, up to another; rows a second.
    async fn copy(&mut self, after: u64, to: u64) -> anyhow::Result<f64> {
        let file = self.file.display();
        let rows =
            format!("SELECT * FROM public.events WHERE position > {after} AND position <= {to} ORDER BY position");
        self.owner.execute(format!("COPY ({rows}) TO '{file}' (FORMAT binary)").as_str()).await?;
        let begun = Instant::now();
        self.owner.execute(format!("COPY public.copied FROM '{file}' (FORMAT binary)").as_str()).await?;
        Ok(fraction(usize::try_from(to - after)?, begun.elapsed().as_secs_f64()))
    }
}

impl Results for Rates {
    const NAME: &'static str = "copy";

    fn table(&self) -> String {
        let Self { writers, rows, append, copy, ratio } = self;
        let row =
            |name: &str, rate: &Spread| format!("| {name} | {:.0} | {:.0} | {:.0} |\n", rate.p50, rate.min, rate.max);
        format!(
            "{rows} rows, {} rounds\n\n\
             | how | rows/s (median) | lowest | highest |\n| --- | ---: | ---: | ---: |\n{}{}\n\
             Appending reaches {:.2} of the copy's rate ({:.2} to {:.2}).\n",
            append.values,
            row(&format!("appended by {writers} writers, one a command"), append),
            row("binary COPY, one commit a round", copy),
            ratio.p50,
            ratio.min,
            ratio.max,
        )
    }

    fn figures(&self) -> Vec<Figure> {
        vec![Figure {
            figure: format!("append, {} writers against binary COPY", self.writers),
            unit: "rows/s",
            value: self.append.p50,
            ratio: Some(self.ratio.p50),
            bar: Some(RATIO_MIN..=f64::INFINITY),
        }]
    }
}
