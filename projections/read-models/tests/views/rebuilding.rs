//! Remaking views while the world goes on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::{GoalId, Recorded};
use read_models::{GoalsRequest, ReadAt, ReadError, RebuildError};

use crate::{
    history::History,
    support::{TestViews, reader},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_view_is_remade_while_reads_and_events_go_on() {
    let history = History::random(40, 3, 6_000);
    let (old, new) = history.log.split_at(5_000);
    let test = TestViews::of(old).await;
    let (done, most) = (AtomicBool::new(false), AtomicU64::new(0));
    let (views, log) = (&test.views, &history.log);
    let read = async {
        let mut reads = 0;
        while !done.load(Ordering::Relaxed) {
            let page = views.goals(&GoalsRequest::default(), &ReadAt::latest(history.now)).await.unwrap();
            assert_eq!(page.goals.len(), 3);
            assert!(most.fetch_max(page.position, Ordering::Relaxed) <= page.position, "positions never go back");
            views.goal_tree(GoalId(1), &ReadAt::as_of(4_000, history.now)).await.unwrap().unwrap();
            reads += 1;
        }
        reads
    };
    let project = async {
        for page in new.chunks(3) {
            views.apply(page).await.unwrap();
        }
    };
    let rebuild = async {
        for name in ["tasks", "search", "all"] {
            views.rebuild(name, reader(log), &|_| ()).await.unwrap();
        }
    };
    let work = async {
        tokio::join!(project, rebuild);
        done.store(true, Ordering::Relaxed);
    };
    let (reads, ()) = tokio::join!(read, work);
    assert!(reads > 0);

    let fresh = TestViews::of(log).await;
    for state in test.views.states().await.unwrap().iter().filter(|state| state.state == "live") {
        assert_eq!(state.checkpoint, log.len() as i64, "{state:?}");
    }
    for id in history.goals.keys() {
        let read = ReadAt::latest(history.now);
        let (here, there) = tokio::join!(test.views.goal_tree(*id, &read), fresh.views.goal_tree(*id, &read));
        assert_eq!(here.unwrap(), there.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_tables_go_after_their_grace() {
    let history = History::random(41, 2, 200);
    let test = TestViews::of(&history.log).await;
    let rebuilt = test.views.rebuild("goals", reader(&history.log), &|_| ()).await.unwrap();
    assert_eq!((rebuilt.generation, rebuilt.position), (2, history.log.len() as u64));
    let there = |name: &'static str| {
        let pool = test.pool.clone();
        async move {
            let sql = "SELECT to_regclass($1) IS NOT NULL";
            sqlx::query_scalar::<_, bool>(sql).bind(name).fetch_one(&pool).await.unwrap()
        }
    };
    test.views.drop_retired().await.unwrap();
    assert!(there("read.goals__g1").await, "readers may still be there");
    test.views.drop_retired_after(Duration::ZERO).await.unwrap();
    assert!(!there("read.goals__g1").await && there("read.goals__g2").await);
    assert_eq!(test.views.goals(&GoalsRequest::default(), &ReadAt::latest(history.now)).await.unwrap().goals.len(), 2);
    // Whoever projected into them goes on with their successors.
    let mut more = History::random(41, 2, 240);
    more.log.drain(..history.log.len());
    test.project(&more.log).await;
    assert_eq!(test.views.checkpoint().await.unwrap(), more.log.last().unwrap().position);
    assert_eq!(test.views.rows_changed(1, 200).await.unwrap().len(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_sees_a_difference() {
    let history = History::random(42, 2, 200);
    let test = TestViews::of(&history.log).await;
    test.views.rebuild("tasks", reader(&history.log), &|_| ()).await.unwrap();
    assert!(test.views.compare("tasks", 1, 2).await.unwrap().is_equal());
    let spoil = "UPDATE read.tasks__g2 SET title = title || '!' WHERE task = (SELECT min(task) FROM read.tasks__g2)";
    sqlx::query(spoil).execute(&test.pool).await.unwrap();
    let differ = test.views.compare("tasks", 1, 2).await.unwrap();
    assert_eq!((differ.only_first, differ.only_second), (1, 1));
    for (view, other) in [("tasks", 9), ("nothing", 2)] {
        let refused = test.views.compare(view, 1, other).await.unwrap_err();
        assert!(matches!(refused, ReadError::Invalid(_)), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_fails_leaves_the_views_as_they_were() {
    let history = History::random(43, 2, 200);
    let test = TestViews::of(&history.log).await;
    let before = test.views.states().await.unwrap();
    let short = test.views.rebuild("tags", reader(&history.log[..150]), &|_| ()).await.unwrap_err();
    assert!(matches!(short, RebuildError::LogTooShort { after: 150, .. }), "{short}");
    let failing = |_: u64, _: usize| std::future::ready(Err::<Vec<Recorded>, _>(std::io::Error::other("no log")));
    let failed = test.views.rebuild("tags", failing, &|_| ()).await.unwrap_err();
    assert!(matches!(failed, RebuildError::Reader { after: 0, .. }), "{failed}");
    let unknown = test.views.rebuild("tasters", reader(&history.log), &|_| ()).await.unwrap_err();
    assert!(unknown.to_string().contains("tasks"), "{unknown}");
    let live: Vec<_> = test.views.states().await.unwrap().into_iter().filter(|state| state.state == "live").collect();
    assert_eq!(live, before);
    // What it left is cleared away by the next one.
    test.views.rebuild("tags", reader(&history.log), &|_| ()).await.unwrap();
    assert!(test.views.states().await.unwrap().iter().all(|state| state.state != "building"));
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_one_rebuild_at_a_time() {
    let history = History::random(44, 2, 200);
    let test = TestViews::of(&history.log).await;
    let (begun, go_on) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
    let waiting = |after: u64, limit: usize| {
        let (page, begun, go_on) = (reader(&history.log)(after, limit), Arc::clone(&begun), Arc::clone(&go_on));
        async move {
            begun.notify_one();
            go_on.notified().await;
            page.await
        }
    };
    let first = test.views.rebuild("tags", waiting, &|_| ());
    let second = async {
        begun.notified().await;
        let refused = test.views.rebuild("tags", reader(&history.log), &|_| ()).await;
        go_on.notify_one();
        refused
    };
    let (first, second) = tokio::join!(first, second);
    assert!(matches!(second, Err(RebuildError::Busy)));
    assert_eq!(first.unwrap().position, history.log.len() as u64);
}
