//! JSON that came as a text: the first implementation took its lists and objects so, and what was written for it goes on sending them.

use rmcp::model::JsonObject;
use serde_json::Value;

/// The field that keeps a text, and was given anything.
const KEPT_AS_TEXT: &str = "result";

/// The arguments with every list and object as itself, wherever the schema wants one and a text holds it. A text that holds none stays, and
/// is refused as what it is; an empty one says nothing.
pub(super) fn opened(schema: &JsonObject, mut arguments: JsonObject) -> JsonObject {
    open_fields(schema, &mut arguments);
    arguments
}

fn open_fields(schema: &JsonObject, given: &mut JsonObject) {
    let Some(known) = schema.get("properties").and_then(Value::as_object) else { return };
    for (name, value) in given {
        let Some(wanted) = known.get(name).and_then(Value::as_object) else { continue };
        match value {
            Value::String(_) | Value::Null => open(wanted, value),
            _ if name == KEPT_AS_TEXT => *value = value.to_string().into(),
            _ => open(wanted, value),
        }
    }
}

fn open(wanted: &JsonObject, value: &mut Value) {
    let kind = wanted.get("type").and_then(Value::as_str).unwrap_or_default();
    if let (Some(text), "array" | "object") = (value.as_str(), kind) {
        let read = match text.trim() {
            "" => Some(Value::Null),
            text => serde_json::from_str(text).ok().filter(|read| is_of(kind, read)),
        };
        if let Some(read) = read {
            *value = read;
        }
    }
    match value {
        Value::Array(items) => {
            let Some(item) = wanted.get("items").and_then(Value::as_object) else { return };
            items.iter_mut().for_each(|value| open(item, value));
        }
        Value::Object(fields) => open_fields(wanted, fields),
        _ => {}
    }
}

/// A text may hold `null`, which says nothing.
fn is_of(kind: &str, read: &Value) -> bool {
    read.is_null() || (kind == "array" && read.is_array()) || (kind == "object" && read.is_object())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::Tool, *};

    fn opened_by(tool: Tool, given: Value) -> Value {
        let Value::Object(given) = given else { panic!("arguments are an object") };
        Value::Object(opened(tool.schema(), given))
    }

    #[test]
    fn what_is_wanted_as_a_list_or_an_object_may_come_as_its_text() {
        let given = json!({ "description": "[1]", "repos": "[\"a\"]", "metadata": "{\"k\": \"[1]\"}" });
        let read = json!({ "description": "[1]", "repos": ["a"], "metadata": { "k": "[1]" } });
        assert_eq!(opened_by(Tool::CreateGoal, given), read);
        assert_eq!(opened_by(Tool::CreateGoal, read.clone()), read, "what is itself stays");
    }

    #[test]
    fn a_list_may_come_as_its_text_within_what_came_as_its_text() {
        let subtasks = json!([{ "description": "x", "dependencies": "[\"TASK-0001\"]" }]);
        let given = json!({ "goal_id": "GOAL-0001", "subtasks": subtasks.to_string() });
        assert_eq!(opened_by(Tool::BreakDownGoal, given)["subtasks"][0]["dependencies"], json!(["TASK-0001"]));
    }

    #[test]
    fn an_empty_text_says_nothing_and_one_without_json_stays() {
        let given = json!({ "repos": " ", "metadata": "null" });
        assert_eq!(opened_by(Tool::CreateGoal, given), json!({ "repos": null, "metadata": null }));
        let wrong = json!({ "repos": "[\"a\"", "metadata": "[]" });
        assert_eq!(opened_by(Tool::CreateGoal, wrong.clone()), wrong);
    }

    #[test]
    fn a_result_is_kept_as_the_text_of_what_it_is() {
        let given = json!({ "updates": [{ "result": { "green": true } }, { "result": "done" }] });
        let read = json!({ "updates": [{ "result": "{\"green\":true}" }, { "result": "done" }] });
        assert_eq!(opened_by(Tool::BatchUpdateTasks, given), read);
    }
}
