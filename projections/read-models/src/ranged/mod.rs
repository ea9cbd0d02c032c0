//! Tables whose rows hold from one position up to another, `[from_position, to_position)`: one version for each event that
//! changes them, so that the past is an ordinary query.
//!
//! A page of events is folded in memory and then written. The fold first runs over the page to note which live rows it will need; those are
//! loaded at once, and then it changes them.

mod version;

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;

pub(crate) use self::version::{Version, version_table};
use crate::{
    copied::{copy_live, copy_past},
    limits,
    writing::{Changes, Writing, load},
};

/// What a page does to one table.
pub(crate) struct Ranged<V: Version> {
    /// Whether this table is being written at all: a rebuild writes only some.
    pub(crate) active: bool,
    /// In a run that changes nothing.
    pub(crate) noting: bool,
    /// Live rows may be stored that are not remembered; else there is nothing to load, and no index to find it by.
    has_forgotten: bool,
    live: HashMap<V::Key, V>,
    /// Keys of which no live row is stored.
    absent: HashSet<V::Key>,
    wanted: HashSet<V::Key>,
    /// Keys whose live version began in this page and is not stored yet.
    begun: HashSet<V::Key>,
    /// Versions that began and ended in this page.
    passed: Vec<V>,
    /// Rows that were added and never change.
    added: Vec<V>,
    /// Keys whose stored live row, if there is one, this page ends, and where.
    ended: HashMap<V::Key, i64>,
}

impl<V: Version> Ranged<V> {
    pub(crate) fn new(active: bool) -> Self {
        Self {
            active,
            noting: false,
            has_forgotten: true,
            live: HashMap::new(),
            absent: HashSet::new(),
            wanted: HashSet::new(),
            begun: HashSet::new(),
            passed: Vec::new(),
            added: Vec::new(),
            ended: HashMap::new(),
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
        let is_known = self.live.contains_key(&key) || self.absent.contains(&key);
        if self.active && self.noting && self.has_forgotten && !is_known {
            self.wanted.insert(key);
        }
    }

    /// A row that cannot have been there before.
    pub(crate) fn begin(&mut self, row: V) {
        if self.active && !self.noting {
            self.begun.insert(row.key());
            self.absent.remove(&row.key());
            self.live.insert(row.key(), row);
        }
    }

    /// A row that cannot have been there before and never changes, so that it need not be remembered.
    pub(crate) fn add(&mut self, row: impl FnOnce() -> V) {
        if self.active && !self.noting {
            self.added.push(row());
        }
    }

    /// A row that stays as it was when it is there already.
    pub(crate) fn begin_once(&mut self, key: V::Key, row: impl FnOnce() -> V) {
        self.want(key.clone());
        if self.active && !self.noting && !self.live.contains_key(&key) {
            self.begin(row());
        }
    }

    /// A row that takes the place of the one there may be.
    pub(crate) fn put(&mut self, row: V) {
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
                true => _ = self.ended.insert(key, position),
                false => self.passed.push(until(row, position)),
            }
        }
        change(row);
        row.set_range(position, None);
    }

    /// The row, if it is there, holds no longer. What it says does not matter, so it is not loaded.
    pub(crate) fn end(&mut self, key: &V::Key, position: i64) {
        if !self.active || self.noting {
            return;
        }
        match (self.live.remove(key), self.begun.remove(key)) {
            // What began and ended at one position was never there.
            (Some(row), true) if row.begins() == position => {}
            (Some(row), true) => self.passed.push(until(&row, position)),
            (Some(_), false) => _ = self.ended.insert(key.clone(), position),
            // Only the first end can be the stored row's.
            (None, _) if self.has_forgotten => _ = self.ended.entry(key.clone()).or_insert(position),
            (None, _) => {}
        }
    }

    /// Loads what was noted. Answers whether any of it was there.
    pub(crate) async fn load(&mut self, connection: &mut PgConnection, generation: i32) -> sqlx::Result<bool> {
        let keys: Vec<V::Key> = self.wanted.drain().collect();
        if keys.is_empty() {
            return Ok(false);
        }
        let rows: Vec<V> = load(connection, generation, &keys).await?;
        let is_loaded = !rows.is_empty();
        self.absent.extend(keys);
        rows.iter().for_each(|row| _ = self.absent.remove(&row.key()));
        self.live.extend(rows.into_iter().map(|row| (row.key(), row)));
        Ok(is_loaded)
    }

    /// Adds what the page did to what is written. What is live stays remembered for the next page, as far as there is room.
    pub(crate) fn write(&mut self, writing: &mut Writing, generation: i32) -> sqlx::Result<()> {
        let gone = self.ended.keys().filter(|key| !self.begun.contains(*key)).cloned().collect();
        let mut held = std::mem::take(&mut self.added);
        held.extend(self.begun.drain().filter_map(|key| self.live.get(&key).cloned()));
        let (ended, passed) = (self.ended.drain().collect(), std::mem::take(&mut self.passed));
        if self.is_full() {
            self.forget();
        }
        writing.table(generation, &Changes { ended, gone, passed, held })
    }

    /// Copies what the page did to tables without indexes. Live rows are stored only when there are too many to remember: most of them
    /// end soon, and a row that is stored once costs half of one that is stored and then ended.
    pub(crate) async fn copy(&mut self, connection: &mut PgConnection, generation: i32) -> sqlx::Result<()> {
        if !self.ended.is_empty() {
            let gone = self.ended.keys().cloned().collect();
            let changes: Changes<V> =
                Changes { ended: self.ended.drain().collect(), gone, passed: Vec::new(), held: Vec::new() };
            let mut writing = Writing::new();
            writing.table(generation, &changes)?;
            writing.execute(connection, "SELECT").await?;
        }
        copy_past(connection, generation, std::mem::take(&mut self.passed)).await?;
        copy_live(connection, generation, &std::mem::take(&mut self.added)).await?;
        if self.is_full() {
            self.settle(connection, generation).await?;
            self.forget();
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.live.len().max(self.absent.len()) > limits::REMEMBERED_ROWS_MAX
    }

    fn forget(&mut self) {
        (self.live, self.absent) = Default::default();
    }

    /// Ends the copying: stores the live rows, and makes the indexes. From here on the tables are like any other.
    pub(crate) async fn finish(&mut self, connection: &mut PgConnection, generation: i32) -> sqlx::Result<()> {
        if !self.active {
            return Ok(());
        }
        self.settle(connection, generation).await?;
        for index in V::SHAPE.indexes(generation) {
            sqlx::query(&index).execute(&mut *connection).await?;
        }
        Ok(())
    }

    /// Stores the live rows that are not stored yet, and sees to it that they are found.
    async fn settle(&mut self, connection: &mut PgConnection, generation: i32) -> sqlx::Result<()> {
        let begun: Vec<V> = self.begun.drain().filter_map(|key| self.live.get(&key).cloned()).collect();
        copy_live(connection, generation, &begun).await?;
        if !self.has_forgotten {
            sqlx::query(&V::SHAPE.live_key(generation)).execute(connection).await?;
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
