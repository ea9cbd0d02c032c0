//! Statistics for the planner, while tables grow faster than the database looks after them by itself.
//!
//! It does so once a minute. A log that is imported in ten seconds would have its first readers served by plans for empty tables: a search
//! among 100,000 tasks takes more than a hundred times as long with such a plan.

use crate::{
    Views,
    catalogue::{self, TABLES, TableOfView},
    error::ReadError,
    transaction,
};

/// A table that has grown by less than this is left to the database, in pages.
const GROWN_PAGES_MIN: i64 = 16;

/// A quarter of the rows that Postgres looks at by itself, and a quarter of what it remembers of them: counting a wide table takes a
/// processor for up to 0.3 s otherwise, and this is for the time until Postgres does it.
const SAMPLED: &str = "SET LOCAL default_statistics_target = 25";

impl Views {
    /// Counts anew what is in the live tables that are more than twice as large as when they were last counted. Returns how many those were.
    ///
    /// # Errors
    /// The database failed us.
    pub async fn count_rows(&self) -> Result<usize, ReadError> {
        let pool = &self.inner.pool;
        let live = catalogue::live(pool).await?.ok_or(ReadError::NoCatalogue)?;
        let both = |table: &TableOfView| {
            let generation = live.generations.of(table.view);
            [table.shape.live(generation), table.shape.past(generation)]
        };
        let names: Vec<String> = TABLES.iter().flat_map(both).collect();
        let sql = "SELECT name FROM unnest($1::text[]) AS name JOIN pg_class ON pg_class.oid = to_regclass(name)
                    WHERE pg_relation_size(pg_class.oid) / current_setting('block_size')::bigint > 2 * relpages + $2";
        let grown: Vec<String> = sqlx::query_scalar(sql).bind(&names).bind(GROWN_PAGES_MIN).fetch_all(pool).await?;
        for name in &grown {
            let mut counting = transaction::begin(pool, "BEGIN").await?;
            sqlx::query(SAMPLED).execute(&mut **counting).await?;
            // Whoever has the table locked is changing it or counts it already.
            sqlx::query(&format!("ANALYZE (SKIP_LOCKED) {name}")).execute(&mut **counting).await?;
            transaction::commit(counting).await?;
        }
        Ok(grown.len())
    }
}
