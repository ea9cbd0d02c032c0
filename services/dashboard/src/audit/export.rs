//! Everything that was asked for, page by page. Nothing is gathered: the next page is read when the last one has been taken, so a slow
//! reader costs no memory, and one that leaves ends it.

use std::{io, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use goal_agent::{Caller, GoalAgent, Moment, RecordedPage, Records, Refusal};

use super::{Format, Shape};
use crate::problem::Problem;

/// Events read at once.
const PAGE_EVENTS: u32 = 500;
/// How often a page is tried that cannot be read now, because there is too much to do or something is away.
const TRIES_MAX: u32 = 10;
/// How long to wait in between, when nothing else is said.
const RETRY_DELAY: Duration = Duration::from_millis(500);

pub(super) struct Export {
    agent: GoalAgent,
    caller: Caller,
    request: Records,
    shape: Shape,
    format: Format,
    /// Lines that may still come; `None` for all there are.
    left: Option<u32>,
    /// What has been read and not been sent.
    ready: Option<Vec<u8>>,
    /// Whether the log has more of it.
    goes_on: bool,
}

impl Export {
    /// Reads the first page, so that a question which is wrong is refused as such. It ends where the log ends now.
    pub(super) async fn begin(
        agent: GoalAgent,
        caller: Caller,
        mut request: Records,
        limit: Option<u32>,
        shape: Shape,
        format: Format,
    ) -> Result<Self, Problem> {
        if limit == Some(0) {
            return Err(crate::query::refused("limit", "a number, 1 or more"));
        }
        let first = agent.records(&caller, &request, limit.map_or(PAGE_EVENTS, |limit| limit.min(PAGE_EVENTS))).await?;
        let history = &mut request.history;
        history.until = history.until.or(Some(Moment::Position(first.position)));
        let mut export = Self { agent, caller, request, shape, format, left: limit, ready: None, goes_on: true };
        let mut bytes = format.head(shape);
        bytes.append(&mut export.lines(first));
        export.ready = Some(bytes);
        Ok(export)
    }

    /// A body that breaks off when the log cannot be read any more: whoever reads it sees that it is not whole.
    pub(super) fn into_body(self) -> Body {
        Body::from_stream(stream::try_unfold(self, |mut export| async move {
            let page = match export.ready.take() {
                Some(ready) => ready,
                None if !export.goes_on => return Ok(None),
                None => export.next().await.map_err(|refusal| io::Error::other(refusal.to_string()))?,
            };
            Ok::<_, io::Error>(Some((Bytes::from(page), export)))
        }))
    }

    async fn next(&mut self) -> Result<Vec<u8>, Refusal> {
        let limit = self.left.map_or(PAGE_EVENTS, |left| left.min(PAGE_EVENTS));
        let mut tries = 1;
        loop {
            match self.agent.records(&self.caller, &self.request, limit).await {
                Ok(page) => return Ok(self.lines(page)),
                Err(refusal) if !refusal.is_failure() || tries == TRIES_MAX => return Err(refusal),
                Err(_) => tokio::time::sleep(RETRY_DELAY).await,
            }
            tries += 1;
        }
    }

    fn lines(&mut self, page: RecordedPage) -> Vec<u8> {
        let events = u32::try_from(page.events.len()).unwrap_or(u32::MAX);
        self.left = self.left.map(|left| left.saturating_sub(events));
        self.goes_on = page.more.is_some() && self.left != Some(0);
        self.request.history.cursor = page.more;
        let lines = page.events.iter().map(|(event, cause)| self.format.line(self.shape, event, *cause));
        lines.collect::<Vec<_>>().concat()
    }
}
