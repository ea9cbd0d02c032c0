//! Work that goes on while others ask.

use std::{convert::Infallible, time::Duration};

use tokio::time::interval;

use crate::writer::Writer;

/// Between two changes.
pub(crate) const INTERVAL: Duration = Duration::from_millis(100);

/// Does it, while a task is changed again and again.
pub(crate) async fn meanwhile<Done>(
    writer: &mut Writer,
    doing: impl Future<Output = anyhow::Result<Done>>,
) -> anyhow::Result<Done> {
    tokio::select! {
        done = doing => done,
        stopped = change(writer) => match stopped? {},
    }
}

async fn change(writer: &mut Writer) -> anyhow::Result<Infallible> {
    let mut ticks = interval(INTERVAL);
    loop {
        ticks.tick().await;
        writer.append(1).await?;
    }
}
