//! How long after its commit an event is in the views.

use std::time::Instant;

use tokio::sync::oneshot;

use crate::{
    instance::Instance,
    latency::writers,
    measure::{Spread, fraction},
};

/// Groups of writers: so many that they reach the rate although each waits for its own append, also on a slow disk.
const GROUPS: usize = 4;

pub(super) struct Lag {
    pub(super) events_per_second: f64,
    /// From the append's answer until the views have the event; nothing when they were faster than the answer.
    pub(super) behind_ms: Spread,
}

/// Appends so many events a second while all roles run.
pub(super) async fn measure(instance: &Instance, rate: u32, seconds: u32) -> anyhow::Result<Lag> {
    let mut all = Vec::new();
    for _ in 0..GROUPS {
        all.extend(writers::all(instance).await?);
    }
    instance.settle().await?;
    let (last, awaited) = oneshot::channel();
    let noting = tokio::spawn(note(instance.views.watch(), awaited));
    let begun = Instant::now();
    let appended = writers::write(all, rate, seconds).await?;
    let took = begun.elapsed().as_secs_f64();
    let _ = last.send(instance.log.head().await?.position);
    let noted = noting.await??;
    let behind = appended.iter().map(|event| {
        let first = noted.partition_point(|(checkpoint, _)| *checkpoint < event.position);
        noted[first.min(noted.len() - 1)].1.saturating_duration_since(event.answered)
    });
    Ok(Lag { events_per_second: fraction(appended.len(), took), behind_ms: Spread::of_times(behind) })
}

/// When the views have reached which position, until they have the one that is told last.
async fn note(
    mut views: tokio::sync::watch::Receiver<u64>,
    mut awaited: oneshot::Receiver<u64>,
) -> anyhow::Result<Vec<(u64, Instant)>> {
    let (mut noted, mut last) = (Vec::new(), u64::MAX);
    loop {
        let checkpoint = *views.borrow_and_update();
        noted.push((checkpoint, Instant::now()));
        if checkpoint >= last {
            return Ok(noted);
        }
        tokio::select! {
            changed = views.changed() => changed?,
            told = &mut awaited, if last == u64::MAX => last = told?,
        }
    }
}
