use domain::{GoalCommand, GoalEvent, goal::Priority};

use crate::given::*;

#[test]
fn a_goal_is_created_with_its_tasks_in_one_instruction() {
    let events = nothing().when(create(vec![planned(1, None, &[]), planned(2, Some(1), &[])])).then(&[
        "goal_created",
        "task_added",
        "task_added",
    ]);
    let GoalEvent::GoalCreated { goal, priority, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!((*goal, *priority), (GOAL, Priority::Medium));
}

#[test]
fn a_title_is_kept_without_the_space_around_it() {
    let mut command = create(vec![]);
    if let GoalCommand::CreateGoal { title, .. } = &mut command {
        *title = "  Ship it \n".into();
    }
    assert_eq!(*nothing().and(command).state().title, *"Ship it");
}

#[test]
fn a_goal_is_created_once() {
    a_goal(vec![]).when(create(vec![])).refused("CONFLICT", "exists already");
}

#[test]
fn before_it_is_created_nothing_can_be_asked_of_it() {
    nothing().when(GoalCommand::StartGoal).refused("NOT_FOUND", "the goal");
    nothing().when(GoalCommand::Archive { subject: goal() }).refused("NOT_FOUND", "GOAL-0001");
    nothing().when(GoalCommand::AddTasks { tasks: vec![] }).refused("NOT_FOUND", "the goal");
}

#[test]
fn when_one_task_is_refused_nothing_is_created() {
    let mut bad = planned(2, None, &[]);
    bad.title = "".into();
    nothing().when(create(vec![planned(1, None, &[]), bad])).refused("VALIDATION", "tasks[2].title");
}
