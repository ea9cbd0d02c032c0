//! Tables whose rows hold from one position up to another, `[from_position, to_position)`: one version for each event that
//! changes them, so that the past is an ordinary query.
//!
//! A page of events is folded in memory and then written with one statement a table. The fold runs twice over a page: the first
//! time it only notes which live rows it will need, then those are loaded at once, and the second time it changes them.

use std::{
    collections::{HashMap, HashSet},
    future::Future,
    hash::Hash,
};

use sqlx::PgConnection;

use crate::{
    copied::{CopiedRows, copy},
    limits,
};

/// One version of a row. Written by [`version_table!`](crate::ranged::version_table).
pub(crate) trait Version: Clone + Send + Sync + Unpin + 'static {
    /// What stays the same from version to version.
    type Key: Clone + Eq + Hash + Send + Sync;
    /// The table's name without schema and generation.
    const TABLE: &'static str;
    /// Every column that is stored, with commas; derived columns are not among them.
    const COLUMNS: &'static str;

    fn key(&self) -> Self::Key;
    fn begins(&self) -> i64;
    fn set_range(&mut self, from: i64, to: Option<i64>);
    /// The statement that makes the table, without any index.
    fn definition(generation: i32) -> String;
    /// The statement that makes the index by which live rows are found: one a key.
    fn live_index(generation: i32) -> String;
    /// The statements that make the other indexes.
    fn indexes(generation: i32) -> Vec<String>;
    /// Every stored column, in the order of [`Self::COLUMNS`].
    fn encode(&self, row: &mut CopiedRows) -> sqlx::Result<()>;
    /// The live rows among these keys.
    fn load(
        connection: &mut PgConnection,
        generation: i32,
        keys: &[Self::Key],
    ) -> impl Future<Output = sqlx::Result<Vec<Self>>> + Send;
    /// Ends the live rows of these keys at these positions and adds versions, in one statement.
    fn write(
        connection: &mut PgConnection,
        generation: i32,
        ended: &[(Self::Key, i64)],
        added: &[Self],
    ) -> impl Future<Output = sqlx::Result<()>> + Send;
}

/// The table of a generation.
pub(crate) fn table(name: &str, generation: i32) -> String {
    format!("read.{name}__g{generation}")
}

/// What a page does to one table.
pub(crate) struct Ranged<V: Version> {
    /// Whether this table is being written at all: a rebuild writes only some.
    pub(crate) active: bool,
    /// In the first of the two runs.
    pub(crate) noting: bool,
    /// Live rows may be stored that are not remembered; else there is nothing to load, and no index to find it by.
    has_forgotten: bool,
    live: HashMap<V::Key, V>,
    wanted: HashSet<V::Key>,
    /// Keys whose live version began in this page and is not stored yet.
    begun: HashSet<V::Key>,
    /// Versions that began and ended in this page.
    passed: Vec<V>,
    /// Stored live rows that this page ends.
    ended: Vec<(V::Key, i64)>,
}

impl<V: Version> Ranged<V> {
    pub(crate) fn new(active: bool) -> Self {
        Self {
            active,
            noting: false,
            has_forgotten: true,
            live: HashMap::new(),
            wanted: HashSet::new(),
            begun: HashSet::new(),
            passed: Vec::new(),
            ended: Vec::new(),
        }
    }

    /// The same for a table that is empty and has no indexes, to be filled with [`Self::copy`].
    pub(crate) fn empty(active: bool) -> Self {
        Self { has_forgotten: false, ..Self::new(active) }
    }

    pub(crate) fn get(&self, key: &V::Key) -> Option<&V> {
        self.live.get(key)
    }

    /// Notes that the live row will be needed.
    pub(crate) fn want(&mut self, key: V::Key) {
        if self.active && self.noting && self.has_forgotten && !self.live.contains_key(&key) {
            self.wanted.insert(key);
        }
    }

    /// A row that cannot have been there before.
    pub(crate) fn begin(&mut self, row: V) {
        if self.active && !self.noting {
            self.begun.insert(row.key());
            self.live.insert(row.key(), row);
        }
    }

    /// A row that cannot have been there before and never changes, so that it need not be remembered.
    pub(crate) fn add(&mut self, row: V) {
        if self.active && !self.noting {
            self.passed.push(row);
        }
    }

    /// A row that takes the place of the one there may be.
    pub(crate) fn put(&mut self, row: V) {
        self.want(row.key());
        self.end(&row.key(), row.begins());
        self.begin(row);
    }

    /// A new version of the row, if it is there.
    pub(crate) fn change(&mut self, key: V::Key, position: i64, change: impl FnOnce(&mut V)) {
        self.want(key.clone());
        if !self.active || self.noting {
            return;
        }
        let Some(row) = self.live.get_mut(&key) else { return };
        if row.begins() != position {
            match self.begun.insert(key.clone()) {
                true => self.ended.push((key, position)),
                false => self.passed.push(until(row, position)),
            }
        }
        change(row);
        row.set_range(position, None);
    }

