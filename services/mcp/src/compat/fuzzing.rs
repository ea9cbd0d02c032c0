//! What must hold whatever a client of the first implementation says, as far as the agent. For `deploy/fuzzing` alone.

use std::fmt::Debug;

use rmcp::model::JsonObject;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Tool, read, requests, texts};
use crate::fuzzing::assert_tells;

/// Arguments come in, some of them perhaps as JSON in a text.
pub(crate) fn arguments(tool: Tool, given: JsonObject) {
    let given = texts::opened(tool.schema(), given);
    match tool {
        Tool::BatchGetTasks => request::<requests::BatchGetTasks>(tool, given),
        Tool::BatchUpdateTasks => request::<requests::BatchUpdateTasks>(tool, given),
        Tool::BreakDownGoal => request::<requests::BreakDownGoal>(tool, given),
        Tool::CreateGoal => request::<requests::CreateGoal>(tool, given),
        Tool::DeleteGoal => request::<requests::DeleteGoal>(tool, given),
        Tool::DeleteTask => request::<requests::DeleteTask>(tool, given),
        Tool::GenerateExecutionPlan => request::<requests::GenerateExecutionPlan>(tool, given),
        Tool::GetAgentStatus => request::<requests::GetAgentStatus>(tool, given),
        Tool::GetGoal => request::<requests::GetGoal>(tool, given),
        Tool::GetNextTasks => request::<requests::GetNextTasks>(tool, given),
        Tool::GetTask => request::<requests::GetTask>(tool, given),
        Tool::ListGoals => request::<requests::ListGoals>(tool, given),
        Tool::UpdateGoal => request::<requests::UpdateGoal>(tool, given),
        Tool::UpdateTaskStatus => request::<requests::UpdateTaskStatus>(tool, given),
    }
}

/// What was understood can be said again and means the same.
fn request<T: DeserializeOwned + Serialize + PartialEq + Debug>(tool: Tool, given: JsonObject) {
    let request: T = match read(tool, given) {
        Ok(request) => request,
        Err(told) => return assert_tells(told),
    };
    let Ok(Value::Object(written)) = serde_json::to_value(&request) else { panic!("{request:?} is no object") };
    assert_eq!(read::<T>(tool, texts::opened(tool.schema(), written)).ok(), Some(request));
}
