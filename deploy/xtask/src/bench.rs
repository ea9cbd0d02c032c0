//! Runs benchmarks, each on private servers of its own.

use anyhow::bail;
use local_stack::tools::{Places, Tools};

use crate::command::{cargo, openly};
use crate::progress::Progress;

/// Every benchmark, in the order of the way that an event goes.
const ALL: [&str; 3] = ["append", "relay", "latency"];

/// One benchmark with these arguments, or all of them.
pub(crate) async fn bench(
    name: Option<&str>,
    all: bool,
    arguments: &[String],
    progress: &Progress,
) -> anyhow::Result<()> {
    let names = match name {
        Some(name) if ALL.contains(&name) => vec![name],
        None if all => ALL.to_vec(),
        _ => bail!("name one benchmark of {}, or give --all", ALL.join(", ")),
    };
    Tools::find_or_install(&Places::from_environment(), &|line| progress.say(line)).await?;
    for name in names {
        // The package alone: another selection would compile its dependencies with other features.
        let mut command = cargo(&["bench", "-p", "goalstream", "--bench", name, "--"]);
        command.args(arguments);
        openly(command, name).await?;
    }
    Ok(())
}
