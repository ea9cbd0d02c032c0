//! The views of one database, as every role holds them.

use std::{
    sync::{Arc, Mutex as Lock, MutexGuard, PoisonError},
    time::Duration,
};

use sqlx::{PgConnection, PgPool};
use tokio::{
    sync::{Mutex, watch},
    task::JoinHandle,
};
use uuid::Uuid;

use crate::{
    answered::answered,
    apply::Projecting,
    cache::Caches,
    catalogue::{self, ViewState},
    error::{NotYet, OpenError, ReadError},
    reached::Reached,
    told::Told,
    transaction,
};

/// The query tables of one log. Cheap to clone. Projecting and telling what changed keep a connection each beside those of the pool.
#[derive(Clone)]
pub struct Views {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) pool: PgPool,
    pub(crate) epoch: Uuid,
    pub(crate) reached: Arc<Reached>,
    pub(crate) caches: Caches,
    /// What the projecting process remembers between pages; one page at a time.
    pub(crate) projecting: Mutex<Option<Projecting>>,
    /// What tells the live feed which rows changed.
    pub(crate) changes: Mutex<Option<PgConnection>>,
    /// What the feed need not read, because this process has projected it.
    told: Lock<Told>,
    listening: JoinHandle<()>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Views {
    /// Opens the views of the log with this epoch, making what is missing; several processes may do so at once.
    ///
    /// Views of another epoch, or of an older program's shape, begin anew from the log's first event. One connection beside the pool
    /// is kept for listening.
    ///
    /// # Errors
    /// The database cannot be reached, or schema `read` is missing or closed to us.
    pub async fn open(pool: PgPool, epoch: Uuid) -> Result<Self, OpenError> {
        let failed = |source| OpenError { epoch, source };
        let mut transaction = transaction::begin(&pool, "BEGIN").await.map_err(failed)?;
        catalogue::prepare(&mut transaction, epoch).await.map_err(failed)?;
        transaction::commit(transaction).await.map_err(failed)?;

        let reached = Arc::new(Reached::new());
        reached.ask(&pool).await.map_err(failed)?;
        let listening = tokio::spawn({
            let (reached, pool) = (Arc::clone(&reached), pool.clone());
            async move { reached.listen(pool).await }
        });
        let (caches, projecting, changes) = (Caches::new(), Mutex::default(), Mutex::default());
        let told = Lock::default();
        Ok(Self { inner: Arc::new(Inner { pool, epoch, reached, caches, projecting, changes, told, listening }) })
    }

    pub(crate) fn told(&self) -> MutexGuard<'_, Told> {
        self.inner.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The epoch of the log they are made from.
    pub fn epoch(&self) -> Uuid {
        self.inner.epoch
    }

    /// The last position known to be in the views. Asks nobody, and may lag a moment behind [`Self::checkpoint`].
    pub fn reached(&self) -> u64 {
        self.inner.reached.position()
    }

    /// The same, to be waited on.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.inner.reached.watch()
    }

    /// Changes whenever the catalogue was read because announcements may have been lost: after a database that crashed the views may
    /// stand before what [`Self::reached`] says, since nobody waits to see their last pages on disk.
    pub fn looks(&self) -> watch::Receiver<u64> {
        self.inner.reached.looks()
    }

    /// The last position in the views, asked of the database.
    ///
    /// # Errors
    /// The database failed us.
    pub async fn checkpoint(&self) -> Result<u64, ReadError> {
        Ok(catalogue::live(&self.inner.pool).await?.ok_or(ReadError::NoCatalogue)?.checkpoint)
    }

    /// Whether the views stand before `position`, to which this process has brought them. What it remembers from there is then worth
    /// nothing, and is forgotten.
    ///
    /// # Errors
    /// The database failed us.
    pub async fn have_lost(&self, position: u64) -> Result<bool, ReadError> {
        let is_lost = self.checkpoint().await? < position;
        if is_lost {
            *self.inner.projecting.lock().await = None;
        }
        Ok(is_lost)
    }

    /// Waits until the views hold `position`, at most for `bound`
    /// ([`WAIT_BOUND_DEFAULT`](crate::limits::WAIT_BOUND_DEFAULT) is what reads use). Returns how far they are.
    ///
    /// # Errors
    /// They are not there yet.
    pub async fn wait_for(&self, position: u64, bound: Duration) -> Result<u64, NotYet> {
        let mut watch = self.watch();
        let waited = tokio::time::timeout(bound, watch.wait_for(|reached| *reached >= position)).await;
        match waited {
            Ok(Ok(reached)) => Ok(*reached),
            _ => Err(NotYet { asked: position, reached: self.reached() }),
        }
    }

    /// Every generation there is, live or not.
    ///
    /// # Errors
    /// The database failed us.
    pub async fn states(&self) -> Result<Vec<ViewState>, ReadError> {
        let sql = "SELECT name, generation, state, checkpoint FROM read.views ORDER BY name, generation";
        Ok(answered(sqlx::query_as(sql).fetch_all(&self.inner.pool)).await?)
    }
}
