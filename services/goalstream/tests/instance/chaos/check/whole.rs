//! At the end of a run: the log anew from its beginning, the whole stream beside it, and the executable's own proofs.

use super::{History, log, receipts::Told, seen::Seen};
use crate::chaos::{
    patience::{CATCH_UP_BOUND, until},
    readers::{self, Readers},
    violation::Violation,
    world::World,
};

/// `told` is everything that workers were told in all rounds.
pub(crate) async fn judge_all(world: &World, readers: &Readers, told: &Told) {
    let mut history = History::default();
    let wrong = log::read_on(&mut world.database_at_last().await, &mut history).await.unwrap();
    world.violations.add_all(wrong);
    world.violations.add_all(told.compare(&history));
    judge_stream(world, &history).await;
    for command in [&["verify"][..], &["rebuild", "all"]] {
        let output = world.run(command).await;
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout).trim(),
            String::from_utf8_lossy(&output.stderr).trim()
        );
        println!("{}: {said}", command.join(" "));
        if !output.status.success() {
            world.violations.add(Violation::CommandFailed { command: command.join(" "), said });
        }
    }
    // Nobody lost their place by what was done just now.
    let _last = super::catch_up(world, readers).await;
}

/// A reader that has seen nothing yet sees the same.
async fn judge_stream(world: &World, history: &History) {
    let anew = std::sync::Arc::new(Seen::new("the whole stream"));
    let reading = tokio::spawn(readers::follow_bus(
        world.bus().await,
        world.stream_name(),
        std::sync::Arc::clone(&anew),
        std::sync::Arc::clone(&world.violations),
    ));
    let head = history.head();
    if until(CATCH_UP_BOUND, async || (anew.last() >= head).then_some(())).await.is_none() {
        world.violations.add(Violation::NotCaughtUp { reader: anew.reader().to_owned(), at: anew.last(), head });
    }
    reading.abort();
    world.violations.add_all(anew.compare(history, readers::word_of_bus));
}