    /// The row, if it is there, holds no longer.
    pub(crate) fn end(&mut self, key: &V::Key, position: i64) {
        self.want(key.clone());
        if !self.active || self.noting {
            return;
        }
        let Some(row) = self.live.remove(key) else { return };
        match self.begun.remove(key) {
            // What began and ended at one position was never there.
            true if row.begins() == position => {}
            true => self.passed.push(until(&row, position)),
            false => self.ended.push((key.clone(), position)),
        }
    }

    pub(crate) async fn load(&mut self, connection: &mut PgConnection, generation: i32) -> sqlx::Result<()> {
        let keys: Vec<V::Key> = self.wanted.drain().collect();
        if !keys.is_empty() {
            let rows = V::load(connection, generation, &keys).await?;
            self.live.extend(rows.into_iter().map(|row| (row.key(), row)));
        }
        Ok(())
    }

    /// Writes what the page did. What is live stays remembered for the next page, as far as there is room.
    pub(crate) async fn write(&mut self, connection: &mut PgConnection, generation: i32) -> sqlx::Result<()> {
        let mut added = std::mem::take(&mut self.passed);
        added.extend(self.begun.drain().filter_map(|key| self.live.get(&key).cloned()));
        let ended = std::mem::take(&mut self.ended);
        if !added.is_empty() || !ended.is_empty() {
            V::write(connection, generation, &ended, &added).await?;
        }
        if self.live.len() > limits::REMEMBERED_ROWS_MAX {
            self.live = HashMap::new();
        }
        Ok(())
    }

    /// Copies what the page did to a table without indexes. Live rows are stored only when there are too many to remember: most of them
    /// end soon, and a row that is stored once costs half of one that is stored and then ended.
    pub(crate) async fn copy(&mut self, connection: &mut PgConnection, generation: i32) -> sqlx::Result<()> {
        let ended = std::mem::take(&mut self.ended);
        if !ended.is_empty() {
            V::write(connection, generation, &ended, &[]).await?;
        }
        copy(connection, generation, &std::mem::take(&mut self.passed)).await?;
        if self.live.len() > limits::REMEMBERED_ROWS_MAX {
            self.settle(connection, generation).await?;
            self.live = HashMap::new();
        }
        Ok(())
    }

    /// Ends the copying: stores the live rows, and makes the indexes. From here on the table is like any other.
    pub(crate) async fn finish(&mut self, connection: &mut PgConnection, generation: i32) -> sqlx::Result<()> {
        if !self.active {
            return Ok(());
        }
        self.settle(connection, generation).await?;
        for index in V::indexes(generation) {
            sqlx::query(&index).execute(&mut *connection).await?;
        }
        Ok(())
    }

    /// Stores the live rows that are not stored yet, and sees to it that they are found.
    async fn settle(&mut self, connection: &mut PgConnection, generation: i32) -> sqlx::Result<()> {
        let begun: Vec<V> = self.begun.drain().filter_map(|key| self.live.get(&key).cloned()).collect();
        copy(connection, generation, &begun).await?;
        if !self.has_forgotten {
            sqlx::query(&V::live_index(generation)).execute(connection).await?;
            self.has_forgotten = true;
        }
        Ok(())
    }
}

fn until<V: Version>(row: &V, position: i64) -> V {
    let mut passed = row.clone();
    passed.set_range(row.begins(), Some(position));
    passed
}

