//! A statement about one moment of the views, written with a few words in braces:
//! `{tasks}` is the table of that name with the rows that may have held at the moment, `{@t}` says that the row `t` did, `{now}` is the time
//! leases are judged by. `{tasks.live}` and `{tasks.past}` are those that hold and those that held before,
//! `{tasks.columns}` their columns.

use domain::Timestamp;
use sqlx::{
    Encode, FromRow, PgPool, Postgres, QueryBuilder, Row, Type,
    postgres::{PgConnection, PgRow},
};

use crate::{
    answered::answered,
    catalogue::{Generations, TABLES},
    fold::unsigned,
};

/// The moment a row must have held at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Now.
    Live,
    /// At this position.
    At(i64),
}

pub(crate) struct Question {
    sql: QueryBuilder<'static, Postgres>,
    generations: Generations,
    moment: Moment,
    at: Timestamp,
}

/// What the answer to a question about the live rows says beside them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    /// The position it is true for; none when the tables are not the live ones any more.
    pub(crate) checkpoint: Option<u64>,
    /// When the next of all leases ends, if that was asked.
    pub(crate) next_lease_end: Option<Timestamp>,
}

impl Question {
    pub(crate) fn new(generations: Generations, moment: Moment, at: Timestamp) -> Self {
        Self { sql: QueryBuilder::new(""), generations, moment, at }
    }

    /// A question about the live rows that says for which position it was answered, and, with `leases`, when the next of all leases ends.
    /// To be asked with [`Self::rows_and_standing`].
    pub(crate) fn with_standing(generations: Generations, at: Timestamp, leases: bool) -> Self {
        let newest = generations.newest();
        let mut question = Self::new(generations, Moment::Live, at);
        // Every new generation is higher than all before. The one row on the left cannot change the order of those on the right.
        question.sql.push(format_args!(
            "SELECT found.*, live.checkpoint AS live_checkpoint, live.lease_ends FROM (SELECT (SELECT min(checkpoint) FROM read.views
                WHERE state = 'live' HAVING max(generation) = {newest} AND min(checkpoint) = max(checkpoint)) AS checkpoint, "
        ));
        match leases {
            true => question.add("(SELECT min(c.ends_at) FROM {claims} c WHERE {@c} AND c.ends_at > {now})"),
            false => question.add("NULL::timestamptz"),
        };
        question.add(" AS lease_ends) live LEFT JOIN (SELECT wanted.*, true AS is_found FROM (");
        question
    }

    /// The rows and what was said beside them.
    pub(crate) async fn rows_and_standing<R>(&mut self, pool: &PgPool) -> sqlx::Result<(Vec<R>, Standing)>
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let records = answered(self.sql.push(") wanted) found ON true").build().fetch_all(pool)).await?;
        let first = records.first().ok_or(sqlx::Error::RowNotFound)?;
        let checkpoint: Option<i64> = first.try_get("live_checkpoint")?;
        let standing = Standing { checkpoint: checkpoint.map(unsigned), next_lease_end: first.try_get("lease_ends")? };
        let rows = match first.try_get::<Option<bool>, _>("is_found")? {
            Some(_) => records.iter().map(R::from_row).collect::<sqlx::Result<_>>()?,
            None => Vec::new(),
        };
        Ok((rows, standing))
    }

    /// Adds text. It is ours and never a caller's: values go through [`Self::bind`].
    pub(crate) fn add(&mut self, template: &str) -> &mut Self {
        for piece in template.split_inclusive(['{', '}']) {
            match piece.strip_suffix('}') {
                Some(word) => self.word(word),
                None => _ = self.sql.push(piece.strip_suffix('{').unwrap_or(piece)),
            }
        }
        self
    }

    fn word(&mut self, word: &str) {
        match word.strip_prefix('@') {
            Some(row) => self.held(row),
            None if word == "now" => _ = self.sql.push_bind(self.at),
            None => self.table(word),
        }
    }

    fn table(&mut self, word: &str) {
        let (name, part) = word.split_once('.').unwrap_or((word, ""));
        // A word that is no table stays as it is, and Postgres will say so.
        let Some(table) = TABLES.iter().find(|table| table.shape.table == name) else {
            self.sql.push(word);
            return;
        };
        let generation = self.generations.of(table.view);
        self.sql.push(match (part, self.moment) {
            ("live", _) | ("", Moment::Live) => table.shape.live(generation),
            ("past", _) => table.shape.past(generation),
            ("columns", _) => table.shape.columns(),
            _ => table.shape.versions(generation),
        });
    }

    fn held(&mut self, row: &str) {
        match self.moment {
            Moment::Live => _ = self.sql.push("true"),
            Moment::At(position) => {
                self.sql.push(format_args!("({row}.from_position <= ")).push_bind(position);
                self.sql.push(format_args!(" AND ({row}.to_position IS NULL OR {row}.to_position > "));
                self.sql.push_bind(position).push("))");
            }
        }
    }

    /// Adds a value.
    pub(crate) fn bind<T>(&mut self, value: T) -> &mut Self
    where
        T: Encode<'static, Postgres> + Type<Postgres> + Send + 'static,
    {
        self.sql.push_bind(value);
        self
    }

    /// At most so many rows. Written out: plans are kept, and for a parameter the planner takes a tenth of all rows and sorts
    /// everything, rather than stop early on an index.
    pub(crate) fn limit(&mut self, rows: impl Into<i64>) -> &mut Self {
        let rows = rows.into();
        self.sql.push(format_args!(" LIMIT {rows}"));
        self
    }

    /// As far as it is put together.
    #[cfg(test)]
    pub(crate) fn text(&self) -> &str {
        self.sql.sql()
    }

    /// How Postgres would go about it.
    #[cfg(test)]
    pub(crate) async fn plan(&mut self, connection: &mut PgConnection) -> sqlx::Result<serde_json::Value> {
        use sqlx::Execute;
        let mut question = self.sql.build();
        let explain = format!("EXPLAIN (FORMAT JSON) {}", question.sql());
        let arguments = question.take_arguments().map_err(sqlx::Error::Encode)?.unwrap_or_default();
        sqlx::query_scalar_with(&explain, arguments).fetch_one(connection).await
    }

    pub(crate) async fn rows<R>(&mut self, connection: &mut PgConnection) -> sqlx::Result<Vec<R>>
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        answered(self.sql.build_query_as().fetch_all(connection)).await
    }
}
