//! Projecting a page of events: one statement that moves the checkpoint and the rows together.
//!
//! Two projectors may run: the one that moves the checkpoint first wins, the other finds it moved, changes nothing and goes on from there.

use std::sync::Arc;

use domain::{GoalEvent, Recorded};
use sqlx::PgConnection;

use crate::{
    Views,
    announcement::{Announcement, CHANNEL},
    catalogue::{self, Generations},
    error::ApplyError,
    fold::{Fold, failed},
    limits,
    own_connection::own_connection,
    views::VIEWS,
    writing::Writing,
};

/// A view can always be remade, so nobody waits for the disk. Every statement of a page finds its rows by key; plans made while the
/// tables were still empty must not come to scan them when they are not.
pub(crate) const BEGIN: &str = "BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL enable_seqscan = off;
    SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";

/// Consecutive events of the log, as a subscription delivers them.
pub type EventPage = [Arc<Recorded>];

/// What became of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// Where the views are now.
    pub checkpoint: u64,
    /// How many of the page's events this call has projected: none when they were there already, or another projector was first.
    pub events: usize,
}

/// What this process projects with: where it believes the views are, and the rows it remembers from there.
pub(crate) struct Projecting {
    connection: PgConnection,
    from: u64,
    generations: Generations,
    fold: Fold,
}

/// A page, read: each stored event with what it says.
pub(crate) type Page<'a> = Vec<(&'a Recorded, GoalEvent)>;

impl Views {
    /// Projects a page of consecutive events. Those that are in the views already are passed over.
    ///
    /// # Errors
    /// The page leaves a hole, holds an event that cannot be read, or the database failed us; then nothing has changed.
    pub async fn apply(&self, page: &EventPage) -> Result<Applied, ApplyError> {
        if page.len() > limits::PAGE_EVENTS_MAX {
            return Err(ApplyError::TooLong(page.len()));
        }
        let mut remembered = self.inner.projecting.lock().await;
        let first = page.first().map_or(0, |recorded| recorded.position);
        // What is remembered is used up here and given back after the commit: a failure leaves nothing half changed behind.
        let mut projecting = match remembered.take() {
            // Only a page that goes on from there proves that nobody else has projected since.
            Some(projecting) if first <= projecting.from + 1 => projecting,
            Some(projecting) => Projecting::begin(projecting.connection, first).await?,
            None => Projecting::begin(own_connection(&self.inner.pool).await.map_err(unasked(first))?, first).await?,
        };
        // Every lost race means that another has projected some of the page, or swapped tables, so the attempts have an end.
        loop {
            let due = continuation(page, projecting.from)?;
            if due.is_empty() {
                let checkpoint = projecting.from;
                *remembered = Some(projecting);
                return Ok(Applied { checkpoint, events: 0 });
            }
            projecting.fold.telling = self.told().is_wanted_of(&due).then(Vec::new);
            let failed = match projecting.page(&due).await {
                Ok(Some(said)) => {
                    self.told().keep(projecting.fold.telling.take().unwrap_or_default());
                    *remembered = Some(projecting);
                    self.inner.reached.hear(&said);
                    return Ok(Applied { checkpoint: said.checkpoint, events: due.len() });
                }
                // Nothing can be asked of the connection any more.
                Err(error) if error.is_of_connection() => return Err(error),
                Err(error) => Some(error),
                Ok(None) => None,
            };
            let Projecting { connection, generations, .. } = projecting;
            projecting = Projecting::begin(connection, first).await?;
            // A failure counts unless it was about tables that have been replaced since, and are gone.
            if let Some(error) = failed.filter(|_| projecting.generations == generations) {
                return Err(error);
            }
        }
    }
}

impl Projecting {
    /// From where the views are.
    async fn begin(mut connection: PgConnection, first: u64) -> Result<Self, ApplyError> {
        let live = catalogue::live(&mut connection).await.map_err(unasked(first))?.ok_or(ApplyError::Uneven)?;
        if !live.is_ours {
            return Err(ApplyError::Foreign);
        }
        Ok(Self { connection, from: live.checkpoint, generations: live.generations, fold: Fold::of(VIEWS) })
    }

    /// `None` when another was first; what is remembered is then worth nothing.
    async fn page(&mut self, due: &Page<'_>) -> Result<Option<Announcement>, ApplyError> {
        let failed = failed(due);
        let (from, to) = (self.from, due.last().map_or(self.from, |(recorded, _)| recorded.position));
        let mut writing = Writing::new();
        catalogue::move_live(&mut writing, from, to, &self.generations).map_err(failed)?;
        self.fold.apply(&mut self.connection, &self.generations, due, &mut writing).await?;
        let said = Announcement::of_page(self.generations.newest(), from, to, due);
        let notify =
            format!("SELECT {} FROM (SELECT FROM moved LIMIT 1) once", notify(&mut writing, &said).map_err(failed)?);
        if writing.execute(&mut self.connection, &notify).await.map_err(failed)? == 0 {
            return Ok(None);
        }
        self.from = to;
        Ok(Some(said))
    }
}

/// The events behind `from`, read and without a hole.
pub(crate) fn continuation(page: &EventPage, from: u64) -> Result<Page<'_>, ApplyError> {
    let due = page.iter().map(Arc::as_ref).skip_while(|recorded| recorded.position <= from);
    (from + 1..)
        .zip(due)
        .map(|(expected, recorded)| match recorded.position {
            found if found == expected => Ok((recorded, recorded.goal_event()?)),
            found => Err(ApplyError::Hole { expected, found }),
        })
        .collect()
}

/// What tells it to all nodes when the statement is committed.
fn notify(writing: &mut Writing, said: &Announcement) -> sqlx::Result<String> {
    let (channel, payload) = (writing.value(CHANNEL, "text")?, writing.value(payload(said)?, "text")?);
    Ok(format!("pg_notify({channel}, {payload})"))
}

pub(crate) async fn announce(connection: &mut PgConnection, said: &Announcement) -> sqlx::Result<()> {
    let payload = payload(said)?;
    sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(payload).execute(connection).await.map(|_| ())
}

fn payload(said: &Announcement) -> sqlx::Result<String> {
    serde_json::to_string(said).map_err(|error| sqlx::Error::Encode(error.into()))
}

/// It is not known yet where the page goes on.
fn unasked(first: u64) -> impl Fn(sqlx::Error) -> ApplyError {
    move |source| ApplyError::Database { after: first.saturating_sub(1), source }
}
