//! Remembered answers: quick, and never wrong.

use std::time::Duration;

use chrono::TimeDelta;
use domain::{GoalCommand as C, GoalId, TaskId, goal::PlannedTask};
use read_models::{FindRequest, FindView, GoalsRequest, ReadAt, limits};

use crate::{
    history::{Dice, History, creation},
    support::TestViews,
};

fn one_claimed() -> History {
    let mut history = History::new();
    for goal in [1, 2] {
        history.act(GoalId(goal), creation(&mut Dice::new(goal), goal)).unwrap();
        let id = history.mint();
        let tasks = vec![PlannedTask { id, title: "Work".into(), ..PlannedTask::default() }];
        history.act(GoalId(goal), C::AddTasks { tasks }).unwrap();
    }
    let until = history.now + TimeDelta::minutes(15);
    history.act(GoalId(1), C::ClaimTask { task: TaskId(1), holder: "ada".into(), until }).unwrap();
    history
}

/// Behind our back, so that only what is remembered can still know the old title.
async fn spoil(test: &TestViews) {
    for table in ["goals", "tasks"] {
        sqlx::query(&format!("UPDATE read.{table}__g1 SET title = 'spoiled'")).execute(&test.pool).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_remembered_until_its_goal_changes() {
    let mut history = one_claimed();
    let test = TestViews::of(&history.log).await;
    let read = ReadAt::latest(history.now);
    for id in [GoalId(1), GoalId(2)] {
        test.views.goal_tree(id, &read).await.unwrap();
        test.views.goal(id, &read).await.unwrap();
    }
    test.views.tasks_by_id(&[TaskId(1), TaskId(2)], &read).await.unwrap();
    test.views.goals(&GoalsRequest::default(), &read).await.unwrap();
    spoil(&test).await;
    let title = async |id: u64| test.views.goal_tree(GoalId(id), &read).await.unwrap().unwrap().tasks[0].title.clone();
    assert_eq!((title(1).await.as_str(), title(2).await.as_str()), ("Work", "Work"));
    assert_ne!(test.views.goal(GoalId(1), &read).await.unwrap().value.unwrap().title, "spoiled");
    assert_eq!(test.views.tasks_by_id(&[TaskId(2), TaskId(1)], &read).await.unwrap().value[0].task.title, "Work");
    assert_ne!(test.views.goals(&GoalsRequest::default(), &read).await.unwrap().goals[0].title, "spoiled");

    let at = history.log.len();
    history.act(GoalId(2), C::Tag { subject: GoalId(2).into(), tag: "new".into() }).unwrap();
    test.project(&history.log[at..]).await;
    assert_eq!(title(1).await, "Work", "the other goal has not changed");
    assert_eq!(title(2).await, "spoiled");
    let tasks = test.views.tasks_by_id(&[TaskId(1), TaskId(2)], &read).await.unwrap().value;
    assert_eq!(tasks[1].task.title, "Work", "what a goal is tagged with says nothing about its tasks");
    assert_eq!(test.views.goals(&GoalsRequest::default(), &read).await.unwrap().goals[1].title, "spoiled");
    let tree = test.views.goal_tree(GoalId(1), &ReadAt::after(at as u64 + 1, history.now)).await.unwrap().unwrap();
    assert_eq!(tree.position, at as u64 + 1, "what has not changed is true for the newest position");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_remembered_while_others_are_worked_on() {
    let mut history = one_claimed();
    let tasks = vec![PlannedTask { id: history.mint(), title: "Rest".into(), ..PlannedTask::default() }];
    history.act(GoalId(1), C::AddTasks { tasks }).unwrap();
    let test = TestViews::of(&history.log).await;
    let read = ReadAt::latest(history.now);
    let title = async |id| test.views.tasks_by_id(&[TaskId(id)], &read).await.unwrap().value[0].task.title.clone();
    assert_eq!([title(1).await, title(3).await], ["Work", "Rest"]);

    let at = history.log.len();
    let until = history.now + TimeDelta::minutes(30);
    history.act(GoalId(1), C::RenewClaim { task: TaskId(1), fence: 1, until }).unwrap();
    test.project(&history.log[at..]).await;
    spoil(&test).await;
    assert_eq!([title(1).await, title(3).await], ["spoiled", "Rest"]);

    let at = history.log.len();
    history.act(GoalId(1), C::CancelTask { task: TaskId(1) }).unwrap();
    test.project(&history.log[at..]).await;
    assert_eq!(title(3).await, "spoiled", "it may have waited for the one that was given up");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_remembered_is_what_a_fresh_look_finds() {
    for seed in [21, 22] {
        let (history, mut dice) = (History::random(seed, 2, 240), Dice::new(seed));
        let (test, mut at) = (TestViews::open().await, 0);
        let ids: Vec<TaskId> = (1..=limits::BATCH_IDS_MAX as u64).map(TaskId).collect();
        while at < history.log.len() {
            let next = (at + 1 + dice.below(4)).min(history.log.len());
            test.project(&history.log[at..next]).await;
            at = next;
            let now = history.log[at - 1].recorded_at;
            // A question about the past is not remembered, and the newest moment is one too.
            let fresh = test.views.tasks_by_id(&ids, &ReadAt::as_of(at as u64, now)).await.unwrap().value;
            for expected in fresh {
                let known = test.views.tasks_by_id(&[expected.task.id], &ReadAt::latest(now)).await.unwrap().value;
                assert_eq!(known, [expected], "seed {seed}, position {at}");
            }
        }
    }
}

fn view(view: FindView, me: &str) -> FindRequest {
    FindRequest { view: Some(view), me: Some(me.to_owned()), ..FindRequest::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_found_is_remembered_for_everybody_until_anything_changes() {
    let mut history = one_claimed();
    let test = TestViews::of(&history.log).await;
    let read = ReadAt::latest(history.now);
    let first = async |request: FindRequest| {
        let rows = test.views.find(&request, &read).await.unwrap().rows;
        rows.first().map(|row| row.title.clone())
    };
    let work = Some("Work".to_owned());
    for me in ["ada", "bob"] {
        assert_eq!(first(view(FindView::Ready, me)).await, work);
    }
    assert_eq!(
        (first(view(FindView::Mine, "ada")).await, first(view(FindView::Mine, "bob")).await),
        (work.clone(), None)
    );
    let paged = FindRequest { limit: Some(1), ..view(FindView::Open, "ada") };
    assert!(test.views.find(&paged, &read).await.unwrap().next.is_some());

    spoil(&test).await;
    for me in ["ada", "cleo"] {
        assert_eq!(first(view(FindView::Ready, me)).await, work);
    }
    assert_eq!((first(view(FindView::Mine, "ada")).await, first(view(FindView::Mine, "bob")).await), (work, None));
    let page = test.views.find(&FindRequest { me: Some("bob".to_owned()), ..paged.clone() }, &read).await.unwrap();
    assert_ne!(page.rows[0].title, "spoiled");
    let further = FindRequest { cursor: page.next, me: Some("bob".to_owned()), ..paged };
    assert_eq!(test.views.find(&further, &read).await.unwrap().rows.len(), 1, "anybody goes on from there");

    let at = history.log.len();
    history.act(GoalId(2), C::Tag { subject: GoalId(2).into(), tag: "new".into() }).unwrap();
    test.project(&history.log[at..]).await;
    assert_eq!(first(view(FindView::Ready, "ada")).await.as_deref(), Some("spoiled"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_again_is_what_a_fresh_look_finds() {
    use FindView as V;
    let views = [V::Ready, V::Mine, V::Blocked, V::Stale, V::Overdue, V::Open, V::All];
    for seed in [31, 32] {
        let (history, mut dice) = (History::random(seed, 2, 200), Dice::new(seed));
        let (test, mut at) = (TestViews::open().await, 0);
        while at < history.log.len() {
            let next = (at + 1 + dice.below(6)).min(history.log.len());
            test.project(&history.log[at..next]).await;
            at = next;
            // Forth, so that leases end between one question and the next, and back.
            for minutes in [0, 0, 10, 20, 60, 10_100, 5] {
                let now = history.log[at - 1].recorded_at + TimeDelta::minutes(minutes);
                let request = view(dice.pick(&views), dice.pick(&["ada", "bob"]));
                let known = test.views.find(&request, &ReadAt::latest(now)).await.unwrap();
                // A question about the past is not remembered, and the newest moment is one too.
                let fresh = test.views.find(&request, &ReadAt::at(at as u64, now)).await.unwrap();
                assert_eq!(known.rows, fresh.rows, "seed {seed}, position {at}, {minutes} minutes later: {request:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_lease_is_shown_past_its_end() {
    let history = one_claimed();
    let test = TestViews::of(&history.log).await;
    let claim = async |minutes: i64| {
        let read = ReadAt::latest(history.now + TimeDelta::minutes(minutes));
        let tree = test.views.goal_tree(GoalId(1), &read).await.unwrap().unwrap().tasks[0].claim.clone();
        let task = test.views.tasks_by_id(&[TaskId(1)], &read).await.unwrap().value[0].task.claim.clone();
        assert_eq!(tree, task);
        let open = test.views.find(&view(FindView::Open, "bob"), &read).await.unwrap().rows;
        assert_eq!(open.into_iter().find_map(|row| row.claim), task);
        let ready = test.views.find(&view(FindView::Ready, "bob"), &read).await.unwrap().rows;
        assert_eq!(ready.len(), if task.is_some() { 1 } else { 2 }, "who asked before does not matter");
        tree.map(|claim| claim.holder)
    };
    assert_eq!(claim(16).await, None);
    assert_eq!(claim(0).await.as_deref(), Some("ada"));
    assert_eq!(claim(14).await.as_deref(), Some("ada"));
    assert_eq!(claim(15).await, None);
    assert_eq!(claim(14).await.as_deref(), Some("ada"), "the clock was set back");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_older_than_asked_for_is_served() {
    let mut history = one_claimed();
    let test = TestViews::of(&history.log).await;
    let reader = test.another_process().await;
    let read = ReadAt::latest(history.now);
    reader.goal_tree(GoalId(2), &read).await.unwrap();
    reader.goals(&GoalsRequest::default(), &read).await.unwrap();
    reader.find(&view(FindView::All, "ada"), &read).await.unwrap();
    let at = history.log.len();
    for round in 0..40 {
        history
            .act(GoalId(2), C::Retitle { subject: GoalId(2).into(), title: format!("Round {round}").as_str().into() })
            .unwrap();
        test.project(&history.log[at + round..]).await;
        // At once, before the announcement may have come.
        let after = ReadAt::after((at + round + 1) as u64, history.now);
        let tree = reader.goal_tree(GoalId(2), &after).await.unwrap().unwrap();
        assert_eq!(tree.goal.title, format!("Round {round}"));
        let listed = reader.goals(&GoalsRequest::default(), &after).await.unwrap();
        assert_eq!(listed.goals[0].title, format!("Round {round}"));
        assert!(tree.position >= after.min_position && listed.position >= after.min_position);
        let found = reader.find(&view(FindView::All, "ada"), &after).await.unwrap().rows;
        assert!(found.iter().any(|row| row.title == format!("Round {round}")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_yet_is_said_to_be() {
    let history = one_claimed();
    let test = TestViews::of(&history.log).await;
    let asked = history.log.len() as u64 + 1;
    let begun = std::time::Instant::now();
    let error = test.views.goal_tree(GoalId(1), &ReadAt::after(asked, history.now)).await.unwrap_err();
    assert!(
        matches!(error, read_models::ReadError::NotYet(not) if not.asked == asked && not.reached == asked - 1),
        "{error}"
    );
    let as_of = test.views.goal(GoalId(1), &ReadAt::as_of(asked, history.now)).await.unwrap_err();
    assert!(matches!(as_of, read_models::ReadError::NotYet(_)));
    // Both waits, and time for a busy machine.
    assert!(begun.elapsed() < limits::WAIT_BOUND_DEFAULT * 2 + Duration::from_secs(10));
}
