//! A client of the live stream.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::Context;
use reqwest::Response;
use tokio::{sync::mpsc, time::timeout};

/// How long a frame may take before we give up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Frames as they arrive: position and moment.
pub(crate) struct Frames(mpsc::UnboundedReceiver<(u64, Instant)>);

impl Frames {
    /// Follows the stream behind a position, in a task of its own.
    pub(crate) async fn follow(url: &str, after: u64) -> anyhow::Result<Self> {
        let stream = reqwest::get(format!("{url}/events?after={after}")).await?.error_for_status()?;
        let (sender, frames) = mpsc::unbounded_channel();
        tokio::spawn(read(stream, sender));
        Ok(Self(frames))
    }

    /// Collects frames up to and with a position.
    pub(crate) async fn until(&mut self, position: u64, into: &mut BTreeMap<u64, Instant>) -> anyhow::Result<()> {
        loop {
            let next = timeout(PATIENCE, self.0.recv()).await.with_context(|| format!("waited for {position}"))?;
            let (found, arrived) = next.context("the stream ended")?;
            into.insert(found, arrived);
            if found >= position {
                return Ok(());
            }
        }
    }
}

/// A frame has arrived when the empty line at its end has.
async fn read(mut stream: Response, frames: mpsc::UnboundedSender<(u64, Instant)>) {
    let (mut rest, mut position) = (Vec::new(), None);
    while let Ok(Some(bytes)) = stream.chunk().await {
        let arrived = Instant::now();
        rest.extend_from_slice(&bytes);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            if let Some(id) = line.strip_prefix("id: ") {
                position = id.trim().parse().ok();
            } else if line.trim().is_empty()
                && let Some(position) = position.take()
                && frames.send((position, arrived)).is_err()
            {
                return;
            }
        }
    }
}
