//! How long things may take. What takes longer counts as stuck, which is a violation like any other.

use std::{future::Future, ops::Range, time::Duration};

use tokio::time::{Instant, sleep};

/// One request, repeated under its id until it is answered.
pub(crate) const WRITE_BOUND: Duration = Duration::from_secs(90);
/// One try of it. A frozen server thaws long before; a connection that nobody answers any more must not hold a worker up.
pub(crate) const TRY_BOUND: Duration = Duration::from_secs(10);
/// How long somebody waits who leaves: about as long as an answer takes.
pub(crate) const LEAVES_AFTER: Range<Duration> = Duration::from_millis(1)..Duration::from_millis(8);
/// Before the same request is tried again, when the answer did not say how long.
pub(crate) const RETRY_DELAY: Duration = Duration::from_millis(100);
/// The longest that a worker does as it is told by `retry_after_ms`.
pub(crate) const RETRY_DELAY_MAX: Duration = Duration::from_secs(1);
/// From the last answer of a round until every reader, the stream and the views have all of it.
pub(crate) const CATCH_UP_BOUND: Duration = Duration::from_secs(90);
/// A node that is started, from the first time until it serves.
pub(crate) const NODE_START_BOUND: Duration = Duration::from_secs(60);
/// Before a node that ended is started again.
pub(crate) const NODE_RESTART_DELAY: Duration = Duration::from_millis(100);
/// A stream of events without a sign of life: its heartbeats come more often.
pub(crate) const SILENCE_BOUND: Duration = Duration::from_secs(30);
/// A consumer of the bus that brings nothing for so long is made anew: its stream may be another one by now.
pub(crate) const CONSUMER_IDLE_BOUND: Duration = Duration::from_millis(500);
/// One question to a server, asked past the proxies.
pub(crate) const QUESTION_BOUND: Duration = Duration::from_secs(10);
/// What a round needs to have happened before it goes on: that the bus has what the log has, that a node refuses.
pub(crate) const STAGE_BOUND: Duration = Duration::from_secs(30);
/// A command of the executable at the end of a run.
pub(crate) const COMMAND_BOUND: Duration = Duration::from_secs(600);
/// How often we look.
pub(crate) const INTERVAL: Duration = Duration::from_millis(20);

/// Looks until there is something to see, or the bound is reached.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(bound: Duration, mut look: impl FnMut() -> F) -> Option<T> {
    let deadline = Instant::now() + bound;
    loop {
        if let Some(found) = look().await {
            return Some(found);
        }
        if Instant::now() >= deadline {
            return None;
        }
        sleep(INTERVAL).await;
    }
}
