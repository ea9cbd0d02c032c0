//! A page that follows a node's live stream, and comes back with the last id it has seen.

use std::sync::Arc;

use tokio::time::{sleep, timeout};

use crate::chaos::{
    check::{Mark, Seen},
    patience::{RETRY_DELAY, SILENCE_BOUND},
    plan::Side,
    world::World,
};

/// What the page calls the event that the log has there.
pub(crate) fn word(mark: &Mark) -> String {
    mark.event_type.clone()
}

pub(crate) async fn follow(world: Arc<World>, side: Side, seen: Arc<Seen>) {
    let client = reqwest::Client::new();
    let mut is_older = world.is_older.subscribe();
    loop {
        // What an older log has is no part of what this page has seen so far.
        is_older.wait_for(|is_older| !is_older).await.unwrap();
        if let Some(url) = world.node(side).url() {
            // That a connection ends is what this is about; what counts is what comes through the next one.
            tokio::select! {
                _ended = read(&world, &client, &url, &seen) => {}
                _ = is_older.wait_for(|is_older| *is_older) => {}
            }
        }
        sleep(RETRY_DELAY).await;
    }
}

async fn read(world: &World, client: &reqwest::Client, url: &str, seen: &Seen) -> reqwest::Result<()> {
    let request = client.get(format!("{url}/events?after=0")).header("last-event-id", seen.last().to_string());
    let Ok(answer) = timeout(SILENCE_BOUND, request.send()).await else { return Ok(()) };
    let mut answer = answer?.error_for_status()?;
    let mut unread = Vec::new();
    while let Ok(Some(piece)) = timeout(SILENCE_BOUND, answer.chunk()).await.unwrap_or(Ok(None)) {
        unread.extend(piece);
        while let Some(end) = unread.windows(2).position(|bytes| bytes == b"\n\n") {
            let frame = String::from_utf8(unread.drain(..end + 2).collect()).unwrap();
            take(world, seen, &frame);
        }
    }
    Ok(())
}

fn take(world: &World, seen: &Seen, frame: &str) {
    let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let event = field("event:").unwrap_or_default();
    if event == "reset" {
        seen.reset();
    }
    if let Some(id) = field("id:") {
        world.violations.add_all(seen.take(id.parse().unwrap(), event.to_owned()));
    }
}
