//! All tasks, one a line: `{"position", "epoch", "total"}`, then each task as it is at that position, then `{"end": true, "count"}`.
//!
//! While a portion is written the next one is read, and no further: a slow reader costs no more than that, and one that leaves ends it. A body
//! that breaks off has no last line.

use std::{io, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use goal_agent::{EveryTask, Refusal, rows::TaskRow};
use serde_json::json;
use tokio::sync::mpsc::{self, Receiver, Sender};
use uuid::Uuid;

use super::fields::Fields;

/// How often a portion is tried that cannot be read now, because there is too much to do or something is away.
const TRIES_MAX: u32 = 10;
/// How long to wait in between.
const RETRY_DELAY: Duration = Duration::from_millis(500);
/// Bytes of a line, about: what a portion takes is set aside at once.
const LINE_BYTES: usize = 400;

/// Portions that wait to be written, beside the one that is being read.
const AHEAD_MAX: usize = 1;

pub(super) struct Lines {
    /// What was read; `None` behind the last.
    portions: Receiver<Result<Option<Vec<TaskRow>>, Refusal>>,
    fields: Fields,
    /// Lines of tasks so far.
    count: u64,
    next: Next,
}

enum Next {
    Head { position: u64, epoch: Uuid, total: u64 },
    Rows,
    Nothing,
}

impl Lines {
    /// Reads from now on.
    pub(super) fn begin(every: EveryTask, fields: Fields) -> Self {
        let EveryTask { position, epoch, total, .. } = every;
        let (sender, portions) = mpsc::channel(AHEAD_MAX);
        tokio::spawn(read(every, sender));
        Self { portions, fields, count: 0, next: Next::Head { position, epoch, total } }
    }

    pub(super) fn into_body(self) -> Body {
        Body::from_stream(stream::try_unfold(self, |mut lines| async move {
            Ok::<_, io::Error>(lines.portion().await?.map(|bytes| (Bytes::from(bytes), lines)))
        }))
    }

    async fn portion(&mut self) -> io::Result<Option<Vec<u8>>> {
        match self.next {
            Next::Head { position, epoch, total } => {
                self.next = Next::Rows;
                Ok(Some(format!("{}\n", json!({ "position": position, "epoch": epoch, "total": total })).into_bytes()))
            }
            Next::Rows => match self.portions.recv().await {
                Some(Ok(Some(rows))) => Ok(Some(self.lines(&rows))),
                Some(Ok(None)) => {
                    self.next = Next::Nothing;
                    Ok(Some(format!("{}\n", json!({ "end": true, "count": self.count })).into_bytes()))
                }
                Some(Err(refusal)) => Err(io::Error::other(refusal.to_string())),
                None => Err(io::Error::other("reading ended before the last task")),
            },
            Next::Nothing => Ok(None),
        }
    }

    fn lines(&mut self, rows: &[TaskRow]) -> Vec<u8> {
        let mut lines = Vec::with_capacity(rows.len() * LINE_BYTES);
        for row in rows {
            self.fields.write(row, &mut lines);
            lines.push(b'\n');
        }
        self.count += u64::try_from(rows.len()).expect("what is in memory can be counted");
        lines
    }
}

/// Reads until there are no more, or nobody takes them.
async fn read(mut every: EveryTask, portions: Sender<Result<Option<Vec<TaskRow>>, Refusal>>) {
    loop {
        let read = patiently(&mut every).await;
        let is_last = !matches!(read, Ok(Some(_)));
        if portions.send(read).await.is_err() || is_last {
            return;
        }
    }
}

async fn patiently(every: &mut EveryTask) -> Result<Option<Vec<TaskRow>>, Refusal> {
    let mut tries = 1;
    loop {
        match every.portion().await {
            Err(refusal) if refusal.is_failure() && tries < TRIES_MAX => tokio::time::sleep(RETRY_DELAY).await,
            read => return read,
        }
        tries += 1;
    }
}
