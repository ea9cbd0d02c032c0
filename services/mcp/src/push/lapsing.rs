//! Leases end by the clock, and no event says so until the next claim: whoever watches the task is told of that as well.

use std::time::Duration;

use chrono::Utc;
use domain::{GoalId, TaskId};
use goal_agent::GoalAgent;
use tokio::time::sleep;

use super::{Change, Push};
use crate::resources;

/// How long after its end a lease is told to be over, at most, while somebody listens. Nobody is asked otherwise.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Tells of leases that end, for as long as it is polled.
pub(crate) async fn follow(agent: &GoalAgent, push: &Push) {
    let mut listeners = push.watched.listeners.subscribe();
    while listeners.wait_for(|listeners| *listeners > 0).await.is_ok() {
        // Whoever listens does so already.
        let mut told = Utc::now() - LOOK_EVERY;
        while *listeners.borrow() > 0 {
            sleep(LOOK_EVERY).await;
            let now = Utc::now();
            match agent.leases_ended(told, now).await {
                Ok(ended) => {
                    if ended.as_ref().is_none_or(|ended| !ended.is_empty()) {
                        push.tell(change(agent, push, ended.as_deref()).await);
                    }
                    told = now;
                }
                // The next look asks for these as well.
                Err(refusal) => {
                    let error = &refusal as &dyn std::error::Error;
                    tracing::debug!(error, "which leases have ended is not known");
                }
            }
        }
    }
}

async fn change(agent: &GoalAgent, push: &Push, ended: Option<&[(GoalId, TaskId)]>) -> Change {
    let Some(ended) = ended else { return Change::Everything };
    let Some(shown) = push.shown_by_tasks(agent, ended.iter().copied()).await else { return Change::Everything };
    let goals = ended.iter().map(|(goal, _)| resources::object(goal));
    Change::Of { addresses: goals.chain(shown).chain([resources::BOARD.to_owned()]).collect(), list: false }
}
