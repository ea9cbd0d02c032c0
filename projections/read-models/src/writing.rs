//! What a page does to all tables, as one statement: one question to the database and one answer, whatever the page holds.
//!
//! Rows are found by key in subqueries of their own, one row each, so that no plan can come to go through a table: plans are made while tables
//! are still empty and nobody has counted their rows.

use sqlx::{
    Arguments, Encode, PgConnection, Postgres, Type,
    postgres::{PgArguments, PgHasArrayType},
};

use crate::{answered::answered, ranged::Version};

/// A statement that is being put together.
pub(crate) struct Writing {
    parts: Vec<String>,
    arguments: PgArguments,
    /// Nothing is written unless this holds.
    condition: &'static str,
}

/// What a page did to one table.
pub(crate) struct Changes<V: Version> {
    /// Stored rows that held until a position. There may be none of a key.
    pub(crate) ended: Vec<(V::Key, i64)>,
    /// Those of them in whose place there is no other.
    pub(crate) gone: Vec<V::Key>,
    /// Versions that were never stored and hold no longer.
    pub(crate) passed: Vec<V>,
    /// Versions that hold.
    pub(crate) held: Vec<V>,
}

impl Writing {
    pub(crate) fn new() -> Self {
        Self { parts: Vec::new(), arguments: PgArguments::default(), condition: "true" }
    }

    /// Adds `name AS (sql)`; from here on everything is written only on a condition.
    pub(crate) fn provided(&mut self, parts: impl IntoIterator<Item = String>, condition: &'static str) {
        self.parts.extend(parts);
        self.condition = condition;
    }

    /// Adds an array of values; the answer stands for it.
    pub(crate) fn bind<T>(&mut self, values: Vec<T>, sql: &str) -> sqlx::Result<String>
    where
        T: for<'q> Encode<'q, Postgres> + Type<Postgres> + PgHasArrayType + Send + 'static,
    {
        self.value(values, &format!("{sql}[]"))
    }

    /// Adds one value; the answer stands for it.
    pub(crate) fn value<T>(&mut self, value: T, sql: &str) -> sqlx::Result<String>
    where
        T: for<'q> Encode<'q, Postgres> + Type<Postgres> + Send + 'static,
    {
        self.arguments.add(value).map_err(sqlx::Error::Encode)?;
        Ok(format!("${}::{sql}", self.arguments.len()))
    }

    /// Adds what a page did to a table.
    pub(crate) fn table<V: Version>(&mut self, generation: i32, changes: &Changes<V>) -> sqlx::Result<()> {
        if !changes.ended.is_empty() {
            self.keep_ended::<V>(generation, &changes.ended)?;
        }
        if !changes.gone.is_empty() {
            self.delete_gone::<V>(generation, &changes.gone)?;
        }
        if !changes.passed.is_empty() {
            self.add_passed(generation, &changes.passed)?;
        }
        if !changes.held.is_empty() {
            self.put_held(generation, &changes.held)?;
        }
        Ok(())
    }

    /// Rows that are stored go on as they are, with what was derived from them.
    fn keep_ended<V: Version>(&mut self, generation: i32, ended: &[(V::Key, i64)]) -> sqlx::Result<()> {
        let (keys, ends): (Vec<V::Key>, Vec<i64>) = ended.iter().cloned().unzip();
        let shape = V::SHAPE;
        let (mut values, ends) = (V::bind_keys(&keys, self)?, self.bind(ends, "bigint")?);
        values.push(ends);
        let derived: Vec<&str> = shape.derived.iter().map(|derived| derived.name).collect();
        let columns: Vec<&str> = shape.names().filter(|name| *name != "to_position").chain(derived).collect();
        let read: Vec<String> = columns.iter().map(|column| format!("l.{column}")).collect();
        self.part(format!(
            "INSERT INTO {past} ({columns}, to_position) SELECT {read}, u.ends FROM {values} u
              CROSS JOIN LATERAL (SELECT * FROM {live} l WHERE {same} LIMIT 1) l WHERE {condition}",
            past = shape.past(generation),
            columns = columns.join(", "),
            read = read.join(", "),
            values = in_rows(&values, shape.key_names().chain(["ends"])),
            live = shape.live(generation),
            same = shape.same_key("l", "u"),
            condition = self.condition,
        ));
        Ok(())
    }

