//! The manual of the tools, written from what the door itself knows: docs/TOOLS.md is this text, and a test holds it to be.

use std::fmt::Write;

use rmcp::model::JsonObject;
use serde_json::{Map, Value};

use crate::tools::Tool;

const BEGINNING: &str = "# Tools

What agents call, over MCP. This page is written from the code: `cargo run -p mcp --example tools > docs/TOOLS.md`. How to work with them is in
[AGENTS.md](AGENTS.md).

**Every answer** has a `position`: the log position that it is true for. Pass it as `min_position` elsewhere and what you read there is not older;
your own writes are waited for without it. Empty fields are left out. `more` says that there is more, and is the `cursor` of the next call.
`hint` is for you to read. An answer has room for about 6,000 tokens.

**Every refusal** has a `code`, a `message` that says what is wrong, and mostly a `hint` that says what to do:

| code | means | beside it |
|---|---|---|
| `NOT_FOUND` | there is no such thing, or nothing to claim | `did_you_mean`, or where the tasks stand |
| `VALIDATION` | an argument is not what it should be | `field` |
| `CONFLICT` | somebody changed it since the version you expected | `current_version`, `changed_by` |
| `FENCED` | your claim is over; what you did since was not recorded | `holder`, `holder_since` |
| `CLAIMED` | somebody else works on it | `holder`, `retry_after_ms` |
| `BLOCKED` | other tasks have to be done first | `by` |
| `CYCLE` | tasks would wait for each other | `path` |
| `CRITERIA_OPEN` | criteria do not hold yet | `open` |
| `TOO_BIG` | more than there may be | |
| `BUSY` | too much at once: nothing was done | `retry_after_ms` |
| `UNAVAILABLE` | something is away: repeat it, a write with the same `request_id` | `retry_after_ms` |

**Which task is the best.** `find` with `view` ready, `claim` without an id and `complete` with its `next` put the highest priority first, of those
the task that most unsettled tasks wait for directly, of those the oldest.

**Writing twice.** A write with a `request_id` that was used before answers with the first receipt and changes nothing, for ever. The same
`request_id` with other arguments, or from somebody else, is refused. A refusal is not remembered: what was refused is decided anew, also the goals
among several that `update` left in `conflicts`.
";

/// The whole manual, as Markdown.
pub fn tools() -> String {
    let mut manual = BEGINNING.to_owned();
    for tool in Tool::ALL {
        section(&mut manual, tool);
    }
    manual
}

fn section(manual: &mut String, tool: Tool) {
    let shown = tool.shown();
    let _ = write!(manual, "\n## {}\n\n", tool.name());
    let _ = writeln!(manual, "{}", shown.description.as_deref().unwrap_or_default());
    let arguments = tool.full_schema();
    let _ = write!(manual, "\n| argument | takes | |\n|---|---|---|\n");
    table(manual, arguments, "");
    shapes(manual, arguments, "| field | takes | |\n|---|---|---|\n");
    let answer = tool.full_answer();
    let _ = write!(manual, "\nIt answers with:\n\n| field | is | |\n|---|---|---|\n");
    table(manual, answer, "");
    shapes(manual, answer, "| field | is | |\n|---|---|---|\n");
}

/// Shapes that are said more than once.
fn shapes(manual: &mut String, schema: &JsonObject, head: &str) {
    let Some(Value::Object(shapes)) = schema.get("$defs") else { return };
    for (name, shape) in shapes {
        let Some(shape) = shape.as_object() else { continue };
        let _ = write!(manual, "\n*{name}*{}\n\n{head}", about(shape));
        table(manual, shape, "");
    }
}

fn table(manual: &mut String, schema: &JsonObject, inside: &str) {
    let required = schema.get("required").and_then(Value::as_array);
    for (name, field) in properties(schema).into_iter().flatten() {
        let Some(field) = field.as_object() else { continue };
        let path = format!("{inside}{name}");
        let must = required.is_some_and(|required| required.iter().any(|one| one == name)) && inside.is_empty();
        let words = field.get("description").and_then(Value::as_str).unwrap_or_default().replace('\n', " ");
        let mark = if must { "**" } else { "" };
        let takes = match inner(field).filter(|_| !inside.is_empty()) {
            Some(nested) => fields_of(field, nested),
            None => kind(field),
        };
        let _ = writeln!(manual, "| {mark}`{path}`{mark} | {takes} | {} |", words.replace('|', "\\|"));
        if let Some(nested) = inner(field).filter(|_| inside.is_empty()) {
            table(manual, nested, &format!("{path}."));
        }
    }
}

/// The object that a field is, or is a list of.
fn inner(field: &JsonObject) -> Option<&JsonObject> {
    let inner = field.get("items").and_then(Value::as_object).unwrap_or(field);
    properties(inner).map(|_| inner)
}

/// An object within an object: its names have to do.
fn fields_of(field: &JsonObject, inner: &JsonObject) -> String {
    let names: Vec<String> = properties(inner).into_iter().flatten().map(|(name, _)| format!("`{name}`")).collect();
    let several = if field.contains_key("items") { "list of " } else { "" };
    format!("{several}object: {}", names.join(", "))
}

fn properties(schema: &JsonObject) -> Option<&Map<String, Value>> {
    schema.get("properties").and_then(Value::as_object).filter(|properties| !properties.is_empty())
}

fn about(shape: &JsonObject) -> String {
    let words = shape.get("description").and_then(Value::as_str).unwrap_or_default();
    if words.is_empty() { String::new() } else { format!(": {words}") }
}

/// What a value looks like, in a word or two.
fn kind(schema: &JsonObject) -> String {
    if let Some(shape) = schema.get("$ref").and_then(Value::as_str) {
        return shape.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return words
            .iter()
            .map(|word| format!("`{}`", word.as_str().unwrap_or_default()))
            .collect::<Vec<_>>()
            .join(", ");
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => match schema.get("items").and_then(Value::as_object) {
            Some(items) => format!("list of {}", kind(items)),
            None => "list".to_owned(),
        },
        Some("string") => "text".to_owned(),
        Some("integer" | "number") => "number".to_owned(),
        Some("boolean") => "true, false".to_owned(),
        Some(other) => other.to_owned(),
        None => "anything".to_owned(),
    }
}
