//! Everybody who follows the log from its beginning, through all that happens.

mod bus;
mod page;

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::{
    check::{History, Seen},
    plan::Side,
    violation::Violation,
    world::World,
};

pub(crate) use bus::{follow as follow_bus, word as word_of_bus};

/// A live stream from each node, and the bus.
pub(crate) struct Readers {
    pages: [Arc<Seen>; 2],
    bus: Arc<Seen>,
    following: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(crate) async fn start(world: &Arc<World>) -> Self {
        let pages = Side::BOTH.map(|side| Arc::new(Seen::new(format!("the page of {side:?}"))));
        let bus = Arc::new(Seen::new("the bus"));
        let mut following = Vec::new();
        for (side, seen) in Side::BOTH.into_iter().zip(&pages) {
            following.push(tokio::spawn(page::follow(Arc::clone(world), side, Arc::clone(seen))));
        }
        let (context, violations) = (world.bus().await, Arc::clone(&world.violations));
        following.push(tokio::spawn(bus::follow(context, world.stream_name(), Arc::clone(&bus), violations)));
        Self { pages, bus, following }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Seen>> {
        self.pages.iter().chain([&self.bus])
    }

    /// How often pages were sent back to the snapshot.
    pub(crate) fn resets(&self) -> u64 {
        self.pages.iter().map(|seen| seen.resets()).sum()
    }

    pub(crate) fn compare(&self, history: &History) -> Vec<Violation> {
        let mut wrong = self.bus.compare(history, bus::word);
        for page in &self.pages {
            wrong.extend(page.compare(history, page::word));
        }
        wrong
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.following.iter().for_each(JoinHandle::abort);
    }
}
