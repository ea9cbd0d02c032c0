//! After each round: everybody has everything, and it is the same everywhere.

use tokio::time::{Instant, sleep, timeout};

use super::{History, log, receipts::Told};
use crate::chaos::{
    patience::{CATCH_UP_BOUND, INTERVAL, QUESTION_BOUND, until},
    plan::Side,
    readers::Readers,
    violation::Violation,
    world::World,
};

/// Waits until every reader, the stream and the views have reached the log's present head. Who has not is a violation. Says who was
/// the last that had to be waited for.
pub(crate) async fn catch_up(world: &World, readers: &Readers) -> String {
    let asked = until(CATCH_UP_BOUND, async || log::head(&mut world.database().await.ok()?).await.ok()).await;
    let Some(head) = asked else {
        world.violations.add(Violation::NotCaughtUp { reader: "Postgres".to_owned(), at: 0, head: 0 });
        return "Postgres".to_owned();
    };
    let mut race = Race { world, head, deadline: Instant::now() + CATCH_UP_BOUND, last: "the workers".to_owned() };
    for seen in readers.all() {
        race.reaches(seen.reader(), async || Some(seen.last())).await;
    }
    race.reaches("the views", async || log::views(&mut world.database().await.ok()?).await.ok()).await;
    let bus = world.bus().await;
    let stream = async || {
        let stream = timeout(QUESTION_BOUND, bus.get_stream(world.stream_name())).await.ok()?.ok()?;
        // From its first message on: a stream that was lost is filled again as a whole.
        let state = &stream.cached_info().state;
        (state.first_sequence == 1).then_some(state.last_sequence)
    };
    race.reaches("the stream", stream).await;
    race.last
}

struct Race<'a> {
    world: &'a World,
    head: u64,
    deadline: Instant,
    last: String,
}

impl Race<'_> {
    async fn reaches(&mut self, who: &str, mut at: impl AsyncFnMut() -> Option<u64>) {
        let mut reached = 0;
        loop {
            reached = at().await.unwrap_or(reached);
            if reached >= self.head {
                return;
            }
            who.clone_into(&mut self.last);
            if Instant::now() >= self.deadline {
                let (reader, head) = (who.to_owned(), self.head);
                return self.world.violations.add(Violation::NotCaughtUp { reader, at: reached, head });
            }
            sleep(INTERVAL).await;
        }
    }
}

/// Reads the log on and compares everything with it.
pub(crate) async fn judge(world: &World, readers: &Readers, history: &mut History, told: &Told) {
    let wrong = log::read_on(&mut world.database_at_last().await, history).await.unwrap();
    world.violations.add_all(wrong);
    // Those of a forsaken connection end when its client gives it up.
    let left = async || log::left_in_transactions(&mut world.database_at_last().await).await.unwrap();
    if until(CATCH_UP_BOUND, async || left().await.is_empty().then_some(())).await.is_none() {
        world.violations.add_all(left().await);
    }
    world.violations.add_all(told.compare(history));
    world.violations.add_all(readers.compare(history));
    for side in Side::BOTH {
        let alarms = world.node(side).alarms().into_iter().map(|line| Violation::Alarm { side, line });
        world.violations.add_all(alarms);
    }
}
