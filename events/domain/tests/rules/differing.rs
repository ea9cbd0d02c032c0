//! What an event says that it changed is what changed.

use domain::{
    Goal, GoalEvent,
    goal::{Difference, Subject},
};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};

use crate::random::{config, steps, tell};

/// The field of a goal or task that a difference is about: of `metadata.ticket` it is `metadata`, and criteria that are met are `accept`.
fn field(difference: &Difference) -> &str {
    match difference.field.split('.').next().unwrap_or_default() {
        "met" => "accept",
        name => name,
    }
}

/// Fields that an event ends or sets without naming them: an answer ends the claim, opening again takes the answer back, and everything
/// begins as pending.
fn follows(event: &GoalEvent, changed: &str) -> bool {
    match event {
        GoalEvent::GoalCreated { .. } | GoalEvent::TaskAdded { .. } => changed == "status",
        GoalEvent::TaskCompleted { .. } | GoalEvent::TaskFailed { .. } | GoalEvent::TaskCancelled { .. } => {
            changed == "claim"
        }
        GoalEvent::TaskReopened { .. } => changed == "result",
        _ => false,
    }
}

#[test]
fn what_changed_is_what_the_event_names() {
    let result = TestRunner::new(config()).run(&steps(), |steps| {
        for told in tell(&steps) {
            let mut goal = told.before.clone();
            for event in told.outcome.iter().flatten() {
                let before = goal.clone();
                goal.evolve(event);
                let named = event.differences();
                let about = event.task().map(Subject::from).or(goal.id.map(Subject::from));
                for (subject, changes) in before.differences(&goal) {
                    prop_assert_eq!(Some(subject), about, "{:?}", event);
                    for change in changes {
                        let is_named = named.iter().any(|difference| field(difference) == change.field);
                        prop_assert!(is_named || follows(event, &change.field), "{:?} {:?}", event, change);
                    }
                }
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn a_change_has_both_sides_and_a_beginning_only_one() {
    let event: GoalEvent = serde_json::from_value(json!({
        "type": "task_completed",
        "data": { "task": "TASK-0007", "from": "in_progress", "to": "completed", "result": "it holds" },
    }))
    .unwrap();
    assert_eq!(
        json!(event.differences()),
        json!([
            { "field": "status", "from": "in_progress", "to": "completed" },
            { "field": "result", "to": "it holds" },
        ])
    );
    assert_eq!(
        json!(GoalEvent::GoalArchived {}.differences()),
        json!([{ "field": "archived", "from": false, "to": true }])
    );
    assert_eq!(GoalEvent::CommandNoted {}.differences(), []);
}

#[test]
fn two_states_differ_in_what_happened_between_them() {
    let mut goal = Goal::default();
    let evolve = |goal: &mut Goal, event: Value| goal.evolve(&serde_json::from_value(event).unwrap());
    let created = json!({ "goal": "GOAL-0001", "title": "Before", "priority": "high" });
    evolve(&mut goal, json!({ "type": "goal_created", "data": created }));
    let before = goal.clone();
    evolve(&mut goal, json!({ "type": "goal_retitled", "data": { "from": "Before", "to": "Between" } }));
    evolve(&mut goal, json!({ "type": "goal_retitled", "data": { "from": "Between", "to": "After" } }));
    evolve(&mut goal, json!({ "type": "goal_tagged", "data": { "tag": "x" } }));
    evolve(&mut goal, json!({ "type": "goal_untagged", "data": { "tag": "x" } }));
    let task = json!({ "task": "TASK-0001", "title": "New", "priority": "medium" });
    evolve(&mut goal, json!({ "type": "task_added", "data": task }));
    assert_eq!(
        json!(before.differences(&goal)),
        json!({
            "GOAL-0001": [{ "field": "title", "from": "Before", "to": "After" }],
            "TASK-0001": [
                { "field": "priority", "to": "medium" },
                { "field": "status", "to": "pending" },
                { "field": "title", "to": "New" },
            ],
        })
    );
}
