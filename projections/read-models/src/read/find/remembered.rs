//! The same question, asked again while nothing has changed: most of those who look for work find none, and ask again a little later.

use super::{FindRequest, FindView};
use crate::read::snapshot::ReadAt;

/// Who asks the same is answered the same. `None` when the answer is not remembered: further pages and the past are seldom asked for again,
/// and what is late changes with the clock, where all else waits for an event or for a lease to end.
pub(super) fn key(request: &FindRequest, read: &ReadAt) -> Option<String> {
    let by_clock = matches!(request.view, Some(FindView::Stale | FindView::Overdue));
    let is_remembered = !by_clock && read.as_of.is_none() && request.cursor.is_none();
    is_remembered.then(|| serde_json::to_string(&whoever_asks(request)).ok()).flatten()
}

/// The question without who asks it, unless that matters.
pub(super) fn whoever_asks(request: &FindRequest) -> FindRequest {
    let me = request.me.clone().filter(|_| request.view == Some(FindView::Mine));
    FindRequest { me, ..request.clone() }
}
