//! The log as relay and subscriptions read it.

use std::time::Duration;

use domain::{Recorded, Timestamp};
use event_store::{Head, Incarnation, LogReader, Page, StoreError};
use tokio::sync::watch;
use uuid::Uuid;

use super::{Announcer, Postgres};
use crate::world::World;

/// How long a read is tried again before it is given up.
const GIVE_UP_AFTER_MAX: Duration = Duration::from_secs(7);
/// The log of every run.
pub(crate) const EPOCH: Uuid = Uuid::from_u128(0x60a1);

/// One node's way to read the log.
#[derive(Clone)]
pub(crate) struct ModelLog {
    pub(crate) world: World,
    pub(crate) postgres: Postgres,
    pub(crate) announcer: Announcer,
}

impl ModelLog {
    /// One statement: time passes before and after it sees what is committed.
    async fn read<T>(
        &self,
        what: &'static str,
        about: u64,
        read: impl FnOnce(&Postgres) -> T,
    ) -> Result<T, StoreError> {
        self.world.step(what, about);
        self.world.moment().await;
        if self.postgres.is_down() || self.world.fails(40) {
            self.world.pause(GIVE_UP_AFTER_MAX).await;
            let source = sqlx::Error::Io(std::io::ErrorKind::ConnectionRefused.into());
            return Err(StoreError::Unavailable { what, source });
        }
        let found = read(&self.postgres);
        self.world.moment().await;
        Ok(found)
    }
}

fn incarnation(postgres: &Postgres) -> Incarnation {
    Incarnation { started_at: Timestamp::UNIX_EPOCH + Duration::from_secs(postgres.boots()), table_oid: 1 }
}

impl LogReader for ModelLog {
    fn epoch(&self) -> Uuid {
        EPOCH
    }

    fn wakeups(&self) -> watch::Receiver<u64> {
        self.announcer.reader()
    }

    async fn head(&self) -> Result<Head, StoreError> {
        let position = self.read("ask for the head", 0, Postgres::head).await?;
        Ok(Head { position, epoch: EPOCH })
    }

    async fn incarnation(&self) -> Result<Incarnation, StoreError> {
        self.read("look at the server", 0, incarnation).await
    }

    /// A page may end early; only an empty one means the end.
    async fn read_page(&self, after: u64, limit: usize) -> Result<Page, StoreError> {
        // Never the known event alone.
        let limit = limit.min(2 + self.world.below(40) as usize);
        let read = |postgres: &Postgres| (postgres.page(after, limit), incarnation(postgres));
        let (events, incarnation) = self.read("read the log", after, read).await?;
        Ok(Page { incarnation: (!events.is_empty()).then_some(incarnation), events })
    }

    async fn event_at(&self, position: u64) -> Result<Option<Recorded>, StoreError> {
        self.read("read an event", position, |postgres| postgres.event(position)).await
    }
}
