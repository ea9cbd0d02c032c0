//! `goalstream watch`: events as they happen, one compact JSON line each, so that whatever can watch a command's output can react to the
//! log. Resumable by position: no event is left out and none comes twice.

use std::{io::Write, sync::Arc};

use anyhow::Context;
use clap::Args;
use dashboard::{
    audit::{Format, Shape},
    watch::Filter,
};
use domain::{GoalEvent, GoalId, Recorded, StreamId};
use event_bus::{Bus, Subscription};

use super::written;
use crate::{
    config::Settings,
    instance::{Servers, connect_log},
    telemetry,
};

/// Events taken at once.
const PAGE_EVENTS_MAX: usize = 500;

/// Print events as they happen.
#[derive(Args)]
pub(crate) struct Watch {
    /// Begin after this position; 0 is the beginning. Without it, begin now.
    #[arg(long, value_name = "POSITION")]
    since: Option<u64>,
    /// Only events of this goal.
    #[arg(long, value_name = "GOAL")]
    goal: Option<GoalId>,
    /// Only these types, such as task_completed.
    #[arg(long, value_delimiter = ',', value_name = "TYPE,...")]
    types: Vec<String>,
    /// Stop at the end of the log instead of waiting for more.
    #[arg(long)]
    no_follow: bool,
}

impl Watch {
    pub(crate) async fn run(self, settings: Settings) -> anyhow::Result<()> {
        let _traces = telemetry::log(&settings.logging, "warn")?;
        let filter = Filter { goal: self.goal, types: self.types };
        if let Some(unknown) = filter.unknown_type() {
            anyhow::bail!("--types: there is no event `{unknown}`; there are {}", GoalEvent::NAMES.join(", "));
        }
        let servers = Servers::find(&settings)?;
        let log = connect_log(&servers, 1, 2).await?;
        let bus = Bus::connect(settings.bus.at(&servers.nats_url)).await.context("use the NATS address")?;
        let head = log.head().await?.position;
        let since = self.since.unwrap_or(head);
        anyhow::ensure!(since <= head, "--since {since} is beyond the log, which ends at position {head}");
        if let Some(goal) = filter.goal {
            let begun = log.read_stream(&StreamId::from(goal), 0, 1).await?;
            anyhow::ensure!(!begun.is_empty(), "--goal {goal} does not exist");
        }
        let mut subscription = Subscription::from(log, Some(bus), since);
        while !(self.no_follow && subscription.position() >= head) {
            for event in subscription.next_page(PAGE_EVENTS_MAX).await? {
                if filter.wants(&event) && !print(&event)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// Prints one line; `false` when nobody reads any more.
fn print(event: &Arc<Recorded>) -> anyhow::Result<bool> {
    let mut out = std::io::stdout().lock();
    written(out.write_all(&Format::JsonLines.line(Shape::Event, event, None)).and_then(|()| out.flush()))
}
