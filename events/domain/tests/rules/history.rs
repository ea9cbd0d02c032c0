//! What was stored once is read for ever, and today's shapes are the ones on record.

use std::path::PathBuf;

use cqrs_es::DomainEvent;
use domain::{GoalEvent, schema, upcast};
use serde_json::{Value, json};

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[expect(clippy::disallowed_methods, reason = "samples and schemas are files; only the crate itself does no I/O")]
fn read(folder_name: &str, file: &str) -> String {
    std::fs::read_to_string(folder(folder_name).join(file)).unwrap_or_default()
}

/// Name of the event, version of its shape, stored bytes.
fn samples() -> Vec<(String, String, String)> {
    let entries = std::fs::read_dir(folder("history")).unwrap();
    let mut files: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    files.sort();
    let sample = |file: String| {
        let mut parts = file.split('.');
        let (name, version) = (parts.next().unwrap(), parts.next().unwrap());
        (name.to_owned(), version.trim_start_matches('v').to_owned(), read("history", &file))
    };
    files.into_iter().map(sample).collect()
}

#[test]
fn every_shape_that_was_ever_stored_is_read() {
    for (name, version, stored) in samples() {
        let event = upcast::read(&name, &version, &stored).unwrap_or_else(|error| panic!("{name} v{version}: {error}"));
        assert_eq!(event.name(), name);
    }
}

#[test]
fn every_event_has_a_sample_of_todays_shape_and_is_stored_as_it_was() {
    let samples = samples();
    for name in GoalEvent::NAMES {
        assert!(samples.iter().any(|(sampled, ..)| sampled == name), "no history/{name}.v1.json");
    }
    for (name, version, stored) in samples {
        let event: GoalEvent = upcast::read(&name, &version, &stored).unwrap();
        if event.version() == version {
            assert_eq!(serde_json::to_string(&event).unwrap(), stored, "the shape of {name} has changed");
        }
    }
}

#[test]
fn what_is_stored_today_is_read_by_the_name_and_version_it_is_stored_with() {
    for (name, version, stored) in samples() {
        let event = upcast::read(&name, &version, &stored).unwrap();
        assert_eq!(event.event_type(), name);
        let stored = serde_json::to_string(&event).unwrap();
        assert_eq!(upcast::read(&name, &event.event_version(), &stored).unwrap(), event);
    }
}

#[test]
fn every_event_but_one_names_what_it_changed_with_what_was_and_what_is() {
    for (name, version, stored) in samples() {
        let event = upcast::read(&name, &version, &stored).unwrap();
        let differences = event.differences();
        assert_eq!(differences.is_empty(), name == "command_noted", "{name}");
        let data = json!(event)["data"].clone();
        let named = |side: &str| {
            let value = data.get(side).filter(|value| !value.is_null());
            value.is_none_or(|value| differences.iter().any(|difference| json!(difference).get(side) == Some(value)))
        };
        assert!(named("from") && named("to"), "{name}: {differences:?}");
    }
}

#[test]
fn schemas_are_up_to_date() {
    let schemas = schema::events();
    assert_eq!(schemas.iter().map(|(name, _)| *name).collect::<Vec<_>>(), GoalEvent::NAMES);
    for (name, schema) in schemas {
        assert_eq!(schema["title"], json!(name));
        assert!(
            read("schemas", &format!("{name}.v1.json")) == format!("{schema:#}\n"),
            "schemas/{name}.v1.json is out of date; write it with `cargo run -p domain --example schemas`"
        );
    }
    assert_eq!(std::fs::read_dir(folder("schemas")).unwrap().count(), GoalEvent::NAMES.len());
}

#[test]
fn every_sample_is_valid_by_its_schema_and_a_wrong_payload_is_not() {
    for (name, _, stored) in samples() {
        let schema: Value = serde_json::from_str(&read("schemas", &format!("{name}.v1.json"))).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let payload: Value = serde_json::from_str(&stored).unwrap();
        assert!(validator.is_valid(&payload), "{name}: {:?}", validator.iter_errors(&payload).next());
        let mut another_type = payload.clone();
        another_type["type"] = json!("goal_updated");
        assert!(!validator.is_valid(&another_type), "{name} takes another type");
        let fields: Vec<String> = payload["data"].as_object().unwrap().keys().cloned().collect();
        // Metadata values may be anything, also what is wrong everywhere else.
        let metadata = name.ends_with("metadata_set");
        for field in fields.iter().filter(|field| !metadata || *field == "key" || *field == "task") {
            let mut wrong = payload.clone();
            wrong["data"][field] = json!([[false]]);
            assert!(!validator.is_valid(&wrong), "{name} takes a wrong {field}");
        }
    }
}

#[test]
fn every_event_is_in_the_catalogue() {
    let catalogue = read("..", "README.md");
    for name in GoalEvent::NAMES {
        assert!(catalogue.contains(&format!("| `{name}` |")), "events/README.md says nothing of {name}");
    }
}
