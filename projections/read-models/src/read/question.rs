//! A statement about one moment of the views, written with a few words in braces:
//! `{tasks}` is the live table of that name, `{@t}` says that the row `t` held at the moment, `{now}` is the time leases are judged by.

use domain::Timestamp;
use sqlx::{
    Encode, FromRow, Postgres, QueryBuilder, Type,
    postgres::{PgConnection, PgRow},
};

use crate::catalogue::{Generations, TABLES};
use crate::ranged::table;

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

impl Question {
    pub(crate) fn new(generations: Generations, moment: Moment, at: Timestamp) -> Self {
        Self { sql: QueryBuilder::new(""), generations, moment, at }
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
            None => {
                let view = TABLES.iter().find(|table| table.name == word).map_or(word, |table| table.view);
                self.sql.push(table(word, self.generations.of(view)));
            }
        }
    }

    fn held(&mut self, row: &str) {
        match self.moment {
            Moment::Live => _ = self.sql.push(format_args!("{row}.to_position IS NULL")),
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

    pub(crate) async fn rows<R>(&mut self, connection: &mut PgConnection) -> sqlx::Result<Vec<R>>
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        self.sql.build_query_as().fetch_all(connection).await
    }

    pub(crate) async fn scalar<T>(&mut self, connection: &mut PgConnection) -> sqlx::Result<T>
    where
        T: Type<Postgres> + for<'r> sqlx::Decode<'r, Postgres> + Send + Unpin,
    {
        self.sql.build_query_scalar().fetch_one(connection).await
    }
}
