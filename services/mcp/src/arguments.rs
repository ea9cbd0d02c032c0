//! From what a client sent to a typed request, with a refusal that a model can act on.
//!
//! Names are checked against the schema, all at once, so that one answer is enough to mend
//! a call. What serde finds then is told with the path to it.

use goal_agent::Refusal;
use rmcp::model::JsonObject;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{answer::Told, tools::Tool};

/// How like a known name an unknown one must be to be taken for a slip; 1 is equal.
const LIKENESS_MIN: f64 = 0.7;

/// Problems named in one refusal.
const PROBLEMS_MAX: usize = 10;

/// Characters of an unknown name that are compared with the known ones.
const NAME_CHARACTERS_MAX: usize = 64;

/// The request that these arguments mean.
pub(crate) fn read<T: DeserializeOwned>(tool: Tool, arguments: JsonObject) -> Result<T, Told> {
    let schema = Schema { root: tool.full_schema() };
    let arguments = Value::Object(arguments);
    let mut problems = Vec::new();
    schema.check(schema.root, &arguments, "", &mut problems);
    if let Some(refused) = refuse(problems) {
        return Err(refused);
    }
    serde_path_to_error::deserialize(&arguments).map_err(|error| {
        let field = error.path().to_string();
        let hint = schema.hint(&field, &arguments);
        let problem = error.into_inner().to_string();
        let mut told = Told::from(Refusal::validation(if field == "." { "arguments" } else { &field }, problem));
        told.described.hint = told.described.hint.or(hint);
        told
    })
}

/// A field that should not be there, or one that should.
struct Problem {
    field: String,
    text: String,
    hint: Option<String>,
}

fn refuse(mut problems: Vec<Problem>) -> Option<Told> {
    problems.truncate(PROBLEMS_MAX);
    let mut problems = problems.into_iter();
    let Problem { field, text, hint } = problems.next()?;
    let mut told = Told::from(Refusal::validation(field, text));
    told.described.hint = hint;
    let others: Vec<Value> = problems
        .map(|Problem { field, text, hint }| {
            let mut also = serde_json::json!({ "field": field, "message": text });
            if let Some(hint) = hint {
                also["hint"] = hint.into();
            }
            also
        })
        .collect();
    if !others.is_empty() {
        told.described.details.insert("also".to_owned(), others.into());
    }
    Some(told)
}

struct Schema<'a> {
    root: &'a Map<String, Value>,
}

impl<'a> Schema<'a> {
    fn check(&self, schema: &'a Map<String, Value>, value: &Value, path: &str, problems: &mut Vec<Problem>) {
        match value {
            Value::Object(given) => self.check_object(schema, given, path, problems),
            Value::Array(items) => {
                let Some(item) = schema.get("items").and_then(|item| self.resolve(item)) else { return };
                for (index, value) in items.iter().enumerate() {
                    self.check(item, value, &format!("{path}[{index}]"), problems);
                }
            }
            _ => {}
        }
    }

    fn check_object(
        &self,
        schema: &'a Map<String, Value>,
        given: &Map<String, Value>,
        path: &str,
        problems: &mut Vec<Problem>,
    ) {
        if problems.len() >= PROBLEMS_MAX {
            return;
        }
        // A map with free keys, such as metadata, has no properties of its own.
        let Some(Value::Object(known)) = schema.get("properties") else { return };
        for (name, value) in given.iter().take(known.len() + PROBLEMS_MAX) {
            match known.get(name) {
                Some(property) => {
                    if let Some(property) = self.resolve(property) {
                        self.check(property, value, &below(path, name), problems);
                    }
                }
                None => problems.push(Problem {
                    field: below(path, name),
                    text: "there is no such field".to_owned(),
                    hint: Some(nearest(name, known, given)),
                }),
            }
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        for name in required.filter(|name| !given.contains_key(*name)) {
            problems.push(Problem {
                field: below(path, name),
                text: "is missing".to_owned(),
                hint: description(known.get(name).and_then(|property| self.resolve(property))),
            });
        }
    }

    fn resolve(&self, schema: &'a Value) -> Option<&'a Map<String, Value>> {
        let object = schema.as_object()?;
        match object.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix("#/$defs/")) {
            Some(name) => self.root.get("$defs")?.get(name)?.as_object(),
            None => Some(object),
        }
    }

    /// What the schema says about the field at this path, and about JSON that came as text.
    fn hint(&self, path: &str, arguments: &Value) -> Option<String> {
        let mut schema = self.root;
        let mut value = Some(arguments);
        for step in path.split(['.', '[']).map(|step| step.trim_end_matches(']')).filter(|step| !step.is_empty()) {
            let (next, inner) = match step.parse::<usize>() {
                Ok(index) => (schema.get("items"), value.and_then(|value| value.get(index))),
                Err(_) => (
                    schema.get("properties").and_then(|known| known.get(step)),
                    value.and_then(|value| value.get(step)),
                ),
            };
            schema = self.resolve(next?)?;
            value = inner;
        }
        let wanted = schema.get("type").and_then(Value::as_str);
        match value.and_then(Value::as_str) {
            Some(text) if matches!(wanted, Some("array" | "object")) && text.trim_start().starts_with(['[', '{']) => {
                Some("send the JSON itself, not a string that holds it".to_owned())
            }
            _ => description(Some(schema)),
        }
    }
}

fn description(schema: Option<&Map<String, Value>>) -> Option<String> {
    schema?.get("description")?.as_str().map(str::to_owned)
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The known name that was probably meant, or all that there are.
fn nearest(name: &str, known: &Map<String, Value>, given: &Map<String, Value>) -> String {
    let name: String = name.to_lowercase().chars().take(NAME_CHARACTERS_MAX).collect();
    let meant = known
        .keys()
        .filter(|candidate| !given.contains_key(*candidate))
        .map(|candidate| (strsim::jaro_winkler(&name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    match meant {
        Some((_, candidate)) => format!("did you mean {candidate}?"),
        None => format!("fields here are {}", known.keys().map(String::as_str).collect::<Vec<_>>().join(", ")),
    }
}
