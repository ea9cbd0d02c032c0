//! All tasks, one a line: `{"position", "epoch", "total"}`, then each task as it is at that position, then `{"end": true, "count"}`.
//!
//! Nothing is gathered: the next portion is read when the last one has been taken, so a slow reader costs no memory, and one that leaves
//! ends it. A body that breaks off has no last line.

use std::{io, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use goal_agent::{EveryTask, Refusal, rows::TaskRow};
use serde_json::json;

use super::fields::Fields;

/// How often a portion is tried that cannot be read now, because there is too much to do or something is away.
const TRIES_MAX: u32 = 10;
/// How long to wait in between.
const RETRY_DELAY: Duration = Duration::from_millis(500);
/// Bytes of a line, about: what a portion takes is set aside at once.
const LINE_BYTES: usize = 400;

pub(super) struct Lines {
    every: EveryTask,
    fields: Fields,
    /// Lines of tasks so far.
    count: u64,
    next: Next,
}

enum Next {
    Head,
    Rows,
    Nothing,
}

impl Lines {
    pub(super) fn begin(every: EveryTask, fields: Fields) -> Self {
        Self { every, fields, count: 0, next: Next::Head }
    }

    pub(super) fn into_body(self) -> Body {
        Body::from_stream(stream::try_unfold(self, |mut lines| async move {
            let portion = lines.portion().await.map_err(|refusal| io::Error::other(refusal.to_string()))?;
            Ok::<_, io::Error>(portion.map(|bytes| (Bytes::from(bytes), lines)))
        }))
    }

    async fn portion(&mut self) -> Result<Option<Vec<u8>>, Refusal> {
        match self.next {
            Next::Head => {
                self.next = Next::Rows;
                let EveryTask { position, epoch, total, .. } = &self.every;
                Ok(Some(format!("{}\n", json!({ "position": position, "epoch": epoch, "total": total })).into_bytes()))
            }
            Next::Rows => match self.read().await? {
                Some(rows) => Ok(Some(self.lines(&rows))),
                None => {
                    self.next = Next::Nothing;
                    Ok(Some(format!("{}\n", json!({ "end": true, "count": self.count })).into_bytes()))
                }
            },
            Next::Nothing => Ok(None),
        }
    }

    async fn read(&mut self) -> Result<Option<Vec<TaskRow>>, Refusal> {
        let mut tries = 1;
        loop {
            match self.every.portion().await {
                Err(refusal) if refusal.is_failure() && tries < TRIES_MAX => tokio::time::sleep(RETRY_DELAY).await,
                read => return read,
            }
            tries += 1;
        }
    }

    fn lines(&mut self, rows: &[TaskRow]) -> Vec<u8> {
        let mut lines = Vec::with_capacity(rows.len() * LINE_BYTES);
        for row in rows {
            let mut row = serde_json::to_value(row).expect("a row has text keys and finite numbers only");
            self.fields.pick(&mut row);
            // Into memory, which takes everything.
            let _ = serde_json::to_writer(&mut lines, &row);
            lines.push(b'\n');
            self.count += 1;
        }
        lines
    }
}
