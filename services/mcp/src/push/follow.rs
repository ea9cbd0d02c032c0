//! From the log to the listeners of this process.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use domain::{GoalEvent, Recorded};
use event_bus::Subscribe;
use goal_agent::GoalAgent;
use tokio::time::sleep;

use super::{Change, Push};
use crate::resources;

/// Events taken at once.
const PAGE_EVENTS_MAX: usize = 256;
/// How long to wait before the log is followed anew after an alarm.
const RESTART_DELAY: Duration = Duration::from_secs(5);

/// Follows the log from where it ends, for as long as it is polled. What cannot be followed changed altogether.
pub(crate) async fn follow(agent: &GoalAgent, subscribe: &Subscribe, push: &Push) {
    loop {
        let mut subscription = subscribe(agent.head());
        let alarm = loop {
            match subscription.next_page(PAGE_EVENTS_MAX).await {
                Ok(page) => {
                    if let Some(last) = page.last() {
                        agent.shown(last.position).await;
                    }
                    push.tell(change(&page));
                }
                Err(alarm) => break alarm,
            }
        };
        tracing::error!(error = &alarm as &dyn std::error::Error, "changes cannot be told; the log is followed anew");
        sleep(RESTART_DELAY).await;
        push.tell(Change::Everything);
    }
}

fn change(page: &[Arc<Recorded>]) -> Change {
    let mut addresses = BTreeSet::from([resources::BOARD.to_owned(), resources::FEED.to_owned()]);
    for event in page {
        addresses.insert(resources::object(&event.stream.id));
        if let Some(task) = event.goal_event().ok().and_then(|event| event.task()) {
            addresses.insert(resources::object(task));
        }
    }
    let list = page.iter().any(|event| event.goal_event().is_ok_and(|event| changes_list(&event)));
    Change::Of { addresses: addresses.into_iter().collect(), list }
}

/// Whether other goals are open afterwards, or under another title. How far they are is told where they are read.
fn changes_list(event: &GoalEvent) -> bool {
    use GoalEvent as E;
    matches!(
        event,
        E::GoalCreated { .. }
            | E::GoalRetitled { .. }
            | E::GoalCompleted { .. }
            | E::GoalCancelled { .. }
            | E::GoalReopened { .. }
            | E::GoalArchived {}
            | E::GoalRestored {}
    )
}
