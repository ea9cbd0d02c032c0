//! Clients are told that something they watch has changed, once the views have it: what they then read is new.
//!
//! One task follows the log ([`follow`](follow::follow)) and one the clock ([`lapsing`]), or one the running instance ([`bridged`]), and they tell all
//! [listeners](Listener) of this process. Nothing is kept
//! for those that are slow: whoever has missed something is told that everything changed, and reads again.
//!
//! Limits: changes wait in one ring for everybody; a listener watches so many addresses, and is told of each at most so often.

pub(crate) mod bridged;
pub(crate) mod follow;
pub(crate) mod lapsing;
mod sessions;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{GoalId, TaskId};
use goal_agent::GoalAgent;
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        watch,
    },
    time::{Instant, sleep_until},
};

pub(crate) use sessions::Session;

use crate::resources;

/// Changes that wait for the slowest listener; one that is further behind is told that everything changed.
const CHANGES_MAX: usize = 1_024;
/// Addresses that one listener may watch.
pub(crate) const ADDRESSES_MAX: usize = 1_000;
/// A listener is told at most so often, and then of everything since.
const TOLD_EVERY: Duration = Duration::from_millis(25);

/// What changed.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// These addresses, and perhaps which ones there are.
    Of { addresses: Arc<[String]>, list: bool },
    /// Nobody knows what exactly.
    Everything,
}

/// What one listener is told at once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Update {
    pub(crate) addresses: BTreeSet<String>,
    pub(crate) list: bool,
}

/// Where changes are told. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Push {
    changes: broadcast::Sender<Change>,
    watched: Arc<Watched>,
}

/// What all listeners together watch.
struct Watched {
    by_address: Mutex<BTreeMap<String, usize>>,
    listeners: watch::Sender<usize>,
}

impl Default for Push {
    fn default() -> Self {
        let watched = Watched { by_address: Mutex::default(), listeners: watch::Sender::new(0) };
        Self { changes: broadcast::Sender::new(CHANGES_MAX), watched: Arc::new(watched) }
    }
}

impl Push {
    /// Tells all listeners.
    pub(crate) fn tell(&self, change: Change) {
        // Nobody may be listening.
        let _ = self.changes.send(change);
    }

    /// Listens to changes of which addresses there are, and of those that are watched from now on.
    pub(crate) fn listen(&self, list: bool) -> Listener {
        self.watched.listeners.send_modify(|listeners| *listeners += 1);
        Listener {
            changes: self.changes.subscribe(),
            watching: Watching(Watch { push: self.clone(), addresses: Arc::default() }),
            list,
            told: None,
        }
    }

    fn forget<'a>(&self, addresses: impl Iterator<Item = &'a str>) {
        let mut by_address = self.watched.by_address();
        for address in addresses {
            if let Some(watchers) = by_address.get_mut(address) {
                *watchers -= 1;
                if *watchers == 0 {
                    by_address.remove(address);
                }
            }
        }
        drop(by_address);
        self.watched.touch();
    }

    /// The addresses of tasks that show something of these; `None` when that is not known. Nobody is asked while nobody watches a task.
    async fn shown_by_tasks(
        &self,
        agent: &GoalAgent,
        tasks: impl Iterator<Item = (GoalId, TaskId)>,
    ) -> Option<Vec<String>> {
        let watched: Vec<TaskId> =
            self.watched.by_address().keys().filter_map(|address| resources::task_of(address)).collect();
        if watched.is_empty() {
            return Some(Vec::new());
        }
        match agent.kin(watched, tasks.collect::<BTreeSet<_>>()).await {
            Ok(kin) => Some(kin.iter().map(resources::object).collect()),
            Err(refusal) => {
                let error = &refusal as &dyn std::error::Error;
                tracing::debug!(error, "which tasks show what has changed is not known");
                None
            }
        }
    }

    /// Every address that somebody watches.
    fn addresses(&self) -> Vec<String> {
        self.watched.by_address().keys().cloned().collect()
    }
}

