//! Everything that is measured: one program, so that it is linked once.
//!
//! `cargo xtask bench NAME`. Each benchmark has servers of its own and compares with a peer or a limit in the same run; what each found is in
//! docs/PERFORMANCE.md. Read `measure` first: how a benchmark is run and what it prints.

mod append;
#[path = "../tests/instance/calling.rs"]
mod calling;
mod calls;
mod contention;
mod door;
mod fanout;
mod growth;
mod history;
mod instance;
mod latency;
mod measure;
mod node;
mod page;
mod projection;
mod push;
mod reads;
mod relay;
mod served;
mod start;
mod writer;

use clap::{CommandFactory, Parser, Subcommand};

/// As in the executable; the peers that are measured in this process have it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(bin_name = "cargo xtask bench", disable_help_subcommand = true)]
struct Arguments {
    #[command(flatten)]
    common: measure::Common,
    #[command(subcommand)]
    bench: Option<Bench>,
}

/// In the order of the way that an event goes.
#[derive(Subcommand)]
enum Bench {
    /// Appending: our log against postgres-es as it comes.
    Append(append::Arguments),
    /// Appending at saturation: our log against a binary COPY of the same rows.
    Copy(append::copy::Arguments),
    /// Sixteen agents on one goal against sixteen agents on sixteen.
    Contention(contention::Arguments),
    /// From the log to the bus: the relay against a bare publisher.
    Relay(relay::Arguments),
    /// From the log to the views: a rebuild against a binary COPY of the same rows, and how far the views are behind.
    Projection(projection::Arguments),
    /// From a commit to the screen.
    Latency(latency::Arguments),
    /// From a write's answer to an MCP client that watches.
    Push(push::Arguments),
    /// Starting the executable: time, size and memory.
    Start(start::Arguments),
    /// What work costs as the log grows.
    Growth(growth::Arguments),
    /// One event to many clients of the live stream.
    Fanout(fanout::Arguments),
    /// A tool call that creates a task, against other MCP task servers.
    Calls(calls::Arguments),
    /// Reads over HTTP at a fixed pace.
    Reads(reads::Arguments),
    /// The page in a browser.
    Page(page::Arguments),
    /// All of the above, one after the other, each as it is without arguments.
    All,
}

fn main() -> anyhow::Result<()> {
    let Arguments { common, bench } = Arguments::parse();
    match bench {
        Some(Bench::All) => all(&common),
        Some(bench) => bench.run(&common),
        // `cargo test --benches` and `cargo bench` without a name: there is nothing to do.
        None => Ok(()),
    }
}

fn all(common: &measure::Common) -> anyhow::Result<()> {
    for name in Arguments::command().get_subcommands().map(clap::Command::get_name) {
        let one = Arguments::try_parse_from(["bench", name])?.bench;
        one.filter(|bench| !matches!(bench, Bench::All)).map_or(Ok(()), |bench| bench.run(common))?;
    }
    Ok(())
}

impl Bench {
    fn run(&self, common: &measure::Common) -> anyhow::Result<()> {
        match self {
            Self::Append(arguments) => append::run(common, arguments),
            Self::Copy(arguments) => append::copy::run(common, arguments),
            Self::Contention(arguments) => contention::run(common, arguments),
            Self::Relay(arguments) => relay::run(common, arguments),
            Self::Projection(arguments) => projection::run(common, arguments),
            Self::Latency(arguments) => latency::run(common, arguments),
            Self::Push(arguments) => push::run(common, arguments),
            Self::Start(arguments) => start::run(common, arguments),
            Self::Growth(arguments) => growth::run(common, arguments),
            Self::Fanout(arguments) => fanout::run(common, arguments),
            Self::Calls(arguments) => calls::run(common, arguments),
            Self::Reads(arguments) => reads::run(common, arguments),
            Self::Page(arguments) => page::run(common, arguments),
            Self::All => all(common),
        }
    }
}
