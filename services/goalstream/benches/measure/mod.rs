//! What the benchmarks share: how they are called, the servers they run on, and what they say about the machine.

mod command;
mod figure;
mod machine;
mod others;
mod spread;
mod used;

use std::io::Write;

use anyhow::{anyhow, bail};
use clap::Args;
use local_stack::{Endpoints, testing::OwnStack};
use uuid::Uuid;

pub(crate) use command::command;
pub(crate) use figure::{Figure, bar_text};
pub(crate) use machine::Machine;
pub(crate) use others::Others;
pub(crate) use spread::{Spread, fraction};

/// Size of every event's payload as it is stored, in bytes.
pub(crate) const PAYLOAD_BYTES: usize = 300;

/// How a benchmark is called.
#[derive(Args)]
pub(crate) struct Common {
    /// Print one JSON object a figure instead of tables.
    #[arg(long, global = true)]
    json: bool,
    /// Given by `cargo bench`; without it (as `cargo test --benches` has it) nothing is measured.
    #[arg(long, hide = true, global = true)]
    bench: bool,
}

/// What a benchmark found.
pub(crate) trait Results {
    /// The benchmark's name.
    const NAME: &'static str;
    /// For people, in Markdown.
    fn table(&self) -> String;
    /// For machines.
    fn figures(&self) -> Vec<Figure>;
}

/// Starts a Postgres, as it is when it has been in use, and a NATS that nobody else uses, lets the benchmark have them and prints what
/// it found. The newest Postgres found is taken, so one put first on the `PATH` must also be the newest.
pub(crate) fn run<Found, Running>(
    common: &Common,
    bench: impl FnOnce(Endpoints) -> Running,
) -> anyhow::Result<Option<Found>>
where
    Found: Results,
    Running: Future<Output = anyhow::Result<Found>>,
{
    if !common.bench {
        return Ok(None);
    }
    tokio::runtime::Runtime::new()?.block_on(async {
        let own = OwnStack::start().await.map_err(|error| anyhow!(error))?;
        used::make_used(own.endpoints()).await?;
        let machine = Machine::look(own.endpoints())?;
        let others = Others::than(own.endpoints());
        let before = others.now();
        let results = tokio::select! {
            results = bench(own.endpoints().clone()) => results?,
            // The servers stop when `own` is dropped, so the process must not simply end.
            _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        };
        let share = others.share(before);
        let text = if common.json {
            figure::lines(Found::NAME, &results.figures(), &machine, share)?
        } else {
            format!("{machine}Others used {:.0} % of the processors meanwhile\n\n{}", share * 100.0, results.table())
        };
        writeln!(std::io::stdout(), "{text}")?;
        Ok(Some(results))
    })
}

/// Text that does not compress well, of so many bytes.
pub(crate) fn text(bytes: usize) -> String {
    let mut text = String::new();
    while text.len() < bytes {
        text.push_str(&Uuid::new_v4().simple().to_string());
    }
    text.truncate(bytes);
    text
}
