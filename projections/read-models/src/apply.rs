//! Projecting a page of events: one transaction that moves the checkpoint and the rows together.
//!
//! Two projectors may run: the one that moves the checkpoint first wins, the other finds it moved, changes nothing and goes on from there.

use std::{collections::BTreeSet, sync::Arc};

use domain::{GoalEvent, Recorded};
use sqlx::{PgConnection, PgPool};

use crate::{
    Views,
    catalogue::{self, Generations},
    error::ApplyError,
    fold::{Fold, signed},
    limits,
    reached::{Announcement, CHANNEL},
    views::VIEWS,
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

/// Where this process believes the views are, and the rows it remembers from there.
#[derive(Default)]
pub(crate) struct Projecting {
    at: Option<(u64, Fold)>,
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
        let mut projecting = self.inner.projecting.lock().await;
        let first = page.first().map_or(0, |recorded| recorded.position);
        // What is remembered is used up here and given back after the commit: a failure leaves nothing half changed behind.
        let (from, fold) = match projecting.at.take() {
            // Only a page that goes on from there proves that nobody else has projected since.
            Some((from, fold)) if first <= from + 1 => (from, fold),
            _ => (ask_checkpoint(&self.inner.pool, first).await?, Fold::of(VIEWS)),
        };
        let (mut from, mut fold) = (from, fold);
        // Every lost race means that another has projected some of the page, or swapped tables, so the attempts have an end.
        loop {
            let due = continuation(page, from)?;
            let Some(to) = due.last().map(|(recorded, _)| recorded.position) else {
                projecting.at = Some((from, fold));
                return Ok(Applied { checkpoint: from, events: 0 });
            };
            if let Some((fold, said)) = apply_once(&self.inner.pool, from, to, fold, &due).await? {
                projecting.at = Some((to, fold));
                self.inner.reached.hear(&said);
                return Ok(Applied { checkpoint: to, events: due.len() });
            }
            (from, fold) = (ask_checkpoint(&self.inner.pool, first).await?, Fold::of(VIEWS));
        }
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

/// `None` when another was first.
async fn apply_once(
    pool: &PgPool,
    from: u64,
    to: u64,
    mut fold: Fold,
    due: &Page<'_>,
) -> Result<Option<(Fold, Announcement)>, ApplyError> {
    let failed = |source| ApplyError::Database { after: from, source };
    let mut transaction = pool.begin_with(BEGIN).await.map_err(failed)?;
    let generations = catalogue::move_live(&mut transaction, from, to).await.map_err(failed)?;
    // Some of them only: tables were swapped while we waited, and their successors were not yet to be seen.
    if generations.0.len() < VIEWS.len() {
        return Ok(None);
    }
    fold.apply(&mut transaction, &generations, due).await?;
    let said = announcement(from, to, &generations, due);
    announce(&mut transaction, &said).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    Ok(Some((fold, said)))
}

fn announcement(from: u64, checkpoint: u64, generations: &Generations, due: &Page) -> Announcement {
    let goals: BTreeSet<i64> =
        due.iter().filter_map(|(recorded, _)| recorded.goal_id()).map(|goal| signed(goal.0)).collect();
    let goals = (goals.len() <= limits::ANNOUNCED_GOALS_MAX).then(|| goals.into_iter().collect());
    Announcement { generation: generations.newest(), from, checkpoint, goals }
}

pub(crate) async fn announce(connection: &mut PgConnection, said: &Announcement) -> sqlx::Result<()> {
    let payload = serde_json::to_string(said).map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(payload).execute(connection).await.map(|_| ())
}

async fn ask_checkpoint(pool: &PgPool, first: u64) -> Result<u64, ApplyError> {
    let failed = |source| ApplyError::Database { after: first.saturating_sub(1), source };
    let mut connection = pool.acquire().await.map_err(failed)?;
    let live = catalogue::live(&mut connection).await.map_err(failed)?;
    Ok(live.ok_or(ApplyError::Uneven)?.checkpoint)
}