impl Watched {
    fn by_address(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that what is watched has changed.
    fn touch(&self) {
        self.listeners.send_modify(|_| ());
    }
}

/// What one listener watches; it ends with the listener.
struct Watching(Watch);

/// Adds to and takes from what a listener watches, from elsewhere.
#[derive(Clone)]
pub(crate) struct Watch {
    push: Push,
    addresses: Arc<Mutex<BTreeSet<String>>>,
}

impl Watch {
    fn addresses(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `false` when it watches too many already.
    pub(crate) fn add(&self, address: &str) -> bool {
        let mut addresses = self.addresses();
        if addresses.len() >= ADDRESSES_MAX && !addresses.contains(address) {
            return false;
        }
        if addresses.insert(address.to_owned()) {
            *self.push.watched.by_address().entry(address.to_owned()).or_default() += 1;
            self.push.watched.touch();
        }
        true
    }

    pub(crate) fn remove(&self, address: &str) {
        let mut addresses = self.addresses();
        if addresses.remove(address) {
            self.push.forget(std::iter::once(address));
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let Watch { push, .. } = &self.0;
        let addresses = std::mem::take(&mut *self.0.addresses());
        push.forget(addresses.iter().map(String::as_str));
        push.watched.listeners.send_modify(|listeners| *listeners = listeners.saturating_sub(1));
    }
}

/// One who is told.
pub(crate) struct Listener {
    changes: broadcast::Receiver<Change>,
    watching: Watching,
    list: bool,
    told: Option<Instant>,
}

impl Listener {
    /// What it watches, to be added to.
    pub(crate) fn watch(&self) -> Watch {
        self.watching.0.clone()
    }

    /// What has changed since it was told last, as soon as anything has; `None` when nobody will ever tell again.
    pub(crate) async fn next(&mut self) -> Option<Update> {
        let mut update = Update::default();
        while update == Update::default() {
            match self.changes.recv().await {
                Ok(change) => self.take(&mut update, change),
                Err(RecvError::Lagged(_)) => self.take(&mut update, Change::Everything),
                Err(RecvError::Closed) => return None,
            }
        }
        if let Some(told) = self.told {
            sleep_until(told + TOLD_EVERY).await;
        }
        loop {
            match self.changes.try_recv() {
                Ok(change) => self.take(&mut update, change),
                Err(broadcast::error::TryRecvError::Lagged(_)) => self.take(&mut update, Change::Everything),
                Err(_) => break,
            }
        }
        self.told = Some(Instant::now());
        Some(update)
    }

    /// Of a change, what it watches.
    fn take(&self, update: &mut Update, change: Change) {
        let watched = self.watching.0.addresses();
        match change {
            Change::Everything => {
                update.addresses.extend(watched.iter().cloned());
                update.list |= self.list;
            }
            Change::Of { addresses, list } => {
                let changed = addresses.iter().filter(|address| watched.contains(*address));
                update.addresses.extend(changed.cloned());
                update.list |= self.list && list;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(addresses: &[&str], list: bool) -> Change {
        Change::Of { addresses: addresses.iter().map(ToString::to_string).collect(), list }
    }

    fn update(addresses: &[&str], list: bool) -> Option<Update> {
        Some(Update { addresses: addresses.iter().map(ToString::to_string).collect(), list })
    }

    #[tokio::test(start_paused = true)]
    async fn a_listener_is_told_of_what_it_watches_together_and_not_too_often() {
        let push = Push::default();
        let mut listener = push.listen(false);
        listener.watch().add("goal://a");
        listener.watch().add("goal://b");
        push.tell(change(&["goal://c"], true));
        push.tell(change(&["goal://a", "goal://c"], true));
        push.tell(change(&["goal://b"], false));
        assert_eq!(listener.next().await, update(&["goal://a", "goal://b"], false));
        let told = Instant::now();
        push.tell(change(&["goal://a"], false));
        assert_eq!(listener.next().await, update(&["goal://a"], false));
        assert_eq!(told.elapsed(), TOLD_EVERY);
    }

    #[tokio::test]
    async fn one_that_was_too_slow_is_told_that_everything_changed() {
        let push = Push::default();
        let mut listener = push.listen(true);
        listener.watch().add("goal://a");
        for _ in 0..=CHANGES_MAX {
            push.tell(change(&["goal://c"], false));
        }
        assert_eq!(listener.next().await, update(&["goal://a"], true));
    }

    #[test]
    fn what_nobody_watches_any_more_is_forgotten() {
        let push = Push::default();
        let (one, two) = (push.listen(false), push.listen(true));
        one.watch().add("goal://a");
        two.watch().add("goal://a");
        two.watch().add("goal://b");
        one.watch().remove("goal://a");
        assert_eq!(push.addresses(), ["goal://a", "goal://b"]);
        drop(two);
        assert_eq!(push.addresses(), [""; 0]);
        assert_eq!(*push.watched.listeners.borrow(), 1);
    }

    #[test]
    fn one_listener_cannot_watch_without_end() {
        let push = Push::default();
        let listener = push.listen(false);
        assert!((0..ADDRESSES_MAX).all(|number| listener.watch().add(&number.to_string())));
        assert!(!listener.watch().add("one more") && listener.watch().add("0"));
    }
}
