//! Bringing old shapes of stored events up to today's, one version at a time.

use std::cmp::Ordering;

use cqrs_es::persist::{EventUpcaster, SerializedEvent};
use serde_json::Value;

use crate::{GoalEvent, recorded::UnreadableReason};

/// A stored version that no upcaster knows: written by a newer program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("version {version} of {event_type} is newer than this program, which knows up to {known}")]
pub struct UnknownVersion {
    event_type: String,
    version: String,
    known: u32,
}

/// Lifts one version of one event to the next.
struct Step {
    event_type: &'static str,
    from: u32,
    lift: fn(Value) -> Value,
}

/// Every lift there is, oldest first. Today's shapes are all first ones, so there is none to lift yet; the tests bring their own.
const STEPS: &[Step] = &[];

/// Reads stored bytes into today's shape.
///
/// # Errors
/// When the version is newer than this program, or the bytes are not the JSON they should be.
pub fn read(event_type: &str, event_version: &str, payload: &str) -> Result<GoalEvent, UnreadableReason> {
    read_with(STEPS, event_type, event_version, payload)
}

fn read_with(
    steps: &[Step],
    event_type: &str,
    event_version: &str,
    payload: &str,
) -> Result<GoalEvent, UnreadableReason> {
    let known = current_version(steps, event_type);
    let unknown = || UnknownVersion { event_type: event_type.into(), version: event_version.into(), known };
    let version: u32 = event_version.parse().map_err(|_| unknown())?;
    match version.cmp(&known) {
        // The straight way: nearly every event has today's shape, and needs no tree of values in between.
        Ordering::Equal => Ok(serde_json::from_str(payload)?),
        Ordering::Less => {
            let value = lift(steps, event_type, version, serde_json::from_str(payload)?);
            Ok(serde_json::from_value(value)?)
        }
        Ordering::Greater => Err(unknown().into()),
    }
}

fn current_version(steps: &[Step], event_type: &str) -> u32 {
    steps.iter().filter(|step| step.event_type == event_type).map(|step| step.from + 1).max().unwrap_or(1)
}

fn lift(steps: &[Step], event_type: &str, from: u32, payload: Value) -> Value {
    let due = steps.iter().filter(|step| step.event_type == event_type && step.from >= from);
    due.fold(payload, |payload, step| (step.lift)(payload))
}

/// The same lifts in the form that postgres-es takes on its cold loads.
pub fn upcasters() -> Vec<Box<dyn EventUpcaster>> {
    vec![Box::new(Lifts(STEPS))]
}

struct Lifts(&'static [Step]);

impl EventUpcaster for Lifts {
    fn can_upcast(&self, event_type: &str, event_version: &str) -> bool {
        event_version.parse::<u32>().is_ok_and(|version| version < current_version(self.0, event_type))
    }

    fn upcast(&self, event: SerializedEvent) -> SerializedEvent {
        let from = event.event_version.parse().unwrap_or(1);
        SerializedEvent {
            payload: lift(self.0, &event.event_type, from, event.payload),
            event_version: current_version(self.0, &event.event_type).to_string(),
            ..event
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// As if titles had once been called names, and had once been given in capitals.
    const RENAMED: &[Step] = &[
        Step { event_type: "goal_retitled", from: 1, lift: rename },
        Step { event_type: "goal_retitled", from: 2, lift: lower },
    ];

    fn rename(mut payload: Value) -> Value {
        let data = payload["data"].take();
        payload["data"] = json!({ "from": data["old_name"], "to": data["new_name"] });
        payload
    }

    fn lower(mut payload: Value) -> Value {
        for field in ["from", "to"] {
            payload["data"][field] = json!(payload["data"][field].as_str().unwrap_or_default().to_lowercase());
        }
        payload
    }

    #[test]
    fn an_old_shape_is_lifted_version_by_version() {
        let first = r#"{"type":"goal_retitled","data":{"old_name":"OLD","new_name":"NEW"}}"#;
        let second = r#"{"type":"goal_retitled","data":{"from":"OLD","to":"NEW"}}"#;
        let third = r#"{"type":"goal_retitled","data":{"from":"old","to":"new"}}"#;
        let expected = GoalEvent::GoalRetitled { from: "old".into(), to: "new".into() };
        for (version, payload) in [("1", first), ("2", second), ("3", third)] {
            assert_eq!(read_with(RENAMED, "goal_retitled", version, payload).unwrap(), expected);
        }
    }

    #[test]
    fn postgres_es_lifts_the_same_way() {
        let stored = SerializedEvent::new(
            "GOAL-0001".into(),
            2,
            "goal".into(),
            "goal_retitled".into(),
            "1".into(),
            json!({"type": "goal_retitled", "data": {"old_name": "OLD", "new_name": "NEW"}}),
            json!({}),
        );
        let lifts = Lifts(RENAMED);
        assert!(lifts.can_upcast("goal_retitled", "1") && !lifts.can_upcast("goal_retitled", "3"));
        let lifted = lifts.upcast(stored);
        assert_eq!(lifted.event_version, "3");
        assert_eq!(lifted.payload["data"]["to"], "new");
    }

    #[test]
    fn a_newer_version_is_an_error_and_never_a_guess() {
        let error = read("goal_archived", "2", r#"{"type":"goal_archived","data":{}}"#).unwrap_err();
        assert!(error.to_string().contains("newer than this program"), "{error}");
        assert!(read("goal_archived", "one", r#"{"type":"goal_archived","data":{}}"#).is_err());
    }
}
