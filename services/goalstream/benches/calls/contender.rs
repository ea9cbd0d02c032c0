//! Those who are compared, and how a client comes to each.

use std::path::PathBuf;

use anyhow::Context;
use goal_agent::request::CreateGoal;
use tokio::process::Command;

use super::{client::Client, peer::Peer, stdio::Pipes};
use crate::{door::Door, node::Node, served::Served, writer::create_goal};

/// Who is compared.
pub(crate) enum Contender {
    /// Goalstream over HTTP.
    Http,
    /// Goalstream over standard input and output: a process a client, in front of one instance.
    Stdio,
    /// Another server, with a store for all its clients.
    Peer { peer: Box<Peer>, store: PathBuf },
}

impl Contender {
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Http | Self::Stdio => "Goalstream".to_owned(),
            Self::Peer { peer, .. } => format!("{} {}", peer.name, peer.version),
        }
    }

    pub(crate) fn transport(&self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Stdio | Self::Peer { .. } => "stdio",
        }
    }

    pub(crate) fn is_ours(&self) -> bool {
        !matches!(self, Self::Peer { .. })
    }

    /// A client that has been answered once; of ours, with a goal of its own.
    pub(crate) async fn open(&self, served: &Served, node: &Node) -> anyhow::Result<Client> {
        let mut client = match self {
            Self::Http => Client::ours_over_http(Door::of(&served.url, "benchmark"), goal(node).await?),
            Self::Stdio => Client::ours_over_stdio(Pipes::open(bridge(served)).await?, goal(node).await?),
            Self::Peer { peer, store } => Client::of_peer(Pipes::open(peer.serve(store)?).await?, peer.clone()),
        };
        client.first_call().await.with_context(|| format!("open {} over {}", self.name(), self.transport()))?;
        Ok(client)
    }
}

/// The executable's stdio door.
fn bridge(served: &Served) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_goalstream"));
    command.env_clear().args(["mcp", "--url"]).arg(format!("{}{}", served.url, mcp::PATH));
    command
}

async fn goal(node: &Node) -> anyhow::Result<String> {
    let planned = create_goal(&node.agent, CreateGoal { title: "Calls".to_owned(), ..CreateGoal::default() }).await?;
    Ok(planned.goal.to_string())
}
