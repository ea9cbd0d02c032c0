//! One process: batcher, relay and readers, as `goalstream serve` runs them, on a connection each to the models.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use event_bus::{Bus, BusConfig};
use event_store::{
    Known, StoreConfig,
    batcher::{self, Queue},
};
use relay::{Relay, RelayState};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::{
    follower::{self, Shelf},
    nats::{Client, Link, Nats},
    postgres::{Announcer, EPOCH, ModelLog, Postgres},
    promise::Promise,
    world::World,
};

/// Readers of one process.
const FOLLOWERS: usize = 2;

/// What all processes of a run share.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) world: World,
    pub(crate) postgres: Postgres,
    pub(crate) nats: Nats,
    /// Commands that may wait in a process.
    pub(crate) queue_commands_max: usize,
    /// Messages that the stream keeps.
    pub(crate) retention_messages: Option<u64>,
    /// Whether NATS is there after the storm.
    pub(crate) nats_returns: bool,
}

/// A process that can be killed and started again; its readers' places survive it.
pub(crate) struct Node {
    site: Site,
    shelves: Vec<Arc<Shelf>>,
    running: Mutex<Option<Running>>,
}

struct Running {
    queue: Arc<Queue>,
    known: Arc<Known>,
    is_deaf: Arc<AtomicBool>,
    link: Arc<Link>,
    relay: watch::Receiver<RelayState>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Node {
    pub(crate) fn start(site: Site) -> Self {
        let shelves = (0..FOLLOWERS).map(|_| Arc::default()).collect();
        let node = Self { site, shelves, running: Mutex::default() };
        node.restart();
        node
    }

    /// Ends it in the middle of whatever it does.
    pub(crate) fn kill(&self) {
        self.running().take();
    }

    /// Starts it unless it runs.
    pub(crate) fn restart(&self) {
        let mut running = self.running();
        if running.is_none() {
            *running = Some(Running::start(&self.site, &self.shelves));
        }
    }

    /// The way to its batcher, while it runs.
    pub(crate) fn queue(&self) -> Option<Arc<Queue>> {
        self.running().as_ref().map(|running| running.queue.clone())
    }

    /// Cuts or mends its connection to NATS.
    pub(crate) fn connect(&self, is_up: bool) {
        self.running().iter().for_each(|running| running.link.set(is_up));
    }

    /// Whether it hears what others commit.
    pub(crate) fn hear(&self, hears: bool) {
        self.running().iter().for_each(|running| running.is_deaf.store(!hears, Relaxed));
    }

    /// Looks for what it has not heard, as a listener does that is connected again.
    pub(crate) fn ask_for_the_head(&self) {
        self.running().iter().for_each(|running| running.known.committed(self.site.postgres.head()));
    }

    pub(crate) fn is_running(&self) -> bool {
        self.running().is_some()
    }

    /// Whether all its readers have reached a position, unless it is dead.
    pub(crate) fn has_read(&self, position: u64) -> bool {
        !self.is_running() || self.shelves.iter().all(|shelf| shelf.delivered() == position)
    }

    /// What must not be: an alarm, since nothing in a run is a reason for one, and a task that has ended.
    pub(crate) fn check(&self) {
        let running = self.running();
        let Some(running) = running.as_ref() else { return };
        if let RelayState::Alarm { message } = &*running.relay.borrow() {
            self.site.world.broken(Promise::Quiet, format!("the relay raised an alarm: {message}"));
        }
        if running.tasks.iter().any(JoinHandle::is_finished) {
            self.site.world.broken(Promise::Quiet, "a task that runs for ever has ended");
        }
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn start(site: &Site, shelves: &[Arc<Shelf>]) -> Self {
        let Site { world, postgres, nats, .. } = site.clone();
        let known = Arc::new(Known::new(postgres.head(), EPOCH));
        let config = StoreConfig { queue_commands_max: site.queue_commands_max, ..StoreConfig::new("") };
        let (queue, batcher) = batcher::start(&config, postgres.clone(), known.clone());

        let (announcer, is_deaf) = (Announcer::default(), Arc::new(AtomicBool::default()));
        announcer.announce(postgres.head());
        let told = tokio::spawn(tell(known.head(), announcer.clone()));
        let heard = tokio::spawn(listen(world.clone(), postgres.listen(), is_deaf.clone(), known.clone()));

        let link = Arc::new(Link::new(!nats.is_down()));
        let config = BusConfig { retention_messages: site.retention_messages, ..BusConfig::new("") };
        let bus = Bus::over(Client::new(nats, link.clone()), config).expect("the names are the defaults");
        let log = ModelLog { world: world.clone(), postgres, announcer };
        let relay = Relay::new(log.clone(), bus.clone());
        let state = relay.state();
        let relayed = tokio::spawn(async move { relay.run_regardless(CancellationToken::new()).await });

        let mut tasks = vec![batcher, told, heard, relayed];
        for shelf in shelves {
            tasks.push(tokio::spawn(follower::follow(world.clone(), log.clone(), bus.clone(), shelf.clone())));
        }
        Self { queue: Arc::new(queue), known, is_deaf, link, relay: state, tasks }
    }
}

/// What the node knows goes to each of its readers.
async fn tell(mut known: watch::Receiver<u64>, announcer: Announcer) {
    while known.changed().await.is_ok() {
        let head = *known.borrow_and_update();
        announcer.announce(head);
    }
}

/// What Postgres notifies, when it does not get lost.
async fn listen(world: World, mut notified: mpsc::UnboundedReceiver<u64>, is_deaf: Arc<AtomicBool>, known: Arc<Known>) {
    while let Some(head) = notified.recv().await {
        world.moment().await;
        if !is_deaf.load(Relaxed) && !world.fails(25) {
            world.step("notify", head);
            known.committed(head);
        }
    }
}
