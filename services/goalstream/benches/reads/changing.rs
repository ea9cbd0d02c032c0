//! Work that goes on while others ask.

use std::time::Duration;

use tokio::time::interval;
use tokio_util::sync::CancellationToken;

use crate::writer::Writer;

/// Between two changes.
pub(crate) const INTERVAL: Duration = Duration::from_millis(100);

/// Does it, while a task is changed again and again. A change on its way is waited for: who left it would not know the number of the next.
pub(crate) async fn meanwhile<Done>(
    writer: &mut Writer,
    doing: impl Future<Output = anyhow::Result<Done>>,
) -> anyhow::Result<Done> {
    let end = CancellationToken::new();
    let changing = change(writer, end.clone());
    let doing = async {
        let _end = end.drop_guard();
        doing.await
    };
    let (done, changed) = tokio::join!(doing, changing);
    changed?;
    done
}

async fn change(writer: &mut Writer, end: CancellationToken) -> anyhow::Result<()> {
    let mut ticks = interval(INTERVAL);
    while end.run_until_cancelled(ticks.tick()).await.is_some() {
        writer.append(1).await?;
    }
    Ok(())
}
