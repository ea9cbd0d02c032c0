//! Where the next page goes on. It is read as of the first page's position, so that nothing is skipped or shown twice
//! whatever happens meanwhile.

use std::ops::RangeInclusive;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Datelike;
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::ReadError;

/// Longer texts are no cursors of ours.
pub(crate) const CURSOR_CHARS_MAX: usize = 1_000;

/// Years of pages that we have answered, whatever the clock said. Postgres cannot keep every time that can be written.
const YEARS: RangeInclusive<i32> = 1970..=9999;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cursor<K> {
    /// The log's epoch: positions of another log mean nothing here.
    #[serde(rename = "e")]
    pub(crate) epoch: Uuid,
    /// The position of the first page.
    #[serde(rename = "p")]
    pub(crate) position: u64,
    /// The time by which the first page was judged.
    #[serde(rename = "t")]
    pub(crate) at: Timestamp,
    /// What was asked: a cursor goes on with its own question only.
    #[serde(rename = "q")]
    pub(crate) question: Uuid,
    /// The sort key of the last row.
    #[serde(rename = "k")]
    pub(crate) key: K,
}

/// A fingerprint of what was asked.
pub(crate) fn fingerprint(asked: &impl Serialize) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, serde_json::to_string(asked).unwrap_or_default().as_bytes())
}

impl<K: Serialize + for<'de> Deserialize<'de>> Cursor<K> {
    pub(crate) fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_string(self).unwrap_or_default())
    }

    /// # Errors
    /// Names the field `cursor` and what to do.
    pub(crate) fn read(text: &str, epoch: Uuid, question: Uuid) -> Result<Self, ReadError> {
        let bad = |problem: &str| ReadError::invalid("cursor", problem);
        let unread = || bad("is not a cursor of this server; leave it out to begin anew");
        if text.len() > CURSOR_CHARS_MAX {
            return Err(unread());
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| unread())?;
        let cursor: Self = serde_json::from_slice(&bytes).map_err(|_| unread())?;
        match cursor {
            _ if !YEARS.contains(&cursor.at.year()) => Err(unread()),
            _ if cursor.epoch != epoch => Err(bad("belongs to another log; leave it out to begin anew")),
            _ if cursor.question != question => Err(bad("belongs to another question; ask with the same filters")),
            cursor => Ok(cursor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(at: &str) -> Cursor<i64> {
        Cursor { epoch: Uuid::nil(), position: 7, at: at.parse().unwrap(), question: Uuid::nil(), key: 3 }
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let cursor = cursor("2026-11-21T14:00:00.123456789Z");
        assert_eq!(Cursor::read(&cursor.write(), Uuid::nil(), Uuid::nil()).ok(), Some(cursor));
    }

    #[test]
    fn a_time_that_postgres_cannot_keep_is_the_callers_fault() {
        for at in ["-9999-01-01T00:00:00Z", "+99999-01-01T00:00:00Z"] {
            let refused = Cursor::<i64>::read(&cursor(at).write(), Uuid::nil(), Uuid::nil()).unwrap_err();
            assert!(matches!(&refused, ReadError::Invalid(invalid) if invalid.field == "cursor"), "{refused}");
        }
    }
}
