//! A tool call that creates a task: our doors against other MCP task servers, through one harness, in rounds that take turns.
//!
//! `cargo xtask bench calls`. Each client creates one task after the other. The others speak MCP over standard input and output only, so
//! ours is measured over that as well as over HTTP; there each client has a server process of its own, and all of them one store. In the end
//! everything that was acknowledged is looked for. `peers.toml` says who the others are; one that cannot be installed is skipped loudly.

mod contender;

mod client;
mod peer;
mod stdio;

mod rounds;
mod stored;

mod table;

use std::{io::Write, path::Path, time::Duration};

use clap::Args;
use local_stack::Endpoints;

use self::{
    contender::Contender,
    peer::Peer,
    rounds::{Level, Measured},
};
use crate::{
    measure::{self, Figure, Results, Spread},
    node::Node,
    served::Served,
};

/// With how many others we have to be compared.
const PEERS_MIN: f64 = 2.0;
/// Clients at the same time: the first number is judged by its median, the second by its rate.
const CLIENTS_ALONE: usize = 1;
const CLIENTS_TOGETHER: usize = 16;

#[derive(Args)]
pub(crate) struct Arguments {
    /// How often each server has its turn at each number of clients.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long a turn lasts, in milliseconds.
    #[arg(long, default_value_t = 2_000)]
    turn_ms: u64,
}

struct Calls {
    levels: Vec<Level>,
    skipped: Vec<String>,
}

/// Measures and prints.
pub(crate) fn run(common: &measure::Common, arguments: &Arguments) -> anyhow::Result<()> {
    let plan = rounds::Plan { rounds: arguments.rounds, turn: Duration::from_millis(arguments.turn_ms) };
    measure::run(common, |endpoints| compare(endpoints, plan))?;
    Ok(())
}

async fn compare(endpoints: Endpoints, plan: rounds::Plan) -> anyhow::Result<Calls> {
    let (served, mut skipped) = (Served::start(&endpoints).await?, Vec::new());
    let node = Node::connect(&endpoints).await?;
    let mut contenders = vec![Contender::Http, Contender::Stdio];
    for peer in Peer::all()? {
        let name = format!("{} {}", peer.name, peer.version);
        match ready(peer, &endpoints.data_dir).await {
            Ok(contender) => contenders.push(contender),
            Err(error) => {
                let line = format!("{name}: {error:#}");
                writeln!(std::io::stderr(), "SKIPPED: {line}")?;
                skipped.push(line);
            }
        }
    }
    let mut levels = Vec::new();
    for clients in [CLIENTS_ALONE, CLIENTS_TOGETHER] {
        levels.push(rounds::level(&contenders, clients, plan, &served, &node).await?);
    }
    Ok(Calls { levels, skipped })
}

/// Installed, with an empty store on the disk that our log is on.
async fn ready(peer: Peer, data_dir: &Path) -> anyhow::Result<Contender> {
    peer.install().await?;
    let store = data_dir.join("peers").join(&peer.name);
    std::fs::create_dir_all(&store)?;
    peer.prepare(&store).await?;
    Ok(Contender::Peer { peer: Box::new(peer), store })
}

impl Results for Calls {
    const NAME: &'static str = "calls";

    fn table(&self) -> String {
        table::write(&self.levels, &self.skipped)
    }

    fn figures(&self) -> Vec<Figure> {
        let peers = self.levels.first().map_or(0, |level| level.contenders.iter().filter(|one| !one.is_ours).count());
        let mut figures = vec![figure("peers compared".to_owned(), "servers", measure::fraction(peers, 1.0), None)];
        figures[0].bar = Some(PEERS_MIN..=f64::INFINITY);
        for level in &self.levels {
            let (ours, others): (Vec<_>, Vec<_>) = level.contenders.iter().partition(|one| one.is_ours);
            for us in ours {
                figures.extend(others.iter().map(|other| against(level.clients, us, other)));
                figures.push(unkept(level.clients, us));
            }
        }
        figures
    }
}

/// The median alone, the rate together.
fn against(clients: usize, us: &Measured, other: &Measured) -> Figure {
    let ratio = |ours: &[f64], theirs: &[f64]| Spread::of(ours.iter().zip(theirs).map(|(us, it)| us / it)).p50;
    let pair = format!("{clients} clients, {} against {} over {}", us.transport, other.name, other.transport);
    if clients == CLIENTS_ALONE {
        let ratio = ratio(&us.p50s_ms, &other.p50s_ms);
        return Figure { bar: Some(0.0..=1.0), ..figure(format!("p50, {pair}"), "ms", us.latency_ms.p50, Some(ratio)) };
    }
    let (value, ratio) = (Spread::of(us.rates.iter().copied()).p50, ratio(&us.rates, &other.rates));
    Figure { bar: Some(1.0..=f64::INFINITY), ..figure(format!("rate, {pair}"), "calls/s", value, Some(ratio)) }
}

fn unkept(clients: usize, us: &Measured) -> Figure {
    let count = measure::fraction(us.kept.lost + us.kept.doubled, 1.0);
    let what = format!("lost or doubled, {clients} clients, {}", us.transport);
    Figure { bar: Some(0.0..=0.0), ..figure(what, "tasks", count, None) }
}

fn figure(figure: String, unit: &'static str, value: f64, ratio: Option<f64>) -> Figure {
    Figure { figure, unit, value, ratio, bar: None }
}
