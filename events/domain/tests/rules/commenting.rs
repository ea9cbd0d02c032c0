use domain::{GoalCommand as C, TaskId, goal::CommentKind};

use crate::given::*;

fn say(body: &str) -> C {
    C::AddComment { subject: task(1), kind: CommentKind::Decision, body: body.into() }
}

#[test]
fn comments_are_numbered_through_the_goal() {
    let given =
        a_task().and(say("A")).and(C::AddComment { subject: goal(), kind: CommentKind::Note, body: "B".into() });
    assert_eq!(given.state().comments.keys().copied().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn saying_it_twice_says_it_twice() {
    a_task().and(say("A")).when(say("A")).then(&["comment_added"]);
}

#[test]
fn a_comment_is_taken_back_and_its_number_is_not_used_again() {
    let given = a_task().and(say("A")).and(C::RetractComment { comment: 1 }).and(say("B"));
    assert_eq!(given.state().comments.keys().copied().collect::<Vec<_>>(), [1, 2]);
    given.when(C::RetractComment { comment: 9 }).refused("NOT_FOUND", "comment 9");
}

#[test]
fn a_comment_says_something_about_something() {
    a_task().when(say(" ")).refused("VALIDATION", "body");
    let elsewhere = C::AddComment { subject: task(9), kind: CommentKind::Note, body: "A".into() };
    a_task().when(elsewhere).refused("NOT_FOUND", "TASK-0009");
}

#[test]
fn a_task_knows_what_was_left_for_the_next_worker() {
    let leave = |subject| C::AddComment { subject, kind: CommentKind::Handoff, body: "A".into() };
    let left = |given: &Given| given.state().task(TaskId(1)).unwrap().handoffs.iter().copied().collect::<Vec<_>>();
    let given = a_task().and(leave(goal())).and(leave(task(1))).and(say("B")).and(leave(task(1)));
    assert_eq!(left(&given), [2, 4]);
    assert_eq!(left(&given.and(C::RetractComment { comment: 4 })), [2]);
}
