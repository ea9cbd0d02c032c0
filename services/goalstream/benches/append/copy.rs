//! Appending at saturation: our log against a binary COPY of the same rows, which is about as fast as this Postgres takes rows at all.
//!
//! `cargo xtask bench copy`. In each round some writers, and then more of them, append to the log for a while; after each turn the rows that
//! this gave are copied, in one statement and one commit, from a file beside the database into a second table with the same
//! constraints and indexes. Both tables grow together, so their indexes are equally deep.

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

/// Writers at the same time, unless said otherwise.
const WRITERS: [usize; 3] = [256, 512, 1_024];
/// What appending has to reach of the copy's rate, with as many writers as store the most.
const RATIO_MIN: f64 = 0.5;
/// The table that is copied to: everything that the log's has, but for the trigger that refuses changes.
const TABLE: &str = "CREATE TABLE public.copied (LIKE public.events INCLUDING ALL)";

#[derive(Args)]
pub(crate) struct Arguments {
    /// Writers at the same time, one after the other in each round.
    #[arg(long, value_delimiter = ',', default_values_t = WRITERS)]
    writers: Vec<usize>,
    /// How often each has its turn.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long a turn is measured, in milliseconds.
    #[arg(long, default_value_t = 1_500)]
    turn_ms: u64,
}

/// What came out, by writers.
struct Levels(Vec<Level>);

/// Rows a second, over the rounds.
struct Level {
    writers: usize,
    append: Spread,
    copy: Spread,
    /// The append's rate over the copy's.
    ratio: Spread,
}

/// What came out in one turn.
#[derive(Clone, Copy)]
struct Rates {
    append: f64,
    copy: f64,
}

/// Measures and prints.
pub(crate) fn run(common: &measure::Common, arguments: &Arguments) -> anyhow::Result<()> {
    measure::run(common, |endpoints| measure_rounds(endpoints, arguments))?;
    Ok(())
}

async fn measure_rounds(endpoints: Endpoints, arguments: &Arguments) -> anyhow::Result<Levels> {
    event_store::migrate(&endpoints.owner_url).await?;
    let log = Log::connect(StoreConfig::new(&endpoints.database_url)).await?;
    let mut copier = Copier::new(&endpoints).await?;
    let store = Arc::new(Store::Log(log.clone()));
    let (rounds, turn_of) = (arguments.rounds, Duration::from_millis(arguments.turn_ms));
    let plan = Plan { rounds, turn: turn_of, others: Others::than(&endpoints) };
    let (mut rates, mut rows) = (vec![Vec::new(); arguments.writers.len()], 0);
    for _ in 0..rounds {
        for (writers, rates) in arguments.writers.iter().zip(&mut rates) {
            let append = turn(&store, *writers, plan).await?.rate;
            let head = log.head().await?.position;
            rates.push(Rates { append, copy: copier.copy(rows, head).await? });
            rows = head;
        }
    }
    Ok(Levels(arguments.writers.iter().zip(&rates).map(|(writers, rates)| Level::of(*writers, rates)).collect()))
}

impl Level {
    fn of(writers: usize, rates: &[Rates]) -> Self {
        Self {
            writers,
            append: Spread::of(rates.iter().map(|rates| rates.append)),
            copy: Spread::of(rates.iter().map(|rates| rates.copy)),
            ratio: Spread::of(rates.iter().map(|rates| rates.append / rates.copy)),
        }
    }
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

impl Results for Levels {
    const NAME: &'static str = "copy";

    fn table(&self) -> String {
        let mut table =
            "| writers | appended, rows/s | binary COPY, rows/s | ratio |\n| ---: | ---: | ---: | ---: |\n".to_owned();
        for Level { writers, append, copy, ratio } in &self.0 {
            table += &format!(
                "| {writers} | {:.0} ({:.0} to {:.0}) | {:.0} ({:.0} to {:.0}) | {:.2} ({:.2} to {:.2}) |\n",
                append.p50, append.min, append.max, copy.p50, copy.min, copy.max, ratio.p50, ratio.min, ratio.max,
            );
        }
        table
    }

    /// The bar is for as many writers as store the most.
    fn figures(&self) -> Vec<Figure> {
        let most = self.0.iter().map(|level| level.append.p50).fold(0.0, f64::max);
        let figure = |level: &Level| Figure {
            figure: format!("append, {} writers against binary COPY", level.writers),
            unit: "rows/s",
            value: level.append.p50,
            ratio: Some(level.ratio.p50),
            bar: (level.append.p50 >= most).then_some(RATIO_MIN..=f64::INFINITY),
        };
        self.0.iter().map(figure).collect()
    }
}
