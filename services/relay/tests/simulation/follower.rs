//! A reader: takes page after page and keeps its place with what it did about them, like a projector.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use domain::Recorded;
use event_bus::{Bus, Subscription, SubscriptionError};
use tokio::time::timeout;

use crate::{flaw::Flaw, nats::Client, postgres::ModelLog, promise::Promise, world::World};

/// Events of a page at most.
const PAGE_MAX: u64 = 20;
/// How long a reader with other things to do waits for a page, at most.
const IMPATIENCE_MS_MAX: u64 = 300;
/// How long a page takes to be handled, at most.
const WORK_MAX: Duration = Duration::from_millis(50);

/// What survives the process.
#[derive(Default)]
pub(crate) struct Shelf {
    /// Where the reader goes on.
    place: AtomicU64,
    /// The last position whose event was handled.
    delivered: AtomicU64,
}

impl Shelf {
    pub(crate) fn delivered(&self) -> u64 {
        self.delivered.load(Relaxed)
    }
}

/// Until its process is killed.
pub(crate) async fn follow(world: World, log: ModelLog, bus: Bus<Client>, shelf: Arc<Shelf>) {
    let mut subscription = Subscription::from(log.clone(), Some(bus.clone()), shelf.place.load(Relaxed));
    while !world.is_broken() {
        let max = 1 + world.below(PAGE_MAX) as usize;
        match next_page(&world, &mut subscription, max).await {
            None => {}
            Some(Ok(page)) if page.is_empty() || page.len() > max => {
                world.broken(Promise::ReadInOrder, format!("a page of at most {max} events has {}", page.len()));
            }
            Some(Ok(page)) => handle(&world, &log, &shelf, &page).await,
            Some(Err(error)) => {
                world.broken(
                    Promise::Quiet,
                    format!("a reader behind {} got an alarm: {error}", subscription.position()),
                );
            }
        }
        if world.one_in(30) {
            subscription = Subscription::from(log.clone(), Some(bus.clone()), shelf.place.load(Relaxed));
        }
    }
}

type Page = Result<Vec<Arc<Recorded>>, SubscriptionError>;

/// `None` when the reader would not wait so long.
async fn next_page(world: &World, subscription: &mut Subscription<ModelLog, Client>, max: usize) -> Option<Page> {
    if world.one_in(8) {
        let patience = Duration::from_millis(world.below(IMPATIENCE_MS_MAX));
        return timeout(patience, subscription.next_page(max)).await.ok();
    }
    Some(subscription.next_page(max).await)
}

/// The effect and the place change together, unless a flaw parts them.
async fn handle(world: &World, log: &ModelLog, shelf: &Shelf, page: &[Arc<Recorded>]) {
    let last = page.last().map_or(0, |event| event.position);
    world.step("page", last);
    if world.has(Flaw::KeepsItsPlaceEarly) {
        shelf.place.store(last, Relaxed);
        world.pause(WORK_MAX).await;
    }
    page.iter().for_each(|event| deliver(world, log, shelf, event));
    if world.has(Flaw::KeepsItsPlaceLate) {
        world.pause(WORK_MAX).await;
    }
    shelf.place.store(last, Relaxed);
}

fn deliver(world: &World, log: &ModelLog, shelf: &Shelf, event: &Recorded) {
    let before = shelf.delivered.swap(event.position, Relaxed);
    if event.position != before + 1 {
        world.broken(Promise::ReadInOrder, format!("a reader got position {} after {before}", event.position));
    }
    if !log.postgres.holds(event.position, |stored| stored == event) {
        let how = format!("a reader got what the log does not have at position {}", event.position);
        world.broken(Promise::ReadAsWritten, how);
    }
}
