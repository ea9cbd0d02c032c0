//! What can be seen of a goal and of a task, by the names that the tools use, and how two states of it differ.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    difference::Difference,
    state::{Goal, Task},
    vocabulary::Subject,
};

/// Fields with a value, by name.
pub type Fields = BTreeMap<&'static str, Value>;

impl Goal {
    /// What can be seen of the goal itself.
    pub fn fields(&self) -> Fields {
        let mut fields = Fields::new();
        set(&mut fields, "title", &self.title);
        set(&mut fields, "description", &self.description);
        set(&mut fields, "priority", self.priority);
        set(&mut fields, "status", self.status);
        set(&mut fields, "archived", self.archived);
        set(&mut fields, "tags", &self.tags);
        set(&mut fields, "due", self.due);
        set(&mut fields, "assignee", &self.assignee);
        set(&mut fields, "metadata", &self.metadata);
        set(&mut fields, "links", &self.links);
        fields
    }

    /// The goal and each of its tasks, with what can be seen of them.
    pub fn subjects(&self) -> BTreeMap<Subject, Fields> {
        let goal = self.id.map(|id| (Subject::from(id), self.fields()));
        let tasks = self.tasks.iter().map(|(id, task)| (Subject::from(*id), task.fields()));
        goal.into_iter().chain(tasks).collect()
    }

    /// What is different later: of each goal or task that changed, the fields that did.
    pub fn differences(&self, later: &Self) -> BTreeMap<Subject, Vec<Difference>> {
        let before = self.subjects();
        let nothing = Fields::new();
        let compared = later.subjects().into_iter().map(|(subject, after)| {
            let differences = between(before.get(&subject).unwrap_or(&nothing), &after);
            (subject, differences)
        });
        compared.filter(|(_, differences)| !differences.is_empty()).collect()
    }
}

impl Task {
    /// What can be seen of the task.
    pub fn fields(&self) -> Fields {
        let mut fields = Fields::new();
        set(&mut fields, "title", &self.title);
        set(&mut fields, "description", &self.description);
        set(&mut fields, "priority", self.priority);
        set(&mut fields, "status", self.status);
        set(&mut fields, "archived", self.archived);
        set(&mut fields, "parent", self.parent);
        set(&mut fields, "tags", &self.tags);
        set(&mut fields, "after", &self.after);
        set(&mut fields, "accept", self.criteria.values().map(|held| json!(held)).collect::<Vec<_>>());
        set(&mut fields, "estimate", self.estimate_minutes);
        set(&mut fields, "due", self.due);
        set(&mut fields, "assignee", &self.assignee);
        set(&mut fields, "metadata", &self.metadata);
        set(&mut fields, "links", &self.links);
        set(&mut fields, "claim", &self.claim);
        set(&mut fields, "result", &self.result);
        fields
    }
}

/// What is empty is not there.
fn set(fields: &mut Fields, name: &'static str, value: impl Serialize) {
    let value = serde_json::to_value(value).unwrap_or_default();
    let is_empty = match &value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(items) => items.is_empty(),
        _ => false,
    };
    if !is_empty {
        fields.insert(name, value);
    }
}

fn between(before: &Fields, after: &Fields) -> Vec<Difference> {
    let mut names: Vec<&str> = before.keys().chain(after.keys()).copied().collect();
    names.sort_unstable();
    names.dedup();
    let value = |fields: &Fields, name: &str| fields.get(name).cloned().unwrap_or_default();
    let compared = names.into_iter().map(|name| Difference {
        field: name.to_owned(),
        from: value(before, name),
        to: value(after, name),
    });
    compared.filter(|difference| difference.from != difference.to).collect()
}
