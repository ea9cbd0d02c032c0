//! Bodies of requests, the same for every door: from JSON to events, and from the log back.

use domain::{Goal, GoalEvent, GoalId, Instruction, TaskId, Timestamp, goal::decide, limits, upcast};
use goal_agent::{
    Refusal,
    fuzzing::{Request, commands},
};

const GOAL: GoalId = GoalId(1);

/// Requests to one goal, one after the other.
const REQUESTS_MAX: usize = 16;

/// Lines of JSON, such as `{"create_goal": {"title": "..."}}`.
pub fn request_body(data: &[u8]) {
    let mut goal = Goal::default();
    for line in data.split(|byte| *byte == b'\n').take(REQUESTS_MAX) {
        let Ok(request) = serde_json::from_slice::<Request>(line) else { continue };
        match carry_out(&goal, request) {
            Ok(events) => events.iter().for_each(|event| happened(&mut goal, event)),
            Err(refusal) => assert_tells(&refusal),
        }
    }
}

fn carry_out(goal: &Goal, request: Request) -> Result<Vec<GoalEvent>, Refusal> {
    let at = Timestamp::UNIX_EPOCH;
    let last = goal.tasks.get_max().map_or(TaskId(0), |(id, _)| *id);
    let commands = commands(request, GOAL, last, at)?;
    Ok(decide(goal, &Instruction { at, expect: Vec::new(), commands, noted: false })?)
}

/// What was decided can be stored, and is read back as it was.
fn happened(goal: &mut Goal, event: &GoalEvent) {
    let stored = serde_json::to_string(event).expect("an event is JSON");
    assert!(stored.len() <= limits::PAYLOAD_BYTES_MAX && !stored.contains("\\u0000"), "Postgres would refuse {stored}");
    let read = upcast::read(event.name(), event.version(), &stored);
    assert_eq!(read.ok().as_ref(), Some(event), "{stored}");
    goal.evolve(event);
}

fn assert_tells(refusal: &Refusal) {
    assert!(!refusal.is_failure(), "{refusal} is no fault of the caller's");
    let described = refusal.describe();
    assert!(!described.message.is_empty(), "{described:?}");
    let names_field =
        described.details.get("field").and_then(|field| field.as_str()).is_some_and(|field| !field.is_empty());
    assert!(names_field || !["VALIDATION", "TOO_BIG"].contains(&described.code), "{described:?}");
}
