//! What must hold whatever stands where a search text or a cursor belongs. For `deploy/fuzzing` alone.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Datelike;
use domain::Timestamp;
use uuid::Uuid;

use crate::{
    error::ReadError,
    read::{
        cursor::{CURSOR_CHARS_MAX, Cursor},
        find::Key,
        terms::Terms,
    },
};

/// Characters of a refusal. It may quote, but never all that was sent.
const REFUSAL_CHARS_MAX: usize = 300;

/// A search text is taken apart into what can be searched for, or refused by its name.
pub fn search_text(q: &str) {
    let terms = match Terms::read(q) {
        Ok(terms) => terms,
        Err(error) => return assert_names(&error, "q"),
    };
    let again = Terms::read(&terms.words.text()).expect("what is left as words is words");
    assert!(again.words.pieces().eq(terms.words.pieces()), "{again:?} are not the same words as {terms:?}");
    assert_eq!(again, Terms { words: again.words.clone(), ..Terms::default() }, "nothing else has come of the words");
    let mut values = terms.tags.iter().chain(&terms.status).chain(&terms.by);
    assert!(values.all(|value| !value.is_empty() && q.contains(value.as_str())), "{terms:?} is not what was written");
}

/// A text that is taken for a cursor is as good as one of ours; any other is refused by its name.
pub fn cursor_text(text: &str) {
    match Cursor::<Key>::read(text, Uuid::nil(), Uuid::nil()) {
        Ok(cursor) => assert_goes_on(&cursor),
        Err(error) => assert_names(&error, "cursor"),
    }
}

/// The same, for what is inside of a cursor: nobody but us should write one, and anybody can.
pub fn cursor_json(json: &str) {
    cursor_text(&URL_SAFE_NO_PAD.encode(json));
}

/// A cursor that a page ends with is where the next one goes on.
pub fn cursor(position: u64, at: Timestamp, key: Key) {
    assert_goes_on(&Cursor { epoch: Uuid::nil(), position, at, question: Uuid::nil(), key });
}

fn assert_goes_on(cursor: &Cursor<Key>) {
    assert!((1..=294_276).contains(&cursor.at.year()), "Postgres cannot keep {}", cursor.at);
    let written = cursor.write();
    assert!(written.len() <= CURSOR_CHARS_MAX, "we would refuse our own: {written}");
    let read = Cursor::read(&written, cursor.epoch, cursor.question).ok();
    assert_eq!(read.as_ref(), Some(cursor));
}

fn assert_names(error: &ReadError, field: &str) {
    let ReadError::Invalid(invalid) = error else { panic!("{error} is no fault of the caller's") };
    assert_eq!(invalid.field, field);
    let chars = error.to_string().chars().count();
    assert!(!invalid.problem.is_empty() && chars <= REFUSAL_CHARS_MAX, "{error}");
}
