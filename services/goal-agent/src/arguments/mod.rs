//! From JSON to a typed request, the same for every door, with a refusal that a model can act on.
//!
//! Names and kinds of values are checked against the schema, all at once, so that one answer is enough to mend
//! a call. What serde finds then is told with the path to it, in the same plain words.

pub mod schema;

mod meant;
mod wanted;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use self::wanted::Wanted;
use crate::{Described, Refusal};

/// Problems named in one refusal.
const PROBLEMS_MAX: usize = 10;

/// The one object in which null says something: clear this. Everywhere else it says "not given", as many clients do.
const CLEARING: &str = "set";

/// The request that these arguments mean, by the schema of its type.
///
/// # Errors
/// VALIDATION names the field, and the others that are wrong in `also`.
pub fn read<T: DeserializeOwned>(schema: &Map<String, Value>, arguments: Map<String, Value>) -> Result<T, Described> {
    let schema = Schema { root: schema };
    let mut arguments = Value::Object(arguments);
    schema.drop_nulls(schema.root, &mut arguments);
    let mut problems = Vec::new();
    schema.check(schema.root, &arguments, "", &mut problems);
    if let Some(refused) = refuse(problems) {
        return Err(refused);
    }
    serde_path_to_error::deserialize(&arguments).map_err(|error| {
        let field = error.path().to_string();
        match schema.at(&field, &arguments) {
            Some((wanted, value)) if !value.is_object() && !value.is_array() => {
                Problem { text: wanted.refusal(value), hint: wanted.hint(value), field }.into()
            }
            _ => Refusal::validation("arguments", error.into_inner().to_string()).describe(),
        }
    })
}

/// Adds what is known of a field to a refusal that says nothing more about it.
pub fn explain(schema: &Map<String, Value>, described: &mut Described) {
    if described.hint.is_none()
        && let Some(field) = described.details.get("field").and_then(Value::as_str)
    {
        described.hint = Schema { root: schema }.description(field);
    }
}

/// A field that should not be there, one that should, or one that should be something else.
struct Problem {
    field: String,
    text: String,
    hint: Option<String>,
}

impl From<Problem> for Described {
    fn from(Problem { field, text, hint }: Problem) -> Self {
        Self { hint, ..Refusal::validation(field, text).describe() }
    }
}

fn refuse(mut problems: Vec<Problem>) -> Option<Described> {
    problems.truncate(PROBLEMS_MAX);
    let mut problems = problems.into_iter();
    let mut described = Described::from(problems.next()?);
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
        described.details.insert("also".to_owned(), others.into());
    }
    Some(described)
}

struct Schema<'a> {
    root: &'a Map<String, Value>,
}

impl<'a> Schema<'a> {
    /// Leaves out what is null and might as well not be there.
    fn drop_nulls(&self, schema: &'a Map<String, Value>, value: &mut Value) {
        match (value, schema.get("properties")) {
            (Value::Object(given), Some(Value::Object(known))) => {
                given.retain(|name, value| !value.is_null() || !known.contains_key(name) || is_required(schema, name));
                for (name, value) in given.iter_mut().filter(|(name, _)| *name != CLEARING) {
                    if let Some(property) = known.get(name).and_then(|property| self.resolve(property)) {
                        self.drop_nulls(property, value);
                    }
                }
            }
            (Value::Array(items), _) => {
                let Some(item) = schema.get("items").and_then(|item| self.resolve(item)) else { return };
                items.iter_mut().for_each(|value| self.drop_nulls(item, value));
            }
            _ => {}
        }
    }

    fn check(&self, schema: &'a Map<String, Value>, value: &Value, path: &str, problems: &mut Vec<Problem>) {
        if problems.len() >= PROBLEMS_MAX {
            return;
        }
        let wanted = Wanted::of(path, schema);
        if !wanted.fits(value) {
            let (text, hint) = (wanted.instead_of(value), wanted.hint(value));
            return problems.push(Problem { field: path.to_owned(), text, hint });
        }
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
        // A map with free keys, such as metadata, has no properties of its own.
        let Some(Value::Object(known)) = schema.get("properties") else { return };
        for (name, value) in given.iter().take(known.len() + PROBLEMS_MAX) {
            match known.get(name) {
                // What can be cleared and what cannot, serde knows.
                Some(_) if path == CLEARING && value.is_null() => {}
                Some(property) => {
                    if let Some(property) = self.resolve(property) {
                        self.check(property, value, &below(path, name), problems);
                    }
                }
                None => problems.push(Problem {
                    field: below(path, name),
                    text: "there is no such field".to_owned(),
                    hint: Some(meant::by(name, path, known, given)),
                }),
            }
        }
        for name in required(schema).filter(|name| !given.contains_key(*name)) {
            problems.push(Problem {
                field: below(path, name),
                text: "is missing".to_owned(),
                hint: known.get(name).and_then(|property| self.resolve(property)).and_then(wanted::description),
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

    /// What a field at this path means; of something in a list, what the list does.
    fn description(&self, path: &str) -> Option<String> {
        let (mut schema, mut about) = (self.root, None);
        for step in path.split(['.', '[']).filter(|step| !step.is_empty() && !step.ends_with(']')) {
            let field =
                schema.get("properties").and_then(|known| known.get(step)).and_then(|field| self.resolve(field));
            let Some(field) = field else { break };
            about = wanted::description(field).or(about);
            schema = field.get("items").and_then(|items| self.resolve(items)).unwrap_or(field);
        }
        about
    }

    /// What is wanted at this path, and what is there.
    fn at<'v>(&self, path: &str, arguments: &'v Value) -> Option<(Wanted<'a>, &'v Value)> {
        let (mut schema, mut value) = (self.root, arguments);
        for step in path.split(['.', '[']).map(|step| step.trim_end_matches(']')).filter(|step| !step.is_empty()) {
            let next = match step.parse::<usize>() {
                Ok(index) => {
                    value = value.get(index)?;
                    schema.get("items")
                }
                Err(_) => {
                    value = value.get(step)?;
                    schema.get("properties").and_then(|known| known.get(step))
                }
            };
            schema = self.resolve(next?)?;
        }
        Some((Wanted::of(path, schema), value))
    }
}

fn required(schema: &Map<String, Value>) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn is_required(schema: &Map<String, Value>, name: &str) -> bool {
    required(schema).any(|required| required == name)
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
