//! What one plan has that another has not.

use domain::{
    GoalCommand as C, TaskId,
    goal::schedule::{Difference, Risk, plan},
};

use super::*;

#[test]
fn a_difference_names_what_came_went_and_moved() {
    let given = a_goal(vec![estimated(1, None, &[], 60), estimated(2, None, &[1], 60), estimated(3, None, &[2], 30)]);
    let before = plan(&given.state(), &alone(0));
    let later = given.and(complete(1)).and(C::AddTasks { tasks: vec![due(0, estimated(4, None, &[3], 10))] });
    let told = Difference::between(&before, &plan(&later.state(), &alone(0)));
    assert_eq!((told.added, told.gone), (vec![TaskId(4)], vec![TaskId(1)]));
    let moved: Vec<_> = told.moved.iter().map(|moved| (moved.task.0, moved.phase.from, moved.phase.to)).collect();
    assert_eq!(moved, [(2, 2, 1), (3, 3, 2)]);
    assert_eq!((told.joins_path, told.leaves_path), (vec![TaskId(4)], vec![TaskId(1)]));
    let seconds = told.critical_seconds.unwrap();
    assert_eq!((seconds.from, seconds.to), (9_000, 6_000));
    assert_eq!(told.new_risks, [Risk::Overdue { subject: task(4), due: at(0) }]);
    let same = [later.state(), later.and(C::Describe { subject: goal(), description: Some("Why".into()) }).state()];
    let [then, now] = same.map(|goal| plan(&goal, &alone(0)));
    assert_eq!((Difference::between(&then, &now), now.risks.is_empty()), (Difference::default(), false));
}
