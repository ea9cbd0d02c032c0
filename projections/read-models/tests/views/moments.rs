//! An answer is about one moment, though each of its questions is asked by itself.

use std::{
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
    task::Poll,
    time::Duration,
};

use domain::GoalId;
use read_models::{FindRequest, FindView, ReadAt, Views, rows::FoundRow};
use sqlx::{Connection, PgConnection, PgPool};

use crate::{history::History, support::TestViews};

/// What the two questions of a tree say of each other, with what is not judged by the time of the question.
async fn tree(views: &Views, read: &ReadAt) -> (u64, u32, Vec<(u64, u64)>) {
    let tree = views.goal_tree(GoalId(1), read).await.unwrap().unwrap();
    let tasks = tree.tasks.iter().map(|task| (task.id.0, task.version)).collect();
    (tree.position, tree.goal.progress.total, tasks)
}

async fn blocked(views: &Views, read: &ReadAt) -> (u64, Vec<FoundRow>) {
    let request = FindRequest { view: Some(FindView::Blocked), ..FindRequest::default() };
    let page = views.find(&request, read).await.unwrap();
    let rows = page.rows.into_iter().map(|row| FoundRow { claim: None, ..row }).collect();
    (page.position, rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_several_questions_are_about_one_moment_while_events_come_in() {
    let history = History::random(40, 3, 3_000);
    let (old, new) = history.log.split_at(1_500);
    let test = TestViews::of(old).await;
    let done = AtomicBool::new(false);
    let project = async {
        for page in new.chunks(3) {
            test.views.apply(page).await.unwrap();
        }
        done.store(true, Ordering::Relaxed);
    };
    let read = async {
        // Remembers nothing of what it has told, and hears of each commit a little later.
        let (mut trees, mut pages) = (Vec::new(), Vec::new());
        while !done.load(Ordering::Relaxed) {
            let views = test.another_process().await;
            for _ in 0..50 {
                trees.push(tree(&views, &ReadAt::latest(history.now)).await);
                pages.push(blocked(&views, &ReadAt::latest(history.now)).await);
            }
        }
        (trees, pages)
    };
    let ((), (trees, pages)) = tokio::join!(project, read);
    assert!(!trees.is_empty());
    for seen in trees {
        let read = ReadAt::as_of(seen.0, history.now);
        assert_eq!(seen, tree(&test.views, &read).await);
    }
    for seen in pages {
        let read = ReadAt::as_of(seen.0, history.now);
        assert_eq!(seen, blocked(&test.views, &read).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_finds_nothing_tells_the_moment_too() {
    let history = History::random(40, 1, 50);
    let test = TestViews::of(&history.log).await;
    let answer = test.views.goals_by_id(&[GoalId(77)], &ReadAt::latest(history.now)).await.unwrap();
    assert_eq!((answer.position, answer.value.len()), (history.log.len() as u64, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_does_not_notice_that_connections_have_broken() {
    let history = History::random(40, 3, 200);
    let test = TestViews::of(&history.log).await;
    let mut owner = PgConnection::connect(&test.database.owner_url).await.unwrap();
    for _ in 0..3 {
        let read = || {
            let (views, at) = (test.views.clone(), ReadAt::latest(history.now));
            tokio::spawn(async move { views.goals_by_id(&[GoalId(1), GoalId(77)], &at).await })
        };
        for answer in [read(), read(), read(), read(), read(), read()] {
            assert_eq!(answer.await.unwrap().unwrap().value.len(), 1);
        }
        let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        let ended = sqlx::query(end).execute(&mut owner).await.unwrap().rows_affected();
        assert!(ended > 1, "{ended}");
    }
}

/// How often it is given up in all its parts; they are not the same each time.
const ROUNDS: usize = 10;
/// How long a connection may take to be as new once whoever had it is gone.
const TIDIED_BOUND: Duration = Duration::from_secs(10);

/// What came of it, if it did before it was looked after so often.
async fn given_up_after<T>(looks: usize, asking: impl Future<Output = T>) -> Option<T> {
    let (mut asking, mut looked) = (pin!(asking), 0);
    std::future::poll_fn(|context| {
        if looked == looks {
            return Poll::Ready(None);
        }
        looked += 1;
        asking.as_mut().poll(context).map(Some)
    })
    .await
}

/// Whoever gets such a connection next reads of an old moment, or is refused everything.
async fn none_is_in_a_transaction(pool: &PgPool) {
    let left = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'";
    let tidied = async {
        while sqlx::query_scalar::<_, i64>(left).fetch_one(pool).await.unwrap() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(TIDIED_BOUND, tidied).await.expect("a connection is left in a transaction");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_waiting_for_an_answer_leaves_no_transaction_behind() {
    let history = History::random(40, 3, 200);
    let test = TestViews::of(&history.log).await;
    let observer = PgPool::connect(&test.database.owner_url).await.unwrap();
    // Of a former moment, which takes a transaction.
    let read = ReadAt::as_of(history.log.len() as u64 / 2, history.now);
    let mut given_up = 0;
    for _ in 0..ROUNDS {
        let mut looks = 1;
        while given_up_after(looks, tree(&test.views, &read)).await.is_none() {
            none_is_in_a_transaction(&observer).await;
            looks += 1;
        }
        given_up += looks - 1;
    }
    assert!(given_up > 0);
}