/// Declares one version of a row together with its table.
///
/// Parts: the key's columns, the columns that are always there, the ones that may be missing, then more of the table's definition:
/// derived columns, and indexes beside the two every table has (each version once; at most one live row a key).
macro_rules! version_table {
    (
        $(#[$doc:meta])*
        $name:ident in $table:literal
        key { $($key:ident: $key_type:ty as $key_sql:literal),+ $(,)? }
        always { $($column:ident: $column_type:ty as $column_sql:literal),* $(,)? }
        maybe { $($option:ident: $option_type:ty as $option_sql:literal),* $(,)? }
        derived { $($derived:literal),* }
        indexes { $($index:literal),* $(,)? }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
        pub(crate) struct $name {
            $(pub(crate) $key: $key_type,)+
            pub(crate) from_position: i64,
            pub(crate) to_position: Option<i64>,
            $(pub(crate) $column: $column_type,)*
            $(pub(crate) $option: Option<$option_type>,)*
        }

        impl $crate::ranged::Version for $name {
            type Key = ($($key_type,)+);
            const TABLE: &'static str = $table;
            const COLUMNS: &'static str = concat!(
                $(stringify!($key), ", ",)+ $(stringify!($column), ", ",)* $(stringify!($option), ", ",)*
                "from_position, to_position"
            );

            fn key(&self) -> Self::Key {
                ($(self.$key.clone(),)+)
            }

            fn begins(&self) -> i64 {
                self.from_position
            }

            fn set_range(&mut self, from: i64, to: Option<i64>) {
                (self.from_position, self.to_position) = (from, to);
            }

            fn definition(generation: i32) -> String {
                let table = $crate::ranged::table($table, generation);
                let columns = concat!(
                    $(stringify!($key), " ", $key_sql, " NOT NULL, ",)+
                    $(stringify!($column), " ", $column_sql, " NOT NULL, ",)*
                    $(stringify!($option), " ", $option_sql, ", ",)*
                    $($derived, ", ",)*
                    "from_position bigint NOT NULL, to_position bigint"
                );
                format!("CREATE TABLE {table} ({columns})")
            }

            fn live_index(generation: i32) -> String {
                let table = $crate::ranged::table($table, generation);
                let keys = [$(stringify!($key)),+].join(", ");
                format!("CREATE UNIQUE INDEX ON {table} ({keys}) WHERE to_position IS NULL")
            }

            fn indexes(generation: i32) -> Vec<String> {
                let table = $crate::ranged::table($table, generation);
                let keys = [$(stringify!($key)),+].join(", ");
                vec![
                    format!("ALTER TABLE {table} ADD PRIMARY KEY ({keys}, from_position)"),
                    $(format!(concat!("CREATE INDEX ON {} ", $index), table),)*
                ]
            }

            fn encode(&self, row: &mut $crate::copied::CopiedRows) -> sqlx::Result<()> {
                $(row.value(&self.$key)?;)+
                $(row.value(&self.$column)?;)*
                $(row.value(&self.$option)?;)*
                row.value(&self.from_position)?;
                row.value(&self.to_position)
            }

            async fn load(
                connection: &mut sqlx::PgConnection,
                generation: i32,
                keys: &[Self::Key],
            ) -> sqlx::Result<Vec<Self>> {
                let sql = format!(
                    "SELECT {columns} FROM unnest({arrays}) AS wanted({keys}) JOIN {table} USING ({keys}) WHERE to_position IS NULL",
                    columns = Self::COLUMNS,
                    arrays = $crate::ranged::parameters(&[$($key_sql),+], 1),
                    keys = [$(stringify!($key)),+].join(", "),
                    table = $crate::ranged::table($table, generation),
                );
                let ($($key,)+): ($(Vec<$key_type>,)+) = keys.iter().cloned().collect();
                let query = sqlx::query_as(&sql);
                $(let query = query.bind($key);)+
                query.fetch_all(connection).await
            }

            async fn write(
                connection: &mut sqlx::PgConnection,
                generation: i32,
                ended: &[(Self::Key, i64)],
                added: &[Self],
            ) -> sqlx::Result<()> {
                let key_types = [$($key_sql),+];
                let types = [$($key_sql,)+ $($column_sql,)* $($option_sql,)* "bigint", "bigint"];
                // The count makes the old versions end before the new ones are inserted: there may be one live row a key.
                let sql = format!(
                    "WITH ended AS (
                        UPDATE {table} t SET to_position = u.ends FROM unnest({key_arrays}, {ends}) AS u({keys}, ends)
                         WHERE {same} AND t.to_position IS NULL RETURNING 1)
                     INSERT INTO {table} ({columns}) SELECT * FROM unnest({arrays}) WHERE (SELECT count(*) FROM ended) >= 0",
                    table = $crate::ranged::table($table, generation),
                    key_arrays = $crate::ranged::parameters(&key_types, 1),
                    ends = $crate::ranged::parameters(&["bigint"], key_types.len() + 1),
                    keys = [$(stringify!($key)),+].join(", "),
                    same = [$(concat!("t.", stringify!($key), " = u.", stringify!($key))),+].join(" AND "),
                    columns = Self::COLUMNS,
                    arrays = $crate::ranged::parameters(&types, key_types.len() + 2),
                );
                let (keys, ends): (Vec<Self::Key>, Vec<i64>) = ended.iter().cloned().unzip();
                let ($($key,)+): ($(Vec<$key_type>,)+) = keys.into_iter().collect();
                let query = sqlx::query(&sql);
                $(let query = query.bind($key);)+
                let query = query.bind(ends);
                $(let query = query.bind(added.iter().map(|row| row.$key.clone()).collect::<Vec<_>>());)+
                $(let query = query.bind(added.iter().map(|row| row.$column.clone()).collect::<Vec<_>>());)*
                $(let query = query.bind(added.iter().map(|row| row.$option.clone()).collect::<Vec<_>>());)*
                let query = query.bind(added.iter().map(|row| row.from_position).collect::<Vec<_>>());
                let query = query.bind(added.iter().map(|row| row.to_position).collect::<Vec<_>>());
                query.execute(connection).await.map(|_| ())
            }
        }
    };
}
pub(crate) use version_table;

/// `$3::bigint[], $4::text[]` for these types.
pub(crate) fn parameters(types: &[&str], first: usize) -> String {
    let each: Vec<String> = (first..).zip(types).map(|(number, sql)| format!("${number}::{sql}[]")).collect();
    each.join(", ")
}
