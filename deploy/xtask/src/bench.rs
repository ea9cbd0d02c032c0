//! Runs benchmarks, each on private servers of its own.

use local_stack::tools::{Places, Tools};

use crate::browser;
use crate::command::{cargo, openly};
use crate::progress::Progress;

/// One benchmark with these arguments, or all of them.
pub(crate) async fn bench(name: &str, arguments: &[String], progress: &Progress) -> anyhow::Result<()> {
    // Clap's own `help` does not take the `--bench` that cargo adds.
    let name = if name == "help" { "--help" } else { name };
    Tools::find_or_install(&Places::from_environment(), &|line| progress.say(line)).await?;
    // The package alone: another selection would compile its dependencies with other features.
    let mut command = cargo(&["bench", "-p", "goalstream", "--bench", "speed", "--", name]);
    command.args(arguments);
    if ["page", "all"].contains(&name) {
        browser::equip(&mut command, progress).await?;
    }
    openly(command, name).await
}
