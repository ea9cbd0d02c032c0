//! Whether a value is what it should be. Each check names the field and says what would be right.

use std::io;

use chrono::Datelike;
use serde_json::Value;

use crate::{
    GoalEvent, Rejection,
    goal::{Link, Subject, Text},
    ids::looks_like_an_id,
    limits,
    time::Due,
};

/// A title without the space around it: 1 to 200 characters, none of them a control character.
pub(super) fn title(field: &str, title: &Text) -> Result<Text, Rejection> {
    let trimmed = title.trim();
    one_line(field, trimmed, limits::TITLE_CHARS_MAX)?;
    Ok(trimmed.into())
}

/// One line of 1 to `chars_max` characters.
pub(super) fn one_line(field: &str, text: &str, chars_max: usize) -> Result<(), Rejection> {
    let length = text.chars().count();
    match length {
        _ if text.trim().is_empty() => {
            Err(Rejection::validation(field, format!("is empty; give 1 to {chars_max} characters")))
        }
        _ if length > chars_max => {
            Err(Rejection::validation(field, format!("has {length} characters; give at most {chars_max}")))
        }
        _ if text.chars().any(char::is_control) => {
            Err(Rejection::validation(field, "has a control character; give one line of plain text"))
        }
        _ => Ok(()),
    }
}

/// What came of something is not dropped without a word when it is `known` already, and known otherwise.
pub(super) fn told_before(
    subject: impl Into<Subject>,
    status: &'static str,
    (known, told): (Option<&Text>, Option<&Text>),
    version: u64,
) -> Result<(), Rejection> {
    match told.is_none() || told == known {
        true => Ok(()),
        false => Err(Rejection::conflict(
            subject,
            format!("is {status} already, with another result; say it in a comment, or reopen it first"),
            version,
        )),
    }
}

/// A name of one's own: what looks like an id would be taken for the task that has it.
pub(super) fn no_id(field: &str, name: &str) -> Result<(), Rejection> {
    match looks_like_an_id(name) {
        true => {
            let problem = format!("`{name}` looks like an id; give a name of your own, such as build");
            Err(Rejection::validation(field, problem))
        }
        false => Ok(()),
    }
}

/// Free text of at most `bytes_max` bytes. Line breaks are welcome; U+0000 is not, since Postgres cannot keep it.
pub(super) fn text(field: &str, text: &str, bytes_max: usize) -> Result<(), Rejection> {
    if text.len() > bytes_max {
        return Err(Rejection::too_big(field, format!("has {} bytes; give at most {bytes_max}", text.len())));
    }
    no_null_character(field, text)
}

fn no_null_character(field: &str, text: &str) -> Result<(), Rejection> {
    match text.contains('\0') {
        true => Err(Rejection::validation(field, "has the character U+0000; leave it out")),
        false => Ok(()),
    }
}

/// Free text that may be missing; nothing but space is the same as missing.
pub(super) fn optional_text(field: &str, given: Option<&Text>, bytes_max: usize) -> Result<Option<Text>, Rejection> {
    match given.filter(|given| !given.trim().is_empty()) {
        Some(given) => text(field, given, bytes_max).map(|()| Some(given.clone())),
        None => Ok(None),
    }
}

pub(super) fn tag(field: &str, tag: &str) -> Result<String, Rejection> {
    let trimmed = tag.trim();
    one_line(field, trimmed, limits::TAG_CHARS_MAX)?;
    Ok(trimmed.to_owned())
}

pub(super) fn tags<'a>(
    field: &str,
    tags: impl IntoIterator<Item = &'a String>,
) -> Result<std::collections::BTreeSet<String>, Rejection> {
    let checked: std::collections::BTreeSet<String> =
        tags.into_iter().map(|one| tag(field, one)).collect::<Result<_, _>>()?;
    at_most(field, checked.len(), limits::TAGS_MAX, "tags")?;
    Ok(checked)
}

pub(super) fn at_most(field: &str, count: usize, most: usize, what: &str) -> Result<(), Rejection> {
    match count > most {
        true => Err(Rejection::too_big(field, format!("would make {count} {what}; there may be at most {most}"))),
        false => Ok(()),
    }
}

pub(super) fn estimate(field: &str, minutes: Option<u32>) -> Result<(), Rejection> {
    match minutes.is_some_and(|minutes| minutes > limits::ESTIMATE_MINUTES_MAX) {
        true => Err(Rejection::validation(
            field,
            format!("is too long; give at most {} minutes", limits::ESTIMATE_MINUTES_MAX),
        )),
        false => Ok(()),
    }
}

/// The day or moment as it is stored. Other programs write years of four digits.
pub(super) fn due(field: &str, due: Option<Due>) -> Result<Option<Due>, Rejection> {
    let Some(due) = due.map(Due::micros) else { return Ok(None) };
    let year = match due {
        Due::Day(day) => day.year(),
        Due::Moment(moment) => moment.year(),
    };
    match (1..=9999).contains(&year) {
        true => Ok(Some(due)),
        false => Err(Rejection::validation(field, format!("is in the year {year}; give one from 1 to 9999"))),
    }
}

pub(super) fn link(link: &Link) -> Result<(), Rejection> {
    one_line("links", &link.rel, limits::TAG_CHARS_MAX)?;
    one_line("links", &link.to, limits::LINK_BYTES_MAX)?;
    text("links", &link.to, limits::LINK_BYTES_MAX)
}

pub(super) fn metadata(key: &str, value: Option<&Value>) -> Result<(), Rejection> {
    one_line("metadata", key, limits::METADATA_KEY_CHARS_MAX)?;
    let field = || format!("metadata.{key}");
    let Some(value) = value else { return Ok(()) };
    if json_bytes(value) > limits::METADATA_VALUE_BYTES_MAX {
        return Err(Rejection::too_big(
            field(),
            format!("is too long; give at most {} bytes of JSON", limits::METADATA_VALUE_BYTES_MAX),
        ));
    }
    storable(&field(), value, limits::METADATA_DEPTH_MAX)
}

/// Strings are checked at every depth, keys included: one U+0000 anywhere would make Postgres refuse the whole batch.
fn storable(field: &str, value: &Value, levels: usize) -> Result<(), Rejection> {
    let below = || {
        levels.checked_sub(1).ok_or_else(|| {
            let most = limits::METADATA_DEPTH_MAX;
            Rejection::too_big(field, format!("is nested more than {most} levels deep; flatten it"))
        })
    };
    match value {
        Value::String(text) => no_null_character(field, text),
        Value::Array(items) => {
            let below = below()?;
            items.iter().try_for_each(|item| storable(field, item, below))
        }
        Value::Object(entries) => {
            let below = below()?;
            entries.iter().try_for_each(|(key, item)| {
                no_null_character(field, key)?;
                storable(field, item, below)
            })
        }
        _ => Ok(()),
    }
}

/// An event's stored size. Escapes can make text six times longer than the limits on its characters suggest.
pub(super) fn event_size(event: &GoalEvent) -> Result<(), Rejection> {
    match json_bytes(event) {
        bytes if bytes > limits::PAYLOAD_BYTES_MAX => Err(Rejection::too_big(
            event.name(),
            format!(
                "would be stored as {bytes} bytes; there may be at most {}: shorten its texts",
                limits::PAYLOAD_BYTES_MAX
            ),
        )),
        _ => Ok(()),
    }
}

fn json_bytes(value: &impl serde::Serialize) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // What cannot be written at all counts as too long for any limit.
    serde_json::to_writer(&mut count, value).map_or(usize::MAX, |()| count.0)
}
