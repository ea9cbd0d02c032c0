//! Rows as Postgres takes them fastest: COPY, in its binary format.
//!
//! The format: a signature, then each row with the number of its values, each value with its length, and an end.

use sqlx::{Encode, PgConnection, Postgres, postgres::PgArgumentBuffer};

use crate::{
    limits,
    ranged::Version,
    writing::{Changes, Writing},
};

/// Eleven bytes that nothing else begins with, no flags, no extension.
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// In place of a number of values.
const END: i16 = -1;
/// In place of a length.
const NULL: i32 = -1;

/// Copies rows that hold.
pub(crate) async fn copy_live<V: Version>(
    connection: &mut PgConnection,
    generation: i32,
    rows: &[V],
) -> sqlx::Result<()> {
    copy(connection, &V::SHAPE.live(generation), rows).await
}

/// Copies rows that held, unless there is more to them than a copy can fill.
pub(crate) async fn copy_past<V: Version>(
    connection: &mut PgConnection,
    generation: i32,
    rows: Vec<V>,
) -> sqlx::Result<()> {
    if V::SHAPE.derived.is_empty() {
        return copy(connection, &V::SHAPE.past(generation), &rows).await;
    }
    let mut writing = Writing::new();
    writing.table(generation, &Changes { ended: Vec::new(), gone: Vec::new(), passed: rows, held: Vec::new() })?;
    writing.execute(connection, "SELECT").await.map(|_| ())
}

async fn copy<V: Version>(connection: &mut PgConnection, table: &str, rows: &[V]) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let sql = format!("COPY {table} ({}) FROM STDIN (FORMAT binary)", V::SHAPE.columns());
    let values = i16::try_from(V::SHAPE.stored().count()).unwrap_or(i16::MAX);
    let mut copy = connection.copy_in_raw(&sql).await?;
    let mut copied = CopiedRows::begin();
    for row in rows {
        copied.row(values);
        row.encode(&mut copied)?;
        if copied.0.len() >= limits::COPY_CHUNK_BYTES {
            copy.send(copied.take()).await?;
        }
    }
    copied.0.extend_from_slice(&END.to_be_bytes());
    copy.send(copied.take()).await?;
    copy.finish().await.map(|_| ())
}

/// Rows that have not been sent yet.
pub(crate) struct CopiedRows(PgArgumentBuffer);

impl CopiedRows {
    fn begin() -> Self {
        let mut copied = Self(PgArgumentBuffer::default());
        copied.0.extend_from_slice(SIGNATURE);
        copied
    }

    fn row(&mut self, values: i16) {
        self.0.extend_from_slice(&values.to_be_bytes());
    }

    /// The row's next value, as it would be bound to a statement.
    pub(crate) fn value<'q>(&mut self, value: &impl Encode<'q, Postgres>) -> sqlx::Result<()> {
        let begins = self.0.len();
        self.0.extend_from_slice(&NULL.to_be_bytes());
        if !value.encode_by_ref(&mut self.0).map_err(sqlx::Error::Encode)?.is_null() {
            let ends = begins + size_of::<i32>();
            let length = i32::try_from(self.0.len() - ends).map_err(|error| sqlx::Error::Encode(error.into()))?;
            self.0[begins..ends].copy_from_slice(&length.to_be_bytes());
        }
        Ok(())
    }

    fn take(&mut self) -> Vec<u8> {
        // All of it, since it also keeps a note of every JSON value.
        std::mem::take(&mut *std::mem::take(&mut self.0))
    }
}
