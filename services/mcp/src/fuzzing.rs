//! What must hold whatever a client says, as far as the agent. For `deploy/fuzzing` alone.

use std::fmt::Debug;

use goal_agent::request::{
    AddComment, AddTasks, Claim, Complete, CreateGoal, Find, Get, History, Outlook, Undo, Update,
};
use rmcp::{
    ErrorData,
    model::{ClientJsonRpcMessage, ClientRequest, JsonObject},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    answer::{QUOTED_CHARACTERS_MAX, Told},
    arguments, compat,
    stdio::reader::{self, Heard},
    tools::Tool,
};

/// Bytes of an answer to a line that is no message.
const PROTOCOL_ERROR_BYTES_MAX: usize = 1_000;

/// A line comes in over stdio. What is a call is read as far as the agent would get it.
pub fn line(line: &[u8]) {
    match reader::hear(line) {
        Heard::Nothing => {}
        Heard::Wrong(error, _) => assert_explains(&error),
        Heard::Message(message) => {
            if let ClientJsonRpcMessage::Request(request) = *message
                && let ClientRequest::CallToolRequest(call) = request.request
            {
                called(&call.params.name, call.params.arguments.unwrap_or_default());
            }
        }
    }
}

/// By its name it may be of either profile.
fn called(name: &str, given: JsonObject) {
    if let Some(tool) = compat::Tool::named(name) {
        compat::fuzzing::arguments(tool, given.clone());
    }
    if let Some(tool) = Tool::named(name) {
        arguments(tool, given);
    }
}

fn assert_explains(error: &ErrorData) {
    let length = error.message.len();
    assert!((1..=PROTOCOL_ERROR_BYTES_MAX).contains(&length), "{length} bytes: {}", error.message);
}

fn arguments(tool: Tool, given: JsonObject) {
    match tool {
        Tool::AddTasks => request::<AddTasks>(tool, given),
        Tool::Claim => request::<Claim>(tool, given),
        Tool::Comment => request::<AddComment>(tool, given),
        Tool::Complete => request::<Complete>(tool, given),
        Tool::CreateGoal => request::<CreateGoal>(tool, given),
        Tool::Find => request::<Find>(tool, given),
        Tool::Get => request::<Get>(tool, given),
        Tool::History => request::<History>(tool, given),
        Tool::Plan => request::<Outlook>(tool, given),
        Tool::Undo => request::<Undo>(tool, given),
        Tool::Update => request::<Update>(tool, given),
    }
}

/// What was understood can be said again and means the same.
fn request<T: DeserializeOwned + Serialize + PartialEq + Debug>(tool: Tool, given: JsonObject) {
    let request: T = match arguments::read(tool, given) {
        Ok(request) => request,
        Err(told) => return assert_tells(told),
    };
    let Ok(Value::Object(written)) = serde_json::to_value(&request) else { panic!("{request:?} is no object") };
    assert_eq!(arguments::read::<T>(tool, written).ok(), Some(request));
}

pub(crate) fn assert_tells(told: Told) {
    assert!(!told.is_failure, "{told:?} is no fault of the caller's");
    let told = told.into_result().structured_content.unwrap_or_default();
    let text = |field: &str| told[field].as_str().unwrap_or_default().to_owned();
    assert!(text("code") == "VALIDATION" && !text("message").is_empty() && told["field"].is_string(), "{told}");
    assert!(all_are_short(&told), "{told}");
}

fn all_are_short(value: &Value) -> bool {
    match value {
        // One more, which says that there was more.
        Value::String(text) => text.chars().count() <= QUOTED_CHARACTERS_MAX + 1,
        Value::Array(items) => items.iter().all(all_are_short),
        Value::Object(fields) => fields.values().all(all_are_short),
        _ => true,
    }
}
