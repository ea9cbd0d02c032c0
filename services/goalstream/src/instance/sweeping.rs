//! Writes down that leases have run out, where that is wanted.

use std::{error::Error, time::Duration};

use goal_agent::GoalAgent;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// Sweeps every so often until the shutdown. Several nodes may: what one has written down is nothing to the others.
pub(super) async fn sweep(agent: GoalAgent, interval: Duration, shutdown: CancellationToken) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let sweeping = async {
        loop {
            ticks.tick().await;
            match agent.sweep().await {
                Ok(0) => {}
                Ok(expired) => tracing::info!(expired, "leases had run out"),
                // The leases are over all the same, and the next sweep finds them again.
                Err(refusal) => {
                    tracing::warn!(error = &refusal as &dyn Error, "leases that ran out were not written down");
                }
            }
        }
    };
    shutdown.run_until_cancelled(sweeping).await;
}
