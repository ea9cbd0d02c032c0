//! The field that was probably meant by a name that there is not.

use serde_json::{Map, Value};

/// How like a known name an unknown one must be to be taken for a slip; 1 is equal.
const LIKENESS_MIN: f64 = 0.7;

/// Characters of an unknown name that are compared with the known ones.
const NAME_CHARACTERS_MAX: usize = 64;

/// Names that other tools taught: the object they are tried in, if it matters; the name; the field beside it that is meant, or what to do.
const ALIASES: [(&str, &str, &str); 19] = [
    ("", "name", "title"),
    ("", "subject", "title"),
    ("", "summary", "title"),
    ("", "details", "description"),
    ("", "depends_on", "after"),
    ("", "dependencies", "after"),
    ("", "blocked_by", "after"),
    ("", "children", "subtasks"),
    ("", "tasks", "subtasks"),
    ("", "acceptance_criteria", "accept"),
    ("", "labels", "tags"),
    ("", "due_date", "due"),
    ("", "owner", "assignee"),
    ("", "query", "q"),
    ("set", "tags", "use add.tags or remove.tags"),
    ("set", "after", "use add.after or remove.after"),
    ("set", "depends_on", "use add.after or remove.after"),
    ("set", "dependencies", "use add.after or remove.after"),
    ("tasks", "status", "leave it out: tasks begin as pending, and update sets another status"),
];

/// The known field that was probably meant by a name in the object at this path, or all that there are.
pub(crate) fn by(name: &str, path: &str, known: &Map<String, Value>, given: &Map<String, Value>) -> String {
    let name: String = name.to_lowercase().chars().take(NAME_CHARACTERS_MAX).collect();
    let free = |field: &str| known.contains_key(field) && !given.contains_key(field);
    if let Some(instead) = alias(&name, path, free).or_else(|| likest(&name, known, free)) {
        return instead;
    }
    if known.is_empty() {
        return "leave it out: there are no fields here".to_owned();
    }
    format!("fields here are {}", known.keys().map(String::as_str).collect::<Vec<_>>().join(", "))
}

fn alias(name: &str, path: &str, free: impl Fn(&str) -> bool) -> Option<String> {
    // `tasks[0].subtasks[3]` is an object like any other of `tasks`.
    let object = path.split('[').next().unwrap_or_default();
    ALIASES.iter().filter(|(_, alias, _)| *alias == name).find_map(|(place, _, meant)| match *place {
        "" => free(meant).then(|| did_you_mean(meant)),
        place => (place == object).then(|| (*meant).to_owned()),
    })
}

fn likest(name: &str, known: &Map<String, Value>, free: impl Fn(&str) -> bool) -> Option<String> {
    known
        .keys()
        .filter(|field| free(field))
        .map(|field| (strsim::jaro_winkler(name, field), field))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, field)| did_you_mean(field))
}

fn did_you_mean(field: &str) -> String {
    format!("did you mean {field}?")
}
