//! One connection to NATS, as its owner sees it.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use event_bus::ConnectionState;
use tokio::sync::{Notify, watch};

pub(crate) struct Link {
    is_up: AtomicBool,
    changed: Notify,
    /// One channel a reader, for the reason that [`Announcer`](crate::postgres::Announcer) gives.
    watchers: Mutex<Vec<watch::Sender<ConnectionState>>>,
}

impl Link {
    pub(crate) fn new(is_up: bool) -> Self {
        Self { is_up: AtomicBool::new(is_up), changed: Notify::new(), watchers: Mutex::default() }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.is_up.load(Relaxed)
    }

    pub(crate) fn set(&self, is_up: bool) {
        if self.is_up.swap(is_up, Relaxed) == is_up {
            return;
        }
        self.changed.notify_waiters();
        let state = self.state();
        for watcher in self.watchers().iter() {
            watcher.send_replace(state);
        }
    }

    pub(super) async fn until_up(&self) {
        loop {
            let changed = self.changed.notified();
            if self.is_up() {
                return;
            }
            changed.await;
        }
    }

    pub(super) fn watch(&self) -> watch::Receiver<ConnectionState> {
        let (sender, receiver) = watch::channel(self.state());
        let mut watchers = self.watchers();
        watchers.retain(|watcher| !watcher.is_closed());
        watchers.push(sender);
        receiver
    }

    fn state(&self) -> ConnectionState {
        if self.is_up() { ConnectionState::Connected } else { ConnectionState::Disconnected }
    }

    fn watchers(&self) -> MutexGuard<'_, Vec<watch::Sender<ConnectionState>>> {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
