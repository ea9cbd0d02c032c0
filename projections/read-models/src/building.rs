//! Tables of a new generation, while a rebuild fills them.

use std::{error::Error, future::Future, sync::Arc};

use domain::Recorded;
use sqlx::{PgConnection, PgPool};

use crate::{
    apply::{BEGIN, continuation},
    catalogue::{self, Generations},
    error::{ApplyError, RebuildError},
    fold::{Fold, signed},
    limits,
    rebuild::RebuildProgress,
    transaction,
    writing::Writing,
};

/// Views that are being remade.
pub(crate) struct Building {
    views: Vec<&'static str>,
    pub(crate) generation: i32,
    /// The last one in the tables.
    pub(crate) position: u64,
    fold: Fold,
    /// The tables have no indexes yet.
    filling: bool,
}

impl Building {
    pub(crate) async fn begin(pool: &PgPool, views: &[&'static str], epoch: uuid::Uuid) -> Result<Self, RebuildError> {
        let mut transaction = transaction::begin(pool, "BEGIN").await?;
        catalogue::lock_catalogue(&mut transaction).await?;
        let generation = catalogue::create_generation(&mut transaction, views, epoch).await?;
        transaction::commit(transaction).await?;
        Ok(Self { views: views.to_vec(), generation, position: 0, fold: Fold::filling(views), filling: true })
    }

    fn generations(&self) -> Generations {
        Generations(self.views.iter().map(|view| ((*view).to_owned(), self.generation)).collect())
    }

    /// Projects pages until less than one is missing.
    pub(crate) async fn approach<R, F, E>(
        &mut self,
        pool: &PgPool,
        read: &R,
        progress: &(dyn Fn(RebuildProgress) + Send + Sync),
    ) -> Result<(), RebuildError>
    where
        R: Fn(u64, usize) -> F + Send + Sync,
        F: Future<Output = Result<Vec<Recorded>, E>> + Send,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        loop {
            let live = live_checkpoint(pool).await?;
            progress(RebuildProgress { position: self.position, live });
            if live.saturating_sub(self.position) <= limits::PAGE_EVENTS_MAX as u64 / 4 {
                return Ok(());
            }
            let mut transaction = transaction::begin(pool, BEGIN).await?;
            self.page(&mut transaction, live, read).await?;
            transaction::commit(transaction).await?;
        }
    }

    /// Makes the tables like any other: an index that is made at once costs a fraction of one that grew row by row.
    pub(crate) async fn finish(&mut self, pool: &PgPool) -> Result<(), RebuildError> {
        let mut transaction = transaction::begin(pool, &begin_whole_table()).await?;
        let generations = self.generations();
        self.fold.finish(&mut transaction, &generations).await?;
        transaction::commit(transaction).await?;
        self.filling = false;
        Ok(())
    }

    /// So that the first plans of the readers are good ones.
    pub(crate) async fn analyze(&self, pool: &PgPool) -> Result<(), RebuildError> {
        for each in self.views.iter().flat_map(|view| catalogue::tables_of(view)) {
            let sql = format!("ANALYZE {}, {}", each.shape.live(self.generation), each.shape.past(self.generation));
            sqlx::query(&sql).execute(pool).await?;
        }
        Ok(())
    }

    /// Projects the next page, not past `live`.
    pub(crate) async fn page<R, F, E>(
        &mut self,
        connection: &mut PgConnection,
        live: u64,
        read: &R,
    ) -> Result<(), RebuildError>
    where
        R: Fn(u64, usize) -> F + Send + Sync,
        F: Future<Output = Result<Vec<Recorded>, E>> + Send,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let after = self.position;
        let missing = usize::try_from(live - after).unwrap_or(usize::MAX);
        let limit = missing.min(limits::PAGE_EVENTS_MAX);
        let mut page =
            read(after, limit).await.map_err(|error| RebuildError::Reader { after, source: error.into() })?;
        page.truncate(limit);
        let page: Vec<Arc<Recorded>> = page.into_iter().map(Arc::new).collect();
        let due = continuation(&page, after)?;
        let Some((last, _)) = due.last() else { return Err(RebuildError::LogTooShort { after, live }) };
        let generations = self.generations();
        match self.filling {
            true => self.fold.copy(connection, &generations, &due).await?,
            false => {
                let mut writing = Writing::new();
                self.fold.apply(connection, &generations, &due, &mut writing).await?;
                writing.execute(connection, "SELECT").await?;
            }
        }
        let sql = "UPDATE read.views SET checkpoint = $2 WHERE generation = $1 AND name = ANY($3)";
        sqlx::query(sql)
            .bind(self.generation)
            .bind(signed(last.position))
            .bind(&self.views)
            .execute(connection)
            .await?;
        self.position = last.position;
        Ok(())
    }
}

/// For statements that go through whole tables: connections have a bound that is meant for questions.
pub(crate) fn begin_whole_table() -> String {
    format!("BEGIN; SET LOCAL statement_timeout = {}", limits::WHOLE_TABLE_BOUND.as_millis())
}

async fn live_checkpoint(pool: &PgPool) -> Result<u64, RebuildError> {
    Ok(catalogue::live(pool).await?.ok_or(ApplyError::Uneven)?.checkpoint)
}