    fn delete_gone<V: Version>(&mut self, generation: i32, gone: &[V::Key]) -> sqlx::Result<()> {
        let (shape, condition) = (V::SHAPE, self.condition);
        let keys = in_rows(&V::bind_keys(gone, self)?, shape.key_names());
        self.part(format!(
            "DELETE FROM {live} WHERE ctid = ANY (ARRAY (SELECT l.ctid FROM {keys} u
              CROSS JOIN LATERAL (SELECT l.ctid FROM {live} l WHERE {same} LIMIT 1) l)) AND {condition}",
            live = shape.live(generation),
            same = shape.same_key("l", "u"),
        ));
        Ok(())
    }

    fn add_passed<V: Version>(&mut self, generation: i32, passed: &[V]) -> sqlx::Result<()> {
        let (shape, condition) = (V::SHAPE, self.condition);
        let values = in_rows(&V::bind_rows(passed, self)?, shape.names());
        let (mut columns, mut read) = (shape.columns(), shape.columns());
        for derived in shape.derived {
            columns.push_str(&format!(", {}", derived.name));
            read.push_str(&format!(", {}", derived.expression));
        }
        let past = shape.past(generation);
        self.part(format!("INSERT INTO {past} ({columns}) SELECT {read} FROM {values} v WHERE {condition}"));
        Ok(())
    }

    fn put_held<V: Version>(&mut self, generation: i32, held: &[V]) -> sqlx::Result<()> {
        let (shape, condition) = (V::SHAPE, self.condition);
        let values = in_rows(&V::bind_rows(held, self)?, shape.names());
        let (live, columns, key) = (shape.live(generation), shape.columns(), shape.key());
        let is_key = |name: &str| shape.keys.iter().any(|key| key.name == name);
        let replaced: Vec<String> =
            shape.names().filter(|name| !is_key(name)).map(|name| format!("{name} = excluded.{name}")).collect();
        self.part(format!(
            "INSERT INTO {live} ({columns}) SELECT * FROM {values} v WHERE {condition}
              ON CONFLICT ({key}) DO UPDATE SET {}",
            replaced.join(", ")
        ));
        Ok(())
    }

    fn part(&mut self, sql: String) {
        self.parts.push(format!("part{} AS ({sql})", self.parts.len()));
    }

    /// Does it. Answers how many rows `answer`, a query that may name the parts, has.
    pub(crate) async fn execute(self, connection: &mut PgConnection, answer: &str) -> sqlx::Result<usize> {
        if self.parts.is_empty() {
            return Ok(0);
        }
        let sql = format!("WITH {} {answer}", self.parts.join(",\n"));
        Ok(answered(sqlx::query_with(&sql, self.arguments).fetch_all(connection)).await?.len())
    }
}

/// Arrays of one length as rows with these columns, to select from. They are taken apart in a select list, because a `FROM unnest(...)` of
/// several arrays first fills a table of its own with each: 4 us an array, however few rows there are.
pub(crate) fn in_rows<'n>(arrays: &[String], names: impl Iterator<Item = &'n str>) -> String {
    let columns: Vec<String> =
        arrays.iter().zip(names).map(|(array, name)| format!("unnest({array}) AS {name}")).collect();
    format!("(SELECT {})", columns.join(", "))
}

/// The live rows among these keys.
pub(crate) async fn load<V: Version>(
    connection: &mut PgConnection,
    generation: i32,
    keys: &[V::Key],
) -> sqlx::Result<Vec<V>> {
    let mut asking = Writing::new();
    let shape = V::SHAPE;
    let keys = in_rows(&V::bind_keys(keys, &mut asking)?, shape.key_names());
    let read: Vec<String> = shape.names().map(|name| format!("l.{name}")).collect();
    let sql = format!(
        "SELECT {read} FROM {keys} u CROSS JOIN LATERAL (SELECT * FROM {live} l WHERE {same} LIMIT 1) l",
        read = read.join(", "),
        live = shape.live(generation),
        same = shape.same_key("l", "u"),
    );
    answered(sqlx::query_as_with(&sql, asking.arguments).fetch_all(connection)).await
}
