//! Goalstream's one executable. The commands below are the index of the system.

mod command;
mod config;
mod instance;
mod telemetry;

use std::{ffi::OsString, process::ExitCode};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::Arguments;

/// Answers are built from many small pieces and sent as large ones, and the system's allocator tidies up after each large one: that was a
/// third of what this process had to do at 500 answers a second.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Goals and tasks of AI agents, kept as an immutable log of events.
///
/// Settings come from flags, then the environment, then a file (--config, ./goalstream.toml or the user's), then defaults.
#[derive(Parser)]
#[command(name = "goalstream", version, max_term_width = 120)]
struct CommandLine {
    #[command(flatten)]
    settings: Arguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything here, with a private Postgres and NATS unless DATABASE_URL and NATS_URL name yours.
    Up(command::up::Up),
    /// Stop the instance that runs here, whoever started it.
    Stop,
    /// Run some roles only, on your Postgres and NATS.
    Serve(command::serve::Serve),
    /// The MCP door over standard input and output, in front of the running instance; starts one if there is none.
    Mcp(command::mcp::Mcp),
    /// Print events as they happen, one JSON line each.
    Watch(command::watch::Watch),
    /// Print what happened: by goal or task, actor, type, time or cause.
    History(command::history::History),
    /// Fold the log anew up to a position: every goal as it was, or what has changed since.
    Replay(command::replay::Replay),
    /// Create a goal with its tasks from a JSON file; repeating it changes nothing.
    Import(command::import::Import),
    /// Bring the database schema up to date.
    Migrate,
    /// Remake a read model from the log beside the live one, compare and swap.
    Rebuild(command::rebuild::Rebuild),
    /// Check the invariants of the whole log, and that the bus carries the same.
    Verify,
    /// Begin a new epoch and recreate the stream, after an older Postgres was restored.
    Recover(command::recover::Recover),
    /// Look for what could keep Goalstream from working here.
    Doctor,
    /// Install Postgres and NATS where they are missing.
    Setup,
    /// Print the version.
    Version,
}

fn main() -> ExitCode {
    // A variable that is empty counts as one that is not there, as in a file of the container's that sets some of them to nothing.
    let deaf = |command: clap::Command| command.mut_args(config::without_an_empty_variable);
    let mut command = deaf(CommandLine::command()).mut_subcommands(deaf);
    let matches = command.get_matches_mut();
    let said = config::said(&CommandLine::command(), &matches);
    let line = CommandLine::from_arg_matches(&matches);
    match run(line.unwrap_or_else(|error| error.format(&mut command).exit()), said) {
        Ok(code) => code,
        Err(error) => {
            command::complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(line: CommandLine, said: Vec<(OsString, OsString)>) -> anyhow::Result<ExitCode> {
    let settings = line.settings.resolve(said)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async move {
        match line.command {
            Command::Up(up) => up.run(settings).await?,
            Command::Stop => command::stop::run(settings).await?,
            Command::Serve(serve) => serve.run(settings).await?,
            Command::Mcp(mcp) => mcp.run(settings).await?,
            Command::Watch(watch) => watch.run(settings).await?,
            Command::History(history) => history.run(settings).await?,
            Command::Replay(replay) => replay.run(settings).await?,
            Command::Import(import) => import.run(settings).await?,
            Command::Migrate => command::migrate::run(settings).await?,
            Command::Rebuild(rebuild) => rebuild.run(settings).await?,
            Command::Verify => return command::verify::run(settings).await,
            Command::Recover(recover) => recover.run(settings).await?,
            Command::Doctor => return command::doctor::run(settings).await,
            Command::Setup => command::setup::run(settings).await?,
            Command::Version => command::say(env!("CARGO_PKG_VERSION")),
        }
        Ok(ExitCode::SUCCESS)
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::CommandLine::command().debug_assert();
    }
}
