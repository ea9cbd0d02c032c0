//! Where the doors are, and who may come in.

use std::net::SocketAddr;

use anyhow::{Context, ensure};
use clap::Args;
use domain::ActorKind;
use mcp::Identity;
use serde::Deserialize;

/// Where HTTP is served unless something else is said.
const LISTEN_USUAL: &str = "127.0.0.1:4747";
/// Clients that may be connected unless something else is said. Five of six may follow the live stream.
const CONNECTIONS_USUAL: usize = 12_000;

#[derive(Args, Debug, Default, Deserialize)]
#[group(skip)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Said {
    /// Address of MCP, REST and the page (127.0.0.1:4747); port 0 takes any that is free.
    #[arg(long, global = true, env = "GOALSTREAM_LISTEN", value_name = "ADDRESS")]
    listen: Option<String>,
    /// Host names that requests may be made to, besides those of this machine.
    #[arg(long, global = true, env = "GOALSTREAM_ALLOWED_HOSTS", value_delimiter = ',', value_name = "HOST,...")]
    allowed_hosts: Option<Vec<String>>,
    /// Origins that browsers may come from, besides those of this machine.
    #[arg(long, global = true, env = "GOALSTREAM_ALLOWED_ORIGINS", value_delimiter = ',', value_name = "ORIGIN,...")]
    allowed_origins: Option<Vec<String>>,
    /// Act under this name instead of the client's own; `human:name` says that it is a person's.
    #[arg(long, global = true, env = "GOALSTREAM_IDENTITY", value_name = "NAME")]
    identity: Option<String>,
    /// Clients that may be connected at the same time (12000); as many as the system allows when it allows fewer.
    #[arg(long, global = true, env = "GOALSTREAM_CONNECTIONS_MAX", value_name = "NUMBER")]
    connections_max: Option<usize>,
}

/// Where the doors are, and who may come in.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    /// `GOALSTREAM_LISTEN`.
    pub(crate) listen: SocketAddr,
    /// `GOALSTREAM_ALLOWED_HOSTS`.
    pub(crate) allowed_hosts: Vec<String>,
    /// `GOALSTREAM_ALLOWED_ORIGINS`.
    pub(crate) allowed_origins: Vec<String>,
    /// `GOALSTREAM_IDENTITY`.
    pub(crate) identity: Option<Identity>,
    /// `GOALSTREAM_CONNECTIONS_MAX`.
    pub(crate) connections_max: usize,
}

impl Door {
    /// What a command line of ours must say about the door, where that is not usual.
    pub(super) fn flags(&self) -> Vec<String> {
        let listen = Some(self.listen.to_string()).filter(|listen| listen != LISTEN_USUAL);
        let identity = self.identity.as_ref().map(|Identity { id, kind }| format!("{}:{id}", kind.as_str()));
        let said = [("--listen", listen), ("--identity", identity)];
        said.into_iter().filter_map(|(flag, value)| Some([flag.to_owned(), value?])).flatten().collect()
    }
}

impl Said {
    pub(super) fn resolve(self, file: Self) -> anyhow::Result<Door> {
        let listen = self.listen.or(file.listen).unwrap_or_else(|| LISTEN_USUAL.to_owned());
        let identity = self.identity.or(file.identity);
        Ok(Door {
            listen: listen
                .parse()
                .with_context(|| format!("listen is `{listen}`; give an address and a port, such as {LISTEN_USUAL}"))?,
            allowed_hosts: self.allowed_hosts.or(file.allowed_hosts).unwrap_or_default(),
            allowed_origins: self.allowed_origins.or(file.allowed_origins).unwrap_or_default(),
            identity: identity.map(|written| identity_of(&written)),
            connections_max: connections_max(self.connections_max.or(file.connections_max))?,
        })
    }
}

fn connections_max(given: Option<usize>) -> anyhow::Result<usize> {
    let connections_max = given.unwrap_or(CONNECTIONS_USUAL);
    ensure!(connections_max > 0, "connections-max is 0, so nobody could connect; give at least 1");
    Ok(connections_max)
}

fn identity_of(written: &str) -> Identity {
    let kinds = [ActorKind::Human, ActorKind::Agent, ActorKind::Automation];
    let named =
        written.split_once(':').and_then(|(kind, id)| Some((*kinds.iter().find(|one| one.as_str() == kind)?, id)));
    let (kind, id) = named.unwrap_or((ActorKind::Agent, written));
    Identity { id: id.to_owned(), kind }
}
