//! The random stories leave nothing out, so what holds in them holds for every command, event and refusal.

use std::{cell::RefCell, collections::BTreeSet};

use domain::{GoalCommand, GoalEvent};
use proptest::test_runner::TestRunner;

use crate::random::{config, steps, tell};

#[test]
fn every_command_is_taken_every_event_happens_and_every_refusal_is_given() {
    let seen: RefCell<BTreeSet<&str>> = RefCell::default();
    let result = TestRunner::new(config()).run(&steps(), |steps| {
        for told in tell(&steps) {
            match told.outcome {
                Ok(events) => {
                    seen.borrow_mut().extend(told.instruction.commands.iter().map(GoalCommand::name));
                    seen.borrow_mut().extend(events.iter().map(GoalEvent::name));
                }
                Err(rejection) => _ = seen.borrow_mut().insert(rejection.code()),
            }
        }
        Ok(())
    });
    assert!(result.is_ok(), "{result:?}");
    let seen = seen.into_inner();
    let codes = ["NOT_FOUND", "VALIDATION", "CONFLICT", "FENCED", "CLAIMED", "BLOCKED", "CYCLE", "CRITERIA_OPEN"];
    let missing: Vec<&&str> =
        GoalCommand::NAMES.iter().chain(GoalEvent::NAMES).chain(&codes).filter(|name| !seen.contains(**name)).collect();
    // TOO_BIG takes more than a short story; the rules on bad input give it.
    assert!(missing.is_empty(), "{missing:?}");
}
