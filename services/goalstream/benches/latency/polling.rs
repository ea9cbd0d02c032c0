//! The loop that the live stream replaces: it asks every five seconds what there is, and so sees each change late.

use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::{task::JoinSet, time::MissedTickBehavior};

use crate::writer::Appended;

/// How often it asks, as pages without a live stream do.
const INTERVAL: Duration = Duration::from_secs(5);

/// One answer: the position it is true for, and when it had been read.
struct Poll {
    position: u64,
    read: Instant,
}

/// A loop at work in a task of its own; it ends with this value.
pub(crate) struct Polling {
    url: String,
    polls: tokio::sync::mpsc::UnboundedReceiver<Poll>,
    _task: JoinSet<anyhow::Result<()>>,
}

impl Polling {
    /// Asks for the goals at once, then at every interval.
    pub(crate) fn begin(url: &str) -> Self {
        let (sender, polls) = tokio::sync::mpsc::unbounded_channel();
        let goals = format!("{url}/api/v1/goals");
        let mut task = JoinSet::new();
        task.spawn(async move {
            let client = reqwest::Client::new();
            let mut ticks = tokio::time::interval(INTERVAL);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
            loop {
                ticks.tick().await;
                sender.send(ask(&client, &goals).await?)?;
            }
        });
        Self { url: url.to_owned(), polls, _task: task }
    }

    /// How long after its commit each event was seen. Those that came after the last answer are left out, so that only whole intervals
    /// count and none weighs more for its place in one.
    pub(crate) fn delays(mut self, appended: &[Appended]) -> anyhow::Result<Vec<Duration>> {
        let polls: Vec<Poll> = std::iter::from_fn(|| self.polls.try_recv().ok()).collect();
        anyhow::ensure!(polls.len() > 1, "{} was asked {} times, which is no interval", self.url, polls.len());
        let seen = |event: &Appended| {
            let poll = polls.iter().find(|poll| poll.position >= event.position)?;
            Some(poll.read.saturating_duration_since(event.answered))
        };
        Ok(appended.iter().filter_map(seen).collect())
    }
}

async fn ask(client: &reqwest::Client, url: &str) -> anyhow::Result<Poll> {
    #[derive(Deserialize)]
    struct Goals {
        position: u64,
    }
    let answer = client.get(url).send().await?.error_for_status()?.json::<Goals>().await?;
    Ok(Poll { position: answer.position, read: Instant::now() })
}
