//! How fast a long log is projected. Not a test of a bound: run it by name to see the number.

#![expect(clippy::print_stdout, reason = "numbers to be read")]

use std::time::Instant;

use domain::GoalId;
use read_models::{FindRequest, FindView, GoalsRequest, ReadAt, ReadError};

use crate::{history::History, support::TestViews};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures for half a minute"]
async fn a_hundred_thousand_events() {
    let history = History::random(1_000, 2_000, 100_000);
    let test = TestViews::open().await;
    let begun = Instant::now();
    for page in history.log.chunks(read_models::limits::PAGE_EVENTS_MAX) {
        test.views.apply(page).await.unwrap();
    }
    let took = begun.elapsed();
    println!("{} events in {took:?}: {:.0} a second", history.log.len(), history.log.len() as f64 / took.as_secs_f64());
    let tasks: usize = history.goals.values().map(|goal| goal.tasks.len()).sum();
    println!(
        "{tasks} tasks in {} goals; each question twice, the second time with plans and pages warm",
        history.goals.len()
    );
    for _round in 0..2 {
        for view in
            [FindView::Ready, FindView::Blocked, FindView::Stale, FindView::Overdue, FindView::Open, FindView::All]
        {
            let request = FindRequest { view: Some(view), ..FindRequest::default() };
            timed(&format!("find {view:?}"), test.views.find(&request, &ReadAt::latest(history.now))).await;
        }
        let words = FindRequest { q: Some("deploy tag:api".into()), ..FindRequest::default() };
        timed("find words", test.views.find(&words, &ReadAt::latest(history.now))).await;
        let ready = FindRequest { view: Some(FindView::Ready), ..FindRequest::default() };
        timed("find Ready as of half", test.views.find(&ready, &ReadAt::as_of(50_000, history.now))).await;
        let half = ReadAt::as_of(50_000, history.now);
        timed("goals as of half", test.views.goals(&GoalsRequest::default(), &half)).await;
        timed("goals", test.views.goals(&GoalsRequest::default(), &ReadAt::latest(history.now))).await;
        timed("tree as of half", test.views.goal_tree(GoalId(7), &half)).await;
        timed("tree", test.views.goal_tree(GoalId(7), &ReadAt::latest(history.now))).await;
        timed("rows of one event", test.views.rows_changed(99_000, 99_000)).await;
        timed("rows of 500 events", test.views.rows_changed(90_000, 90_499)).await;
        timed("nearest", test.views.nearest("TASK-12345")).await;
        timed("tags", test.views.tags(&ReadAt::latest(history.now))).await;
    }
    assert_eq!(test.views.checkpoint().await.unwrap(), history.log.len() as u64);
}

async fn timed<T>(what: &str, question: impl Future<Output = Result<T, ReadError>>) {
    let begun = Instant::now();
    question.await.unwrap();
    println!("{what}: {:.2} ms", begun.elapsed().as_secs_f64() * 1_000.0);
}
