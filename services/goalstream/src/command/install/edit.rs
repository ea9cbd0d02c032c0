//! The change of a configuration's text: our entry, and not a character more than that takes.
//!
//! What comes out is read again and compared with what should be there; a text that would say anything else is not handed out.

use anyhow::{Context, anyhow, ensure};
use jsonc_parser::{
    ParseOptions,
    cst::{CstInputValue, CstObject, CstObjectProp, CstRootNode},
};
use serde_json::{Value, json};

/// What we are called in every client.
const NAME: &str = "goalstream";
/// The fields by which any client reaches a server. An entry that we change keeps all others, such as `env`.
const FIELDS_OF_REACHING: [&str; 4] = ["type", "command", "args", "url"];
/// What a file that is not there, or has nothing in it, is taken for.
const EMPTY: &str = "{}\n";

/// A field of our entry, in the order in which they are written.
pub(super) type Field = (&'static str, Value);

/// What a client can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Plain,
    /// With comments, and commas after the last of a list.
    WithComments,
}

pub(super) enum Change<'a> {
    Put(&'a [Field]),
    TakeOut,
}

impl Change<'_> {
    /// What is said of a file that needed no change.
    pub(super) fn told_already(&self) -> &'static str {
        match self {
            Self::Put(_) => "has Goalstream already",
            Self::TakeOut => "has no Goalstream",
        }
    }

    /// What is said of a changed file.
    pub(super) fn told(&self) -> &'static str {
        match self {
            Self::Put(_) => "now has Goalstream",
            Self::TakeOut => "no longer has Goalstream",
        }
    }
}

/// What one who edits the file by hand puts into it.
pub(super) fn by_hand(servers_key: &str, fields: &[Field]) -> String {
    // As text, since a map would forget the order.
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("      {}: {value}", json!(name))).collect();
    let fields = fields.join(",\n");
    format!("{{\n  {}: {{\n    {}: {{\n{fields}\n    }}\n  }}\n}}", json!(servers_key), json!(NAME))
}

/// The text after the change; the same text when it is so already.
///
/// # Errors
/// It is not what the client could read, or it is not shaped as the client shapes it.
pub(super) fn edited(text: &str, dialect: Dialect, servers_key: &str, change: &Change<'_>) -> anyhow::Result<String> {
    let nothing = text.trim().is_empty();
    if nothing && matches!(change, Change::TakeOut) {
        return Ok(text.to_owned());
    }
    let text = if nothing { EMPTY } else { text };
    let before = read(text, dialect)?;
    let wanted = wanted(&before, servers_key, change)?;
    if wanted == before {
        return Ok(text.to_owned());
    }
    let root = parse(text, dialect)?;
    let object = root.object_value().context("it is not an object")?;
    match change {
        Change::Put(fields) => put(&object, servers_key, fields)?,
        Change::TakeOut => take_out(&object, servers_key)?,
    }
    let edited = root.to_string();
    ensure!(read(&edited, dialect)? == wanted, "the result would not say what it should");
    Ok(edited)
}

/// What the file says, as its client reads it.
fn read(text: &str, dialect: Dialect) -> anyhow::Result<Value> {
    match dialect {
        Dialect::Plain => serde_json::from_str(text).map_err(|error| anyhow!("it is not JSON: {error}")),
        Dialect::WithComments => parse(text, dialect)?.to_serde_value().context("there is nothing in it but comments"),
    }
}

fn parse(text: &str, dialect: Dialect) -> anyhow::Result<CstRootNode> {
    let more = dialect == Dialect::WithComments;
    let options = ParseOptions {
        allow_comments: more,
        allow_trailing_commas: more,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    CstRootNode::parse(text, &options).map_err(|error| anyhow!("it is not JSON: {error}"))
}

/// What the file should say afterwards.
fn wanted(before: &Value, servers_key: &str, change: &Change<'_>) -> anyhow::Result<Value> {
    let mut after = before.clone();
    let root = after.as_object_mut().context("it is not an object")?;
    match change {
        Change::Put(fields) => {
            let servers = root.entry(servers_key).or_insert_with(|| json!({}));
            let servers = servers.as_object_mut().with_context(|| format!("`{servers_key}` in it is not an object"))?;
            let entry = servers.entry(NAME).or_insert_with(|| json!({}));
            let entry = entry.as_object_mut().with_context(|| format!("`{NAME}` in it is not an object"))?;
            entry.retain(|name, _| !FIELDS_OF_REACHING.contains(&name.as_str()));
            entry.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        }
        Change::TakeOut => {
            root.get_mut(servers_key).and_then(Value::as_object_mut).and_then(|servers| servers.remove(NAME));
        }
    }
    Ok(after)
}

fn put(root: &CstObject, servers_key: &str, fields: &[Field]) -> anyhow::Result<()> {
    let servers = match only(root, servers_key)? {
        Some(property) => property.object_value().with_context(|| format!("`{servers_key}` in it is not an object"))?,
        None => root.append(servers_key, CstInputValue::Object(Vec::new())).object_value_or_set(),
    };
    let Some(property) = only(&servers, NAME)? else {
        let entry = fields.iter().map(|(name, value)| ((*name).to_owned(), input(value))).collect();
        servers.append(NAME, CstInputValue::Object(entry));
        return Ok(());
    };
    let entry = property.object_value().with_context(|| format!("`{NAME}` in it is not an object"))?;
    for name in FIELDS_OF_REACHING {
        let old = only(&entry, name)?;
        let new = fields.iter().find(|(field, _)| *field == name);
        match (old, new) {
            (Some(old), Some((_, value))) if old.to_serde_value().as_ref() == Some(value) => {}
            (Some(old), Some((_, value))) => old.set_value(input(value)),
            (Some(old), None) => old.remove(),
            (None, Some((_, value))) => drop(entry.append(name, input(value))),
            (None, None) => {}
        }
    }
    Ok(())
}

fn take_out(root: &CstObject, servers_key: &str) -> anyhow::Result<()> {
    let servers = only(root, servers_key)?.and_then(|property| property.object_value());
    if let Some(entry) = servers.map(|servers| only(&servers, NAME)).transpose()?.flatten() {
        entry.remove();
    }
    Ok(())
}

/// The property of this name. Programs disagree about which of two counts, so two are none of our business.
fn only(object: &CstObject, name: &str) -> anyhow::Result<Option<CstObjectProp>> {
    let mut found: Vec<CstObjectProp> =
        object.properties().into_iter().filter(|property| property.decoded_name().as_deref() == Some(name)).collect();
    ensure!(found.len() < 2, "`{name}` is in it twice");
    Ok(found.pop())
}

/// A value of ours, as the editor of texts takes it. They are words and lists of words.
fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Array(values) => CstInputValue::Array(values.iter().map(input).collect()),
        Value::String(word) => CstInputValue::String(word.clone()),
        other => unreachable!("no field of ours is {other}"),
    }
}
