//! How far the views are, on every node, and which goals have changed since when.
//!
//! The projector announces each commit (`NOTIFY goalstream_views`); each node listens. What is missed while the database is away
//! is made good by reading the checkpoint again and taking every remembered answer as too old.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use sqlx::{PgPool, postgres::PgListener};
use tokio::sync::watch;

use crate::{
    catalogue::{self, Generations, Live},
    limits,
};

/// The channel of announcements.
pub(crate) const CHANNEL: &str = "goalstream_views";

/// What a projector says when it has committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Announcement {
    pub(crate) generation: i32,
    pub(crate) from: u64,
    pub(crate) checkpoint: u64,
    /// The goals that changed; left out when they are too many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) goals: Option<Vec<i64>>,
}

/// What is known about the live views.
pub(crate) struct Reached {
    known: Mutex<Known>,
    position: watch::Sender<u64>,
}

#[derive(Default)]
struct Known {
    generation: i32,
    /// The live tables, as the catalogue last had them.
    tables: Generations,
    position: u64,
    /// Answers from before this position are taken as too old.
    floor: u64,
    /// By goal, up to which position it may have changed.
    changed: HashMap<i64, u64>,
}

impl Reached {
    pub(crate) fn new() -> Self {
        Self { known: Mutex::default(), position: watch::Sender::new(0) }
    }

    pub(crate) fn position(&self) -> u64 {
        *self.position.borrow()
    }

    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.position.subscribe()
    }

    pub(crate) fn hear(&self, said: &Announcement) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let swapped = said.generation > known.generation;
        if said.generation < known.generation || (!swapped && said.checkpoint <= known.position) {
            return;
        }
        match &said.goals {
            Some(goals) if !swapped && said.from <= known.position => {
                known.changed.extend(goals.iter().map(|goal| (*goal, said.checkpoint)));
            }
            _ => known.floor = said.checkpoint,
        }
        if known.changed.len() > limits::CHANGED_GOALS_MAX {
            known.floor = said.checkpoint;
        }
        if known.floor == said.checkpoint {
            known.changed.clear();
        }
        (known.generation, known.position) = (said.generation, said.checkpoint);
        // Inside the lock, so that the position never runs ahead of what is known about goals.
        self.position.send_replace(said.checkpoint);
    }

    /// The position at which an answer about these goals, made at `position`, still holds; `None` when it may not.
    pub(crate) fn holds(&self, generation: i32, position: u64, goals: impl IntoIterator<Item = i64>) -> Option<u64> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let unchanged = |goal: i64| known.changed.get(&goal).is_none_or(|changed| *changed <= position);
        let holds = generation == known.generation && position >= known.floor && goals.into_iter().all(unchanged);
        holds.then_some(known.position.max(position))
    }

    /// The same for an answer about all goals: any event may have changed it.
    pub(crate) fn holds_for_all(&self, generation: i32, position: u64) -> Option<u64> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        (generation == known.generation && position >= known.position).then_some(position)
    }

    /// The live tables, when they are known to have that position.
    pub(crate) fn tables_at(&self, position: u64) -> Option<Generations> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // After a swap the catalogue has not been read yet.
        let current = known.position >= position && known.tables.newest() == known.generation;
        current.then(|| known.tables.clone())
    }

    /// Reads the catalogue, taking everything as changed if it has moved.
    pub(crate) async fn ask(&self, pool: &PgPool) -> sqlx::Result<Option<Live>> {
        let mut connection = pool.acquire().await?;
        let live = catalogue::live(&mut connection).await?;
        if let Some(live) = &live {
            let (generation, checkpoint) = (live.generations.newest(), live.checkpoint);
            self.known.lock().unwrap_or_else(PoisonError::into_inner).tables = live.generations.clone();
            self.hear(&Announcement { generation, from: checkpoint, checkpoint, goals: None });
        }
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
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        // After listening began, so that nothing falls between.
        self.ask(pool).await?;
        while let Some(said) = listener.try_recv().await? {
            match serde_json::from_str(said.payload()) {
                Ok(announcement) => self.hear(&announcement),
                Err(_) => _ = self.ask(pool).await?,
            }
        }
        Ok(())
    }
}
