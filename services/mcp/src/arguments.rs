//! From what a client sent to a typed request, as every door reads it.

use goal_agent::arguments;
use rmcp::model::JsonObject;
use serde::de::DeserializeOwned;

use crate::{answer::Told, tools::Tool};

/// The request that these arguments mean.
pub(crate) fn read<T: DeserializeOwned>(tool: Tool, given: JsonObject) -> Result<T, Told> {
    read_by(tool.full_schema(), given)
}

/// The same by a schema of somebody else's.
pub(crate) fn read_by<T: DeserializeOwned>(schema: &JsonObject, given: JsonObject) -> Result<T, Told> {
    arguments::read(schema, given).map_err(|described| Told { described, is_failure: false })
}

/// What is known of a field, for a refusal that says nothing more about it.
pub(crate) fn explained(schema: &JsonObject, mut told: Told) -> Told {
    arguments::explain(schema, &mut told.described);
    told
}
