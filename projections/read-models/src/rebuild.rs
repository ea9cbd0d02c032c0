//! Remaking views beside the live ones, from the log's first event.
//!
//! Order: one rebuild at a time (an advisory lock of its own connection); pages copied into tables of a new generation that have no
//! indexes, never past the live checkpoint; then the indexes, and the pages that came meanwhile; then, with the catalogue's rows
//! locked so that the projector waits, the rest, and one update swaps. Readers choose their tables in the same snapshot as they read
//! them, so they never stop; the old tables stay for [`RETIRED_GRACE`](crate::limits::RETIRED_GRACE).

use std::{error::Error, future::Future, time::Duration};

use domain::Recorded;

use crate::{
    Views,
    announcement::Announcement,
    apply::{BEGIN, announce},
    building::{Building, begin_whole_table},
    catalogue,
    error::{ApplyError, ReadError, RebuildError},
    fold::unsigned,
    limits, transaction,
    views::VIEWS,
};

/// The advisory lock of a rebuild: the bytes of `gsremake`.
const REBUILD_LOCK: i64 = 0x67_73_72_65_6d_61_6b_65;

/// How far a rebuild is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RebuildProgress {
    /// The last position in the new tables.
    pub position: u64,
    /// Where the live tables are.
    pub live: u64,
}

/// What a rebuild has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// The views.
    pub views: Vec<String>,
    /// The generation of their new tables, live now.
    pub generation: i32,
    /// The position at which they were swapped.
    pub position: u64,
}

/// How two generations of a view differ: rows that only one of them has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The position up to which both were compared.
    pub position: u64,
    /// Rows that only the first has.
    pub only_first: u64,
    /// Rows that only the second has.
    pub only_second: u64,
}

impl Comparison {
    /// Whether they hold the same.
    pub fn is_equal(&self) -> bool {
        self.only_first == 0 && self.only_second == 0
    }
}

