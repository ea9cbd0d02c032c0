use domain::{
    GoalCommand as C, Instruction, Rejection,
    goal::{Expectation, Subject},
};

use crate::given::*;

fn tag(subject: Subject, seen: Subject, version: u64) -> Instruction {
    Instruction {
        expect: vec![Expectation::Version { subject: seen, version }],
        ..instruction(at(0), vec![C::Tag { subject, tag: "x".into() }])
    }
}

#[test]
fn the_version_of_a_thing_is_the_sequence_of_the_last_event_that_touched_it() {
    let given = a_goal(vec![planned(1, None, &[]), planned(2, None, &[])]);
    given.when_told(tag(goal(), goal(), 1)).then(&["goal_tagged"]);
    given.when_told(tag(task(1), task(1), 2)).then(&["task_tagged"]);
    let Rejection::Conflict { current_version, .. } =
        given.when_told(tag(task(2), task(2), 2)).refused("CONFLICT", "is at version 3, not 2")
    else {
        panic!("another refusal")
    };
    assert_eq!(current_version, 3);
}

#[test]
fn a_version_of_something_unknown_is_not_found() {
    a_task().when_told(tag(goal(), task(9), 1)).refused("NOT_FOUND", "TASK-0009");
}

#[test]
fn a_note_touches_nothing() {
    let noted = Instruction { noted: true, ..instruction(at(0), vec![]) };
    let mut given = a_task();
    given.events.extend(given.when_told(noted).then(&["command_noted"]));
    assert_eq!((given.state().version, given.state().sequence), (1, 3));
}
