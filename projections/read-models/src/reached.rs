//! How far the views are, on every node, and which goals and tasks have changed since when.
//!
//! The projector announces each commit (`NOTIFY goalstream_views`); each node listens. What is missed while the database is away
//! is made good by reading the checkpoint again and taking every remembered answer as too old.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use sqlx::{
    PgPool,
    postgres::{PgListener, PgPoolOptions},
};
use tokio::{sync::watch, time::timeout};

use crate::{
    announcement::{Announcement, CHANNEL, LISTEN},
    answered::answered,
    catalogue::{self, Generations, Live},
    limits,
};

/// What is known about the live views.
pub(crate) struct Reached {
    known: Mutex<Known>,
    position: watch::Sender<u64>,
    /// How often the catalogue was read because the announcements may have left something out.
    looks: watch::Sender<u64>,
}

#[derive(Default)]
struct Known {
    generation: i32,
    /// The live tables, as the catalogue last had them.
    tables: Generations,
    position: u64,
    /// Answers from before this position are taken as too old.
    floor: u64,
    /// By goal, up to which position it or one of its tasks may have changed.
    goals: HashMap<i64, u64>,
    /// By goal, up to which position all of its tasks may have.
    all_tasks_of: HashMap<i64, u64>,
    /// By task, up to which position it may have.
    tasks: HashMap<i64, u64>,
}

/// What an answer speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// A goal with everything in it.
    Goal(i64),
    /// One task: its row, and whether it is ready.
    Task { goal: i64, task: i64 },
}

impl Reached {
    pub(crate) fn new() -> Self {
        Self { known: Mutex::default(), position: watch::Sender::new(0), looks: watch::Sender::new(0) }
    }

    pub(crate) fn position(&self) -> u64 {
        *self.position.borrow()
    }

    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.position.subscribe()
    }

    pub(crate) fn looks(&self) -> watch::Receiver<u64> {
        self.looks.subscribe()
    }

    pub(crate) fn hear(&self, said: &Announcement) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let swapped = said.generation > known.generation;
        if said.generation < known.generation || (!swapped && said.checkpoint <= known.position) {
            return;
        }
        match &said.goals {
            Some(goals) if !swapped && said.from <= known.position => known.note(goals, said),
            _ => known.forget(said.checkpoint),
        }
        if known.goals.len().max(known.tasks.len()) > limits::CHANGED_NAMES_MAX {
            known.forget(said.checkpoint);
        }
        (known.generation, known.position) = (said.generation, said.checkpoint);
        // Inside the lock, so that the position never runs ahead of what is known about goals.
        self.position.send_replace(said.checkpoint);
    }

    /// The position at which an answer about all this, made at `position`, still holds; `None` when it may not.
    pub(crate) fn holds(&self, generation: i32, position: u64, about: impl IntoIterator<Item = About>) -> Option<u64> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut about = about.into_iter();
        let holds = generation == known.generation
            && position >= known.floor
            && about.all(|about| known.last_change(about) <= position);
        holds.then_some(known.position.max(position))
    }

    /// The same for an answer about all goals: any event may have changed it.
    pub(crate) fn holds_for_all(&self, generation: i32, position: u64) -> Option<u64> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        (generation == known.generation && position >= known.position).then_some(position)
    }

    /// The live tables and the position they are known to have, when it is that one or a later one.
    pub(crate) fn live_at(&self, position: u64) -> Option<(Generations, u64)> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // After a swap the catalogue has not been read yet.
        let current = known.position >= position && known.tables.newest() == known.generation;
        current.then(|| (known.tables.clone(), known.position))
    }

    /// Whether there are other tables now than those that the catalogue had.
    fn is_swapped(&self) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.tables.newest() < known.generation
    }

    /// Reads the catalogue, taking everything as changed if it has moved.
    pub(crate) async fn ask(&self, pool: &PgPool) -> sqlx::Result<Option<Live>> {
        let live = catalogue::live(pool).await?;
        if let Some(live) = &live {
            let (generation, checkpoint) = (live.generations.newest(), live.checkpoint);
            self.known.lock().unwrap_or_else(PoisonError::into_inner).tables = live.generations.clone();
            self.hear(&Announcement::of_all(generation, checkpoint));
        }
        self.looks.send_modify(|looks| *looks += 1);
        Ok(live)
    }

    /// Listens for ever. The task is ended by whoever started it.
    pub(crate) async fn listen(&self, pool: PgPool) {
        loop {
            if let Err(error) = self.listen_once(&pool).await {
                // The process is stopping, and whoever closed the pool knows.
                if pool.is_closed() {
                    return;
                }
                tracing::warn!(%error, "lost the announcements of the views; listening again");
            }
            tokio::time::sleep(limits::LISTEN_RETRY_DELAY).await;
        }
    }

    async fn listen_once(&self, pool: &PgPool) -> sqlx::Result<()> {
        // A pool of its own: a listener that is dropped says goodbye first, and waits for the answer of a peer that vanished.
        let own = PgPoolOptions::new().max_connections(1).acquire_timeout(limits::ANSWER_BOUND);
        let own = own.idle_timeout(None).max_lifetime(None).connect_lazy_with((*pool.connect_options()).clone());
        let mut listener = PgListener::connect_with(&own).await?;
        answered(listener.listen(CHANNEL)).await?;
        loop {
            // After listening began, so that nothing falls between.
            self.ask(pool).await?;
            while let Ok(said) = timeout(limits::SILENCE_MAX, listener.try_recv()).await {
                let Some(said) = said? else { return Ok(()) };
                match serde_json::from_str(said.payload()) {
                    Ok(announcement) => self.hear(&announcement),
                    Err(_) => break,
                }
                if self.is_swapped() {
                    break;
                }
            }
            // To listen again changes nothing, and tells whether anybody is there: a peer that vanished would be silent for ever.
            answered(sqlx::query(LISTEN).execute(&mut listener)).await?;
        }
    }
}

impl Known {
    fn note(&mut self, goals: &[i64], said: &Announcement) {
        let at = said.checkpoint;
        self.goals.extend(goals.iter().map(|goal| (*goal, at)));
        match &said.tasks {
            Some(tasks) => {
                self.all_tasks_of.extend(tasks.all_of.iter().map(|goal| (*goal, at)));
                self.tasks.extend(tasks.only.iter().map(|task| (*task, at)));
            }
            None => self.all_tasks_of.extend(goals.iter().map(|goal| (*goal, at))),
        }
    }

    /// Takes every answer from before as too old.
    fn forget(&mut self, floor: u64) {
        self.floor = floor;
        self.goals.clear();
        self.all_tasks_of.clear();
        self.tasks.clear();
    }

    fn last_change(&self, about: About) -> u64 {
        let in_map = |map: &HashMap<i64, u64>, key: i64| map.get(&key).copied().unwrap_or(0);
        match about {
            About::Goal(goal) => in_map(&self.goals, goal),
            About::Task { goal, task } => in_map(&self.all_tasks_of, goal).max(in_map(&self.tasks, task)),
        }
    }
}
