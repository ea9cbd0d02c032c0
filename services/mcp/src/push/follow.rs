//! From the log to the listeners of this process.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use domain::{GoalEvent, GoalId, Recorded, TaskId};
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
                    push.tell(change(agent, push, &page).await);
                }
                Err(alarm) => break alarm,
            }
        };
        tracing::error!(error = &alarm as &dyn std::error::Error, "changes cannot be told; the log is followed anew");
        sleep(RESTART_DELAY).await;
        push.tell(Change::Everything);
    }
}

async fn change(agent: &GoalAgent, push: &Push, page: &[Arc<Recorded>]) -> Change {
    let mut addresses = BTreeSet::from([resources::BOARD.to_owned(), resources::FEED.to_owned()]);
    addresses.extend(page.iter().map(|event| resources::object(&event.stream.id)));
    match push.shown_by_tasks(agent, page.iter().flat_map(|event| tasks_of(event))).await {
        Some(shown) => addresses.extend(shown),
        None => return Change::Everything,
    }
    let list = page.iter().any(|event| event.goal_event().is_ok_and(|event| changes_list(&event)));
    Change::Of { addresses: addresses.into_iter().collect(), list }
}

/// The tasks that an event is about, with their goal.
fn tasks_of(recorded: &Recorded) -> Vec<(GoalId, TaskId)> {
    let Some((goal, event)) = recorded.goal_id().zip(recorded.goal_event().ok()) else { return Vec::new() };
    let left = match &event {
        GoalEvent::TaskMoved { from, .. } => *from,
        _ => None,
    };
    event.task().into_iter().chain(left).map(|task| (goal, task)).collect()
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