impl Views {
    /// Remakes a view, or all of them in one scan when `name` is `all`. `read(after, limit)` gives the log's events behind a position.
    ///
    /// # Errors
    /// No such view, another rebuild, the reader or the database failed; the live views are then as they were.
    pub async fn rebuild<R, F, E>(
        &self,
        name: &str,
        read: R,
        progress: &(dyn Fn(RebuildProgress) + Send + Sync),
    ) -> Result<Rebuilt, RebuildError>
    where
        R: Fn(u64, usize) -> F + Send + Sync,
        F: Future<Output = Result<Vec<Recorded>, E>> + Send,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let views: Vec<&'static str> = VIEWS.iter().copied().filter(|view| name == "all" || name == *view).collect();
        if views.is_empty() {
            return Err(RebuildError::UnknownView {
                name: name.to_owned(),
                known: format!("{}, all", VIEWS.join(", ")),
            });
        }
        // A connection of its own holds the lock: it falls free with it, however this ends.
        let mut lock = self.inner.pool.acquire().await?.detach();
        let sql = "SELECT pg_try_advisory_lock($1)";
        if !sqlx::query_scalar::<_, bool>(sql).bind(REBUILD_LOCK).fetch_one(&mut lock).await? {
            return Err(RebuildError::Busy);
        }
        let rebuilt = self.rebuild_locked(&views, &read, progress).await;
        // Said before going, since the server notices a closed connection only a moment later.
        let unlocked = sqlx::query("SELECT pg_advisory_unlock($1)").bind(REBUILD_LOCK).execute(&mut lock).await;
        if let Err(error) = unlocked {
            tracing::debug!(%error, "the rebuild's lock falls free with its connection");
        }
        rebuilt
    }

    async fn rebuild_locked<R, F, E>(
        &self,
        views: &[&'static str],
        read: &R,
        progress: &(dyn Fn(RebuildProgress) + Send + Sync),
    ) -> Result<Rebuilt, RebuildError>
    where
        R: Fn(u64, usize) -> F + Send + Sync,
        F: Future<Output = Result<Vec<Recorded>, E>> + Send,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let pool = &self.inner.pool;
        self.drop_abandoned().await?;
        let mut building = Building::begin(pool, views, self.epoch()).await?;
        building.approach(pool, read, progress).await?;
        building.finish(pool).await?;
        building.approach(pool, read, progress).await?;
        building.analyze(pool).await?;
        // From here on the projector waits.
        let mut transaction = transaction::begin(pool, BEGIN).await?;
        catalogue::lock_catalogue(&mut transaction).await?;
        sqlx::query("SELECT FROM read.views WHERE state = 'live' ORDER BY name FOR UPDATE")
            .execute(&mut **transaction)
            .await?;
        let live = catalogue::live(&mut **transaction).await?.ok_or(ApplyError::Uneven)?.checkpoint;
        while building.position < live {
            building.page(&mut transaction, live, read).await?;
        }
        catalogue::swap(&mut transaction, views, building.generation).await?;
        let generation = building.generation;
        let said = Announcement::of_all(generation, live);
        announce(&mut transaction, &said).await?;
        transaction::commit(transaction).await?;
        self.inner.reached.hear(&said);
        progress(RebuildProgress { position: live, live });
        Ok(Rebuilt { views: views.iter().map(|view| (*view).to_owned()).collect(), generation, position: live })
    }

    /// Tables that an interrupted rebuild left, which nobody reads. The caller holds the rebuild's lock.
    async fn drop_abandoned(&self) -> Result<(), RebuildError> {
        self.drop_where("state = 'building'").await
    }

    /// Drops the tables that were replaced longer than [`RETIRED_GRACE`](limits::RETIRED_GRACE) ago.
    ///
    /// # Errors
    /// The database failed us.
    pub async fn drop_retired(&self) -> Result<(), RebuildError> {
        self.drop_retired_after(limits::RETIRED_GRACE).await
    }

    /// The same with another grace.
    ///
    /// # Errors
    /// The database failed us.
    pub async fn drop_retired_after(&self, grace: Duration) -> Result<(), RebuildError> {
        let seconds = grace.as_secs_f64();
        self.drop_where(&format!(
            "state = 'retired' AND retired_at <= clock_timestamp() - make_interval(secs => {seconds})"
        ))
        .await
    }

    async fn drop_where(&self, condition: &str) -> Result<(), RebuildError> {
        let mut transaction = transaction::begin(&self.inner.pool, "BEGIN").await?;
        catalogue::lock_catalogue(&mut transaction).await?;
        let sql = format!("SELECT name, generation FROM read.views WHERE {condition}");
        let found: Vec<(String, i32)> = sqlx::query_as(&sql).fetch_all(&mut **transaction).await?;
        for (view, generation) in found {
            catalogue::drop_tables(&mut transaction, &view, generation).await?;
        }
        transaction::commit(transaction).await?;
        Ok(())
    }

    /// Compares two generations of a view, both ways, as they were at the position that both hold.
    ///
    /// # Errors
    /// A generation does not exist, or the database failed us.
    pub async fn compare(&self, view: &str, first: i32, second: i32) -> Result<Comparison, ReadError> {
        let mut transaction = transaction::begin(&self.inner.pool, &begin_whole_table()).await?;
        let sql = "SELECT min(checkpoint), count(*) FROM read.views WHERE name = $1 AND generation IN ($2, $3)";
        let (position, there): (Option<i64>, i64) =
            sqlx::query_as(sql).bind(view).bind(first).bind(second).fetch_one(&mut **transaction).await?;
        let position = position.filter(|_| there == 2);
        let position = position.ok_or_else(|| ReadError::invalid("view", "has no two such generations"))?;
        let mut comparison = Comparison { position: unsigned(position), only_first: 0, only_second: 0 };
        for each in catalogue::tables_of(view) {
            let (a, b) = (rows_at(each, first), rows_at(each, second));
            let sql = format!(
                "SELECT (SELECT count(*) FROM ({a} EXCEPT ALL {b}) x), (SELECT count(*) FROM ({b} EXCEPT ALL {a}) y)"
            );
            let (only_first, only_second): (i64, i64) =
                sqlx::query_as(&sql).bind(position).fetch_one(&mut **transaction).await?;
            comparison.only_first += unsigned(only_first);
            comparison.only_second += unsigned(only_second);
        }
        Ok(comparison)
    }
}

/// The rows of a table as they were at `$1`.
fn rows_at(each: &catalogue::TableOfView, generation: i32) -> String {
    let columns =
        each.shape.columns().replace("to_position", "CASE WHEN to_position > $1 THEN NULL ELSE to_position END");
    format!("SELECT {columns} FROM {} v WHERE from_position <= $1", each.shape.versions(generation))
}
