//! `fields=`: only these fields of each row, for those who show many.

use std::{collections::BTreeSet, sync::LazyLock};

use goal_agent::{
    Refusal,
    rows::{GoalRow, TaskRow},
};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;

use crate::{problem::Problem, query::Parameters};

/// The fields of a goal, by the type itself.
pub(crate) static OF_GOALS: LazyLock<BTreeSet<String>> = LazyLock::new(names::<GoalRow>);
/// The fields of a task.
pub(crate) static OF_TASKS: LazyLock<BTreeSet<String>> = LazyLock::new(names::<TaskRow>);

fn names<T: JsonSchema>() -> BTreeSet<String> {
    let schema = SchemaGenerator::default().into_root_schema_for::<T>();
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flat_map(|properties| properties.keys().cloned()).collect()
}

/// The fields that are wanted; all without a word about it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields(Option<BTreeSet<String>>);

impl Fields {
    pub(crate) fn read(parameters: &Parameters, known: &BTreeSet<String>) -> Result<Self, Problem> {
        let Some(text) = parameters.text("fields") else { return Ok(Self(None)) };
        let wanted: BTreeSet<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
        match wanted.iter().find(|name| !known.contains(*name)) {
            None => Ok(Self(Some(wanted))),
            Some(unknown) => {
                let shown: String = unknown.chars().take(40).collect();
                let all = known.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                Err(Problem::from(Refusal::validation("fields", format!("there is no field `{shown}`")))
                    .hint(format!("there are {all}")))
            }
        }
    }

    /// Whether a field is among them.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.as_ref().is_none_or(|wanted| wanted.contains(name))
    }

    /// Writes a row with these fields only.
    pub(crate) fn write(&self, row: &impl Serialize, into: &mut Vec<u8>) {
        // Neither fails: rows have text keys and finite numbers only, and memory takes everything.
        if self.0.is_none() {
            let _ = serde_json::to_writer(into, row);
        } else if let Ok(mut row) = serde_json::to_value(row) {
            self.pick(&mut row);
            let _ = serde_json::to_writer(into, &row);
        }
    }

    /// Takes the others away from a row, or from each of a list.
    pub(crate) fn pick(&self, rows: &mut Value) {
        let Some(wanted) = &self.0 else { return };
        match rows {
            Value::Array(rows) => rows.iter_mut().for_each(|row| self.pick(row)),
            Value::Object(row) => row.retain(|name, _| wanted.contains(name)),
            _ => {}
        }
    }
}
