//! When the views' rows are counted anew: beside the projection, which goes on meanwhile.

use read_models::Views;
use tokio::task::JoinSet;

/// Events after which it is looked whether tables have outgrown their statistics.
const EVENTS_BETWEEN_COUNTS: usize = 5_000;

/// What was projected since, and the count that is running, which ends with this value.
#[derive(Default)]
pub(crate) struct Statistics {
    events: usize,
    counting: JoinSet<()>,
}

impl Statistics {
    /// So many events more are in the views.
    pub(crate) fn grown(&mut self, views: &Views, events: usize) {
        self.events += events;
        while self.counting.try_join_next().is_some() {}
        if self.events < EVENTS_BETWEEN_COUNTS || !self.counting.is_empty() {
            return;
        }
        self.events = 0;
        let views = views.clone();
        self.counting.spawn(async move {
            if let Err(error) = views.count_rows().await {
                tracing::debug!(%error, "the views' rows are counted another time");
            }
        });
    }
}
