//! One version of a row, as each view declares it.

use std::hash::Hash;

use sqlx::{FromRow, postgres::PgRow};

use crate::{copied::CopiedRows, shape::Shape, writing::Writing};

/// Written by [`version_table!`](crate::ranged::version_table).
pub(crate) trait Version: Clone + Send + Sync + Unpin + for<'r> FromRow<'r, PgRow> + 'static {
    /// What stays the same from version to version.
    type Key: Clone + Eq + Hash + Send + Sync;
    /// The tables.
    const SHAPE: &'static Shape;

    fn key(&self) -> Self::Key;
    fn begins(&self) -> i64;
    fn set_range(&mut self, from: i64, to: Option<i64>);
    /// Every stored column, in the order of [`Shape::stored`].
    fn encode(&self, row: &mut CopiedRows) -> sqlx::Result<()>;
    /// Binds an array a column of the key; the answers stand for them.
    fn bind_keys(keys: &[Self::Key], writing: &mut Writing) -> sqlx::Result<Vec<String>>;
    /// Binds an array a stored column.
    fn bind_rows(rows: &[Self], writing: &mut Writing) -> sqlx::Result<Vec<String>>;
}

/// Declares one version of a row together with its tables.
///
/// Parts: the key's columns, the columns that are always there, the ones that may be missing, columns that Postgres fills, and the indexes
/// beside the keys, of the rows that hold and of those that held.
macro_rules! version_table {
    (
        $(#[$doc:meta])*
        $name:ident in $table:literal
        key { $($key:ident: $key_type:ty as $key_sql:literal),+ $(,)? }
        always { $($column:ident: $column_type:ty as $column_sql:literal),* $(,)? }
        maybe { $($option:ident: $option_type:ty as $option_sql:literal),* $(,)? }
        derived { $($derived:ident as $derived_sql:literal: $expression:literal),* $(,)? }
        live { $($live_index:literal),* $(,)? }
        past { $($past_index:literal),* $(,)? }
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
            const SHAPE: &'static $crate::shape::Shape = &$crate::shape::Shape {
                table: $table,
                keys: &[$($crate::shape::Column { name: stringify!($key), sql: $key_sql, required: true }),+],
                others: &[
                    $($crate::shape::Column { name: stringify!($column), sql: $column_sql, required: true },)*
                    $($crate::shape::Column { name: stringify!($option), sql: $option_sql, required: false },)*
                ],
                derived: &[
                    $($crate::shape::Derived { name: stringify!($derived), sql: $derived_sql, expression: $expression },)*
                ],
                live_indexes: &[$($live_index),*],
                past_indexes: &[$($past_index),*],
            };

            fn key(&self) -> Self::Key {
                ($(self.$key.clone(),)+)
            }

            fn begins(&self) -> i64 {
                self.from_position
            }

            fn set_range(&mut self, from: i64, to: Option<i64>) {
                (self.from_position, self.to_position) = (from, to);
            }

            fn encode(&self, row: &mut $crate::copied::CopiedRows) -> sqlx::Result<()> {
                $(row.value(&self.$key)?;)+
                $(row.value(&self.$column)?;)*
                $(row.value(&self.$option)?;)*
                row.value(&self.from_position)?;
                row.value(&self.to_position)
            }

            fn bind_keys(keys: &[Self::Key], writing: &mut $crate::writing::Writing) -> sqlx::Result<Vec<String>> {
                let ($($key,)+): ($(Vec<$key_type>,)+) = keys.iter().cloned().collect();
                Ok(vec![$(writing.bind($key, $key_sql)?,)+])
            }

            fn bind_rows(rows: &[Self], writing: &mut $crate::writing::Writing) -> sqlx::Result<Vec<String>> {
                Ok(vec![
                    $(writing.bind(rows.iter().map(|row| row.$key.clone()).collect(), $key_sql)?,)+
                    $(writing.bind(rows.iter().map(|row| row.$column.clone()).collect(), $column_sql)?,)*
                    $(writing.bind(rows.iter().map(|row| row.$option.clone()).collect(), $option_sql)?,)*
                    writing.bind(rows.iter().map(|row| row.from_position).collect(), "bigint")?,
                    writing.bind(rows.iter().map(|row| row.to_position).collect(), "bigint")?,
                ])
            }
        }
    };
}
pub(crate) use version_table;
