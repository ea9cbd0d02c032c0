//! Where the next page goes on. It is read as of the first page's position, so that nothing is skipped or shown twice
//! whatever happens meanwhile.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::ReadError;

/// Longer texts are no cursors of ours.
const CURSOR_CHARS_MAX: usize = 1_000;

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
            _ if cursor.epoch != epoch => Err(bad("belongs to another log; leave it out to begin anew")),
            _ if cursor.question != question => Err(bad("belongs to another question; ask with the same filters")),
            cursor => Ok(cursor),
        }
    }
}
