//! `goalstream mcp install` and `uninstall`: what a client is told about us, in a file that is the client's and not ours.
//!
//! So nothing but our own entry is touched, what cannot be edited safely is refused with what to paste by hand, and what was there
//! before is kept beside it. Read `client` for who keeps what where, `edit` for the change of the text, `file` for that of the file.

mod client;

mod edit;
mod file;

mod difference;

#[cfg(test)]
mod tests;

use std::path::Path;

use anyhow::{Context, anyhow, bail, ensure};
use clap::Args;
use mcp::Bridge;

use self::{
    client::{Client, Reach, Scope},
    edit::Change,
    file::{File, Replaced},
};
use crate::{
    command::{progress, say},
    config::{Folders, Settings},
};

/// How often a file may change under our hands before we give up: a client writes its own now and then, not all the time.
const ATTEMPTS_MAX: u32 = 5;

#[derive(Args)]
pub(crate) struct Install {
    #[command(flatten)]
    target: Target,
    /// Print what to paste by hand, and change nothing.
    #[arg(long, conflicts_with = "dry_run")]
    print: bool,
}

#[derive(Args)]
pub(crate) struct Uninstall {
    #[command(flatten)]
    target: Target,
}

#[derive(Args)]
struct Target {
    /// Whose configuration.
    #[arg(long, value_enum)]
    client: Client,
    /// The configuration for all that you do, or that of the project in this folder, which others share.
    #[arg(long, value_enum, default_value_t = Scope::User)]
    scope: Scope,
    /// Show what would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Install {
    pub(crate) fn run(self, url: Option<String>, settings: &Settings) -> anyhow::Result<()> {
        let client = self.target.client;
        let fields = client.fields(&reach(client, url, settings)?);
        let path = client.file(self.target.scope, &Folders::from_environment()?)?;
        if self.print {
            progress(&format!("{} reads {}", client.name(), path.display()));
            say(edit::by_hand(client.servers_key(), &fields));
            return Ok(());
        }
        let changed = self.target.change(&path, &Change::Put(&fields));
        let by_hand = edit::by_hand(client.servers_key(), &fields);
        let changed = changed
            .map_err(|error| anyhow!("{error:#}\n\nIt was left as it is. By hand, it should have:\n\n{by_hand}"))?;
        if changed {
            progress(client.what_next(self.target.scope));
        }
        Ok(())
    }
}

impl Uninstall {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let path = self.target.client.file(self.target.scope, &Folders::from_environment()?)?;
        self.target.change(&path, &Change::TakeOut).map(drop)
    }
}

impl Target {
    /// Changes the file, says so, and answers whether anything was changed.
    fn change(&self, path: &Path, change: &Change<'_>) -> anyhow::Result<bool> {
        let shown = path.display();
        for _ in 0..ATTEMPTS_MAX {
            let file = File::read(path, self.scope == Scope::User)?;
            let edited = edit::edited(file.text(), self.client.dialect(), self.client.servers_key(), change);
            let edited = edited.with_context(|| format!("{shown} cannot be edited"))?;
            if edited == file.text() {
                say(format_args!("{shown} {}; nothing to change", change.told_already()));
                return Ok(false);
            }
            if self.dry_run {
                say(difference::between(path, file.text(), &edited));
                return Ok(false);
            }
            if let Replaced::Yes { backup } = file.replace(&edited)? {
                say(format_args!("{shown} {}", change.told()));
                backup
                    .iter()
                    .for_each(|backup| progress(&format!("as it was before Goalstream: {}", backup.display())));
                return Ok(true);
            }
        }
        bail!("{shown} is changed by somebody else all the time; close {} and try again", self.client.name())
    }
}

/// How the client is to reach us: by starting this executable, or at the address if it can and one is given.
fn reach(client: Client, url: Option<String>, settings: &Settings) -> anyhow::Result<Reach> {
    if let Some(url) = url.as_ref().filter(|_| client.speaks_http()) {
        ensure!(
            url.starts_with("http://") || url.starts_with("https://"),
            "--url {url}: give an address such as http://127.0.0.1:4747/mcp"
        );
        return Ok(Reach::Http { url: url.clone() });
    }
    let program = std::env::current_exe().context("find our own program")?;
    ensure!(program.is_file(), "{} is no longer there; start the one that took its place", program.display());
    let program = program.to_str().with_context(|| format!("{} is not text in UTF-8", program.display()))?.to_owned();
    let mut arguments = vec!["mcp".to_owned()];
    if let Some(url) = url {
        Bridge::check_address(&url).map_err(|reason| anyhow!("--url {url}: {reason}"))?;
        arguments.extend(["--url".to_owned(), url]);
    }
    arguments.extend(settings.flags()?);
    Ok(Reach::Start { program, arguments })
}
