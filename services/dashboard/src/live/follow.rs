//! From the log to frames: the one reader that feeds the window, and the replay for those who begin further back.
//!
//! An event is rendered after the views have it, so its rows are the new ones. While views, database or bus are away this waits, and
//! the stream with it; it goes on where it was.

use std::{sync::Arc, time::Duration};

use domain::Recorded;
use event_bus::{Subscribe, SubscriptionError};
use goal_agent::{GoalAgent, rows::ChangedRows};
use tokio::time::{sleep, timeout};

use super::{
    EndBefore, Live, Replay,
    frame::{self, Frame},
};

/// Events rendered at once.
const PAGE_EVENTS_MAX: usize = 128;
/// Events from before the start that the window begins with, so that pages which return after a restart are served from it.
const WARM_EVENTS: u64 = 512;
/// First and longest wait before rows that could not be read are asked for again.
const ROWS_RETRY_DELAY_MIN: Duration = Duration::from_millis(50);
const ROWS_RETRY_DELAY_MAX: Duration = Duration::from_secs(2);
/// How long the log may take to say where it ends.
const HEAD_TIMEOUT: Duration = Duration::from_secs(1);
/// How long to wait before the log is followed anew after an alarm.
const RESTART_DELAY: Duration = Duration::from_secs(5);

/// Where a window begins: a little before the end of the log.
pub(crate) fn warm_start(agent: &GoalAgent) -> u64 {
    agent.head().saturating_sub(WARM_EVENTS)
}

/// Feeds the window for as long as it is polled. When the log turns out to be another one, everybody is sent back to the snapshot.
pub(crate) async fn follow(agent: &GoalAgent, subscribe: &Subscribe, live: &Live) {
    loop {
        let mut subscription = subscribe(live.position());
        let alarm = loop {
            match subscription.next_page(PAGE_EVENTS_MAX).await {
                Ok(page) => live.publish(render(agent, &page).await),
                Err(alarm) => break alarm,
            }
        };
        tracing::error!(
            error = &alarm as &dyn std::error::Error,
            "the live stream cannot follow the log; it begins anew"
        );
        sleep(RESTART_DELAY).await;
        live.begin_anew(warm_start(agent));
    }
}

/// Reads single pages of the log, with a subscription for each.
pub(crate) fn replay(agent: GoalAgent, subscribe: Subscribe) -> Replay {
    Arc::new(move |after, max| {
        let (agent, mut subscription) = (agent.clone(), subscribe(after));
        Box::pin(async move {
            match subscription.next_page(max).await {
                Ok(page) => render(&agent, &page).await,
                Err(alarm) => {
                    tracing::error!(after, error = &alarm as &dyn std::error::Error, "the log cannot be replayed");
                    Vec::new()
                }
            }
        })
    })
}

/// Compares a position with the end of the log: with what is known of it here, and only when that is less, by asking.
pub(crate) fn end_before(agent: GoalAgent, subscribe: Subscribe) -> EndBefore {
    Arc::new(move |position| {
        let known = agent.head() >= position;
        let mut subscription = subscribe(position);
        Box::pin(async move {
            if known {
                return None;
            }
            // A subscription with nothing to deliver asks where the log ends before it waits.
            match timeout(HEAD_TIMEOUT, subscription.next_page(1)).await {
                Ok(Err(SubscriptionError::AheadOfLog { head, .. })) => Some(head),
                _ => None,
            }
        })
    })
}

async fn render(agent: &GoalAgent, page: &[Arc<Recorded>]) -> Vec<Frame> {
    let mut rows = rows_changed(agent, page).await.into_iter().peekable();
    let frame = |event: &Arc<Recorded>| {
        // An event that changed no row may have none.
        let rows = rows.next_if(|rows| rows.position == event.position).unwrap_or_default();
        frame::render(event, &rows)
    };
    page.iter().map(frame).collect()
}

async fn rows_changed(agent: &GoalAgent, page: &[Arc<Recorded>]) -> Vec<ChangedRows> {
    let mut delay = ROWS_RETRY_DELAY_MIN;
    loop {
        match agent.rows_changed(page).await {
            Ok(rows) => return rows,
            Err(refusal) => tracing::debug!(%refusal, "the views do not have the page yet"),
        }
        sleep(delay).await;
        delay = (delay * 2).min(ROWS_RETRY_DELAY_MAX);
    }
}
