//! What is stored in the end: whether everything that was acknowledged is there, and once.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use anyhow::Context;
use domain::ActorKind;
use goal_agent::Caller;

use super::{
    client::{Client, Way},
    contender::Contender,
    peer::Stored,
};
use crate::node::Node;

/// Every title begins like this and has no other letters than those of words.
pub(crate) const TITLE: &str = "call";

/// Tasks by what became of them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Kept {
    pub(crate) acknowledged: usize,
    /// Acknowledged and not stored.
    pub(crate) lost: usize,
    /// Stored more than once.
    pub(crate) doubled: usize,
}

impl Kept {
    /// Compares what was acknowledged with what is there.
    pub(crate) async fn look(
        acknowledged: &[String],
        contender: &Contender,
        clients: &mut [Client],
        node: &Node,
    ) -> anyhow::Result<Self> {
        let mut stored: HashMap<String, usize> = HashMap::new();
        for title in titles(contender, clients, node).await? {
            *stored.entry(title).or_default() += 1;
        }
        let acknowledged: HashSet<&String> = acknowledged.iter().collect();
        Ok(Self {
            acknowledged: acknowledged.len(),
            lost: acknowledged.iter().filter(|title| !stored.contains_key(**title)).count(),
            doubled: stored.values().filter(|times| **times > 1).count(),
        })
    }
}

async fn titles(contender: &Contender, clients: &mut [Client], node: &Node) -> anyhow::Result<Vec<String>> {
    let Contender::Peer { peer, store } = contender else { return titles_of_ours(clients, node).await };
    let text = match &peer.stored {
        Stored::Files { files, line } => lines_of_files(&store.join(files), line)?,
        Stored::Asked(call) => {
            let Some(Client { way: Way::Stdio(pipes), .. }) = clients.first_mut() else {
                anyhow::bail!("nobody is there to ask");
            };
            let result = pipes.call(call).await?;
            result["content"][0]["text"].as_str().context("the answer is a text")?.to_owned()
        }
    };
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    Ok(words.filter(|word| word.starts_with(TITLE)).map(str::to_owned).collect())
}

async fn titles_of_ours(clients: &[Client], node: &Node) -> anyhow::Result<Vec<String>> {
    node.views_caught_up().await?;
    let caller = Caller::new("benchmark", ActorKind::System);
    let mut titles = Vec::new();
    for goal in clients.iter().filter_map(Client::goal) {
        let goal = node.agent.goal(&caller, goal, None, None).await.map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
        titles.extend(goal.tasks.into_iter().map(|task| task.title));
    }
    titles.retain(|title| title.starts_with(TITLE));
    Ok(titles)
}

fn lines_of_files(folder: &Path, beginning: &str) -> anyhow::Result<String> {
    let mut found = String::new();
    for file in std::fs::read_dir(folder)? {
        let text = std::fs::read_to_string(file?.path())?;
        found.extend(text.lines().filter(|line| line.starts_with(beginning)).flat_map(|line| [line, "\n"]));
    }
    Ok(found)
}
