//! Remaking views from the log.

use event_bus::Log;
use read_models::{RebuildError, RebuildProgress, Rebuilt, Views};

/// Remakes a view, or `all` of them in one scan of the log, beside the live ones, and swaps. Reads and the projection go on meanwhile.
/// `progress` is called after each page.
///
/// # Errors
/// No such view, another rebuild at this moment, or log or database failed; the live views are then as they were.
pub async fn rebuild(
    log: &Log,
    views: &Views,
    name: &str,
    progress: &(dyn Fn(RebuildProgress) + Send + Sync),
) -> Result<Rebuilt, RebuildError> {
    let read = |after, limit| {
        let log = log.clone();
        async move { log.read_all(after, limit).await }
    };
    let rebuilt = views.rebuild(name, read, progress).await?;
    tracing::info!(views = ?rebuilt.views, generation = rebuilt.generation, position = rebuilt.position, "views rebuilt");
    Ok(rebuilt)
}
