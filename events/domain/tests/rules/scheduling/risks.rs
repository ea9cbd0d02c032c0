//! What speaks against a plan.

use domain::{
    GoalCommand as C, TaskId,
    goal::{
        Subject,
        schedule::{Circumstances, Risk, Sample, plan},
    },
    time::Due,
};

use super::*;

#[test]
fn what_is_due_is_overdue_late_or_in_time() {
    let tasks = vec![
        due(0, estimated(1, None, &[], 60)),
        due(7_000, estimated(2, None, &[1], 60)),
        due(7_200, estimated(3, None, &[], 60)),
    ];
    let given = a_goal(tasks);
    let told = plan(&given.state(), &with(2));
    let late = Risk::Late { subject: task(2), due: at(7_000), expected: at(7_200) };
    assert_eq!(told.risks, [Risk::Overdue { subject: task(1), due: at(0) }, late]);
    let given = given.and(C::SetDue { subject: goal(), due: Some(Due::Moment(at(10))) });
    assert_eq!(
        plan(&given.state(), &with(2)).risks[1],
        Risk::Late { subject: goal(), due: at(10), expected: at(7_200) }
    );
}

#[test]
fn lateness_is_judged_by_what_was_measured_where_that_is_known() {
    let given = a_goal(vec![due(3_600, estimated(1, None, &[], 60))]);
    assert_eq!(kinds(&plan(&given.state(), &alone(0))), Vec::<&str>::new());
    let slow = Circumstances { samples: vec![Sample { estimate_minutes: Some(1), seconds: 61 }; 5], ..alone(0) };
    assert_eq!(kinds(&plan(&given.state(), &slow)), ["late"]);
}

#[test]
fn a_failure_that_others_wait_for_is_a_risk_and_takes_no_time() {
    let tasks = vec![estimated(1, None, &[], 60), estimated(2, None, &[1], 60), estimated(3, None, &[], 60)];
    let told = plan(&a_goal(tasks).and(fail(1)).and(fail(3)).state(), &alone(0));
    assert_eq!((phases(&told), told.critical_seconds()), (vec![vec![2]], HOUR));
    assert_eq!(told.risks, [Risk::Failed { task: TaskId(1), waiting: vec![TaskId(2)] }]);
    let tasks = vec![planned(1, None, &[]), planned(2, Some(1), &[]), planned(3, None, &[])];
    let part = a_goal(tasks).and(fail(2));
    assert_eq!(plan(&part.state(), &alone(0)).risks[0], Risk::Failed { task: TaskId(2), waiting: vec![TaskId(1)] });
    let given_up = part.and(C::CancelTask { task: TaskId(1) });
    assert!(!kinds(&plan(&given_up.state(), &alone(0))).contains(&"failed"), "nobody waits for it any more");
}

#[test]
fn a_blocked_task_is_a_risk_with_its_reason() {
    let given = a_goal(vec![estimated(1, None, &[], 5)]).and(C::BlockTask {
        task: TaskId(1),
        reason: Some("no key".into()),
        fence: None,
    });
    let risks = |given: &Given| plan(&given.state(), &alone(0)).risks;
    assert_eq!(risks(&given), [Risk::Blocked { task: TaskId(1), reason: Some("no key".into()) }]);
    let again =
        given.and(C::ReopenTask { task: TaskId(1) }).and(C::BlockTask { task: TaskId(1), reason: None, fence: None });
    assert_eq!(risks(&again), [Risk::Blocked { task: TaskId(1), reason: None }]);
}

#[test]
fn a_lease_that_ran_out_is_a_risk() {
    let given = a_goal(vec![estimated(1, None, &[], 5)]).and(claim(1, 60));
    assert_eq!(plan(&given.state(), &alone(59)).risks, []);
    let lapsed = Risk::Lapsed { task: TaskId(1), holder: "ada".to_owned(), until: at(60) };
    assert_eq!(plan(&given.state(), &alone(60)).risks, [lapsed]);
}

#[test]
fn a_task_that_much_has_to_wait_for_is_a_risk() {
    let many = |count: u64| {
        a_goal((1..=count).map(|number| estimated(number, None, if number == 1 { &[] } else { &[1] }, 5)).collect())
    };
    assert_eq!(kinds(&plan(&many(5).state(), &alone(0))), Vec::<&str>::new(), "four are too few");
    assert_eq!(plan(&many(6).state(), &alone(0)).risks, [Risk::HoldsUp { task: TaskId(1), tasks: 5 }]);
}

#[test]
fn of_tasks_that_much_has_to_wait_for_the_first_few_are_named() {
    let chain = (1..=20).map(|number| estimated(number, None, (number > 1).then(|| number - 1).as_slice(), 5));
    let held_up = |number| Risk::HoldsUp { task: TaskId(number), tasks: 20 - number as usize };
    assert_eq!(plan(&a_goal(chain.collect()).state(), &alone(0)).risks, [1, 2, 3].map(held_up));
}

#[test]
fn a_critical_path_without_estimates_is_a_risk() {
    let tasks = vec![estimated(1, None, &[], 10), planned(2, None, &[1]), planned(3, None, &[])];
    assert_eq!(plan(&a_goal(tasks).state(), &alone(0)).risks, [Risk::Unestimated { tasks: vec![TaskId(2)] }]);
}

#[test]
fn a_subject_of_a_risk_is_what_it_is_about() {
    let risk = Risk::Overdue { subject: goal(), due: at(0) };
    assert_eq!((risk.kind(), risk.subject()), ("overdue", Some(Subject::Goal(GOAL))));
    assert_eq!(Risk::Unestimated { tasks: vec![TaskId(1)] }.subject(), None);
}
