//! Pages into tables: what is projected once, again, by two at once, or not at all.

use std::sync::Arc;

use domain::{
    GoalCommand as C, GoalId, Metadata, Recorded, StreamId, TaskId,
    goal::{PlannedTask, TaskReference},
};
use read_models::{Applied, ApplyError, GoalsRequest, ReadAt, VIEWS, Views, limits};
use std::time::Duration;

use crate::{
    history::{Dice, History, creation},
    support::{TestViews, reader},
};

/// The rows of all live tables, those that hold and those that held, in an order of their own.
async fn dump(test: &TestViews) -> String {
    let mut dump = String::new();
    for state in test.views.states().await.unwrap().into_iter().filter(|state| state.state == "live") {
        let tables = match state.name.as_str() {
            "tasks" => vec!["tasks", "progress", "awaited"],
            "search" => vec!["search", "vocabulary"],
            name => vec![name],
        };
        for table in tables {
            let sql = format!(
                "SELECT coalesce(string_agg(t, E'\n' ORDER BY t), '')
                   FROM (SELECT t::text FROM read.{table}__g{0} t UNION ALL SELECT t::text FROM read.{table}_past__g{0} t) x (t)",
                state.generation
            );
            let rows: String = sqlx::query_scalar(&sql).fetch_one(&test.pool).await.unwrap();
            dump.push_str(&format!("{table}\n{rows}\n"));
        }
    }
    dump
}

#[tokio::test(flavor = "multi_thread")]
async fn live_redelivered_and_rebuilt_tables_are_equal() {
    for seed in 100..106 {
        let history = History::random(seed, 4, 500);
        let mut dice = Dice::new(seed);
        let live = TestViews::open().await;
        let mut rest = history.log.as_slice();
        while !rest.is_empty() {
            let (page, behind) = rest.split_at(rest.len().min(1 + dice.below(40)));
            live.views.apply(page).await.unwrap();
            rest = behind;
        }
        let redelivered = TestViews::open().await;
        let mut at = 0;
        while at < history.log.len() {
            let from = at.saturating_sub(dice.below(30));
            let to = (at + 1 + dice.below(60)).min(history.log.len());
            redelivered.views.apply(&history.log[from..to]).await.unwrap();
            at = to;
        }
        let expected = dump(&live).await;
        assert!(expected.len() > 1_000);
        assert_eq!(dump(&redelivered).await, expected, "seed {seed}");

        let before = live.views.states().await.unwrap();
        let rebuilt = live.views.rebuild("all", reader(&history.log), &|_| ()).await.unwrap();
        assert_eq!(dump(&live).await, expected, "seed {seed}");
        for state in before {
            let same = live.views.compare(&state.name, state.generation, rebuilt.generation).await.unwrap();
            assert!(same.is_equal() && same.position == history.log.len() as u64, "seed {seed}: {state:?} {same:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_task_that_is_still_to_come_is_counted_wherever_pages_end() {
    let mut history = History::new();
    let goal = GoalId(1);
    history.act(goal, creation(&mut Dice::new(48), 1)).unwrap();
    let last = || vec![TaskReference::Key("last".into())];
    let task = |id, key: &str, after| PlannedTask {
        id: TaskId(id),
        title: "Task".into(),
        key: Some(key.into()),
        after,
        ..PlannedTask::default()
    };
    let tasks = vec![task(1, "first", last()), task(2, "second", last()), task(3, "last", Vec::new())];
    history.act(goal, C::AddTasks { tasks }).unwrap();
    history.act(goal, C::CancelTask { task: TaskId(1) }).unwrap();
    history.act(goal, C::CancelTask { task: TaskId(2) }).unwrap();
    history.act(goal, C::ReopenTask { task: TaskId(2) }).unwrap();
    let expected = dump(&TestViews::of(&history.log).await).await;
    let test = TestViews::open().await;
    let mut held_up = Vec::new();
    for page in history.log.chunks(1) {
        // Nobody remembers the page before.
        test.another_process().await.apply(page).await.unwrap();
        let sql = "SELECT holds_up FROM read.tasks__g1 WHERE task = 3";
        held_up.extend(sqlx::query_scalar::<_, i32>(sql).fetch_optional(&test.pool).await.unwrap());
    }
    assert_eq!(held_up, [2, 1, 0, 1]);
    assert_eq!(dump(&test).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn positions_say_who_did_what_and_what_it_belongs_to() {
    let history = History::random(49, 2, 60);
    let test = TestViews::of(&history.log).await;
    type Said = (i64, uuid::Uuid, String, Option<String>, uuid::Uuid, Option<uuid::Uuid>, Option<uuid::Uuid>);
    let sql = "SELECT position, event_id, event_type, actor, command_id, correlation_id, causation_id
                 FROM read.positions__g1 ORDER BY position";
    let said: Vec<Said> = sqlx::query_as(sql).fetch_all(&test.pool).await.unwrap();
    let expected: Vec<Said> = history
        .log
        .iter()
        .map(|one| {
            let id = |key: &str| one.metadata.get(key).and_then(|id| id.parse().ok());
            let actor = one.metadata.get(Metadata::ACTOR_ID).map(str::to_owned);
            let (correlation, causation) = (id(Metadata::CORRELATION_ID), id(Metadata::CAUSATION_ID));
            (one.position as i64, one.event_id, one.event_type.clone(), actor, one.command_id, correlation, causation)
        })
        .collect();
    assert_eq!(said, expected);
    assert!(said.iter().any(|one| one.6.is_some()) && said.iter().any(|one| one.6.is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_already_is_passed_over() {
    let history = History::random(7, 2, 60);
    let test = TestViews::of(&history.log).await;
    let before = dump(&test).await;
    let applied = test.views.apply(&history.log[10..40]).await.unwrap();
    assert_eq!(applied, Applied { checkpoint: history.log.len() as u64, events: 0 });
    assert_eq!(dump(&test).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hole_is_an_error_and_never_a_skip() {
    let history = History::random(8, 2, 60);
    let test = TestViews::of(&history.log[..20]).await;
    let ahead = test.views.apply(&history.log[21..30]).await.unwrap_err();
    assert!(matches!(ahead, ApplyError::Hole { expected: 21, found: 22 }) && ahead.is_poison(), "{ahead}");
    let within = [&history.log[20..23], &history.log[24..30]].concat();
    let within = test.views.apply(&within).await.unwrap_err();
    assert!(matches!(within, ApplyError::Hole { expected: 24, found: 25 }), "{within}");
    assert_eq!(test.views.checkpoint().await.unwrap(), 20);
    assert_eq!(test.views.apply(&history.log[20..30]).await.unwrap().checkpoint, 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_read_leaves_nothing_behind() {
    let history = History::random(9, 2, 60);
    let test = TestViews::of(&history.log[..20]).await;
    let before = dump(&test).await;
    let mut page = history.log[20..30].to_vec();
    let newer = Recorded { event_version: "99".into(), ..Recorded::clone(&page[5]) };
    page[5] = Arc::new(newer);
    let error = test.views.apply(&page).await.unwrap_err();
    assert!(error.is_poison() && error.to_string().contains("position 26"), "{error}");
    let stranger = StreamId { id: "nobody".into(), ..page[5].stream.clone() };
    page[5] = Arc::new(Recorded { stream: stranger, ..Recorded::clone(&history.log[25]) });
    let error = test.views.apply(&page).await.unwrap_err();
    assert!(error.is_poison() && error.to_string().contains("goal/nobody"), "{error}");
    assert_eq!(dump(&test).await, before);
    test.project(&history.log[20..]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_projectors_at_once_project_each_event_once() {
    let history = History::random(10, 4, 900);
    let expected = dump(&TestViews::of(&history.log).await).await;
    let test = TestViews::open().await;
    let other = test.another_process().await;
    let (first, second) = tokio::join!(race(&test.views, &history.log, 7), race(&other, &history.log, 11));
    assert_eq!(first + second, history.log.len(), "each event is projected by one of them");
    assert!(first > 0 && second > 0, "both had their turn: {first} and {second}");
    assert_eq!(dump(&test).await, expected);
}

async fn race(views: &Views, log: &[Arc<Recorded>], page: usize) -> usize {
    let (mut at, mut mine) = (0, 0);
    while at < log.len() {
        let applied = views.apply(&log[at..(at + page).min(log.len())]).await.unwrap();
        mine += applied.events;
        at = applied.checkpoint as usize;
        tokio::task::yield_now().await;
    }
    mine
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_knows_how_far_the_views_are() {
    let history = History::random(11, 2, 60);
    let test = TestViews::open().await;
    let other = test.another_process().await;
    let refused = other.wait_for(5, Duration::from_millis(20)).await.unwrap_err();
    assert_eq!((refused.asked, refused.reached), (5, 0));
    let waiting = other.wait_for(60, Duration::from_secs(10));
    let (waited, ()) = tokio::join!(waiting, test.project(&history.log));
    assert!(waited.unwrap() >= 60);
    // Announcements that are lost with their connection are made good.
    let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%' AND datname = current_database()";
    let ended: i64 = sqlx::query_scalar(sql).fetch_one(&test.pool).await.unwrap();
    assert_eq!(ended, 2);
    let mut more = History::random(11, 2, 120);
    more.log.drain(..history.log.len());
    test.project(&more.log).await;
    let end = more.log.last().unwrap().position;
    assert!(other.wait_for(end, Duration::from_secs(10)).await.unwrap() >= end);
}

#[tokio::test(flavor = "multi_thread")]
async fn views_of_a_newer_program_are_read_and_left_to_it() {
    let history = History::random(12, 2, 60);
    let test = TestViews::of(&history.log[..40]).await;
    let refused = async |views: &Views| views.apply(&history.log[40..50]).await.unwrap_err();
    let foreign = |error: ApplyError| matches!(error, ApplyError::Foreign) && !error.is_poison();
    sqlx::query("UPDATE read.views SET shape = shape + 1 WHERE name = 'goals'").execute(&test.pool).await.unwrap();
    assert!(foreign(refused(&test.another_process().await).await));
    sqlx::query("UPDATE read.views SET shape = (SELECT min(shape) FROM read.views)").execute(&test.pool).await.unwrap();

    let another = "INSERT INTO read.views (name, generation, state, checkpoint, epoch, shape)
                   SELECT 'moods', generation, state, checkpoint, epoch, shape FROM read.views WHERE name = 'goals'";
    sqlx::query(another).execute(&test.pool).await.unwrap();
    // The first has projected until now, and finds out when its statement moves nothing.
    for views in [&test.views, &test.another_process().await] {
        assert!(foreign(refused(views).await));
        assert_eq!(views.checkpoint().await.unwrap(), 40);
        let goals = views.goals(&GoalsRequest::default(), &ReadAt::latest(history.now)).await.unwrap();
        assert!(!goals.goals.is_empty(), "they are read as before");
    }
    sqlx::query("DELETE FROM read.views WHERE name = 'moods'").execute(&test.pool).await.unwrap();
    test.project(&history.log).await;
    assert_eq!(test.views.checkpoint().await.unwrap(), history.log.len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_may_open_at_once() {
    let test = TestViews::open().await;
    sqlx::query("DROP TABLE read.views").execute(&test.pool).await.unwrap();
    let tables = "SELECT 'read.' || tablename FROM pg_tables WHERE schemaname = 'read'";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&test.pool).await.unwrap();
    sqlx::query(&format!("DROP TABLE {}", tables.join(", "))).execute(&test.pool).await.unwrap();
    let opened = tokio::join!(test.another_process(), test.another_process(), test.another_process());
    let states = opened.0.states().await.unwrap();
    assert_eq!(states.len(), VIEWS.len());
    assert!(states.iter().all(|state| state.generation == 1 && state.state == "live" && state.checkpoint == 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn views_of_another_log_begin_anew() {
    let history = History::random(12, 2, 60);
    let test = TestViews::of(&history.log).await;
    let renewed = Views::open(test.pool.clone(), uuid::Uuid::from_u128(8)).await.unwrap();
    assert_eq!(renewed.checkpoint().await.unwrap(), 0);
    let page = &history.log[..30];
    assert_eq!(renewed.apply(page).await.unwrap(), Applied { checkpoint: 30, events: 30 });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_a_bound() {
    let test = TestViews::open().await;
    let event = Arc::clone(&History::random(13, 1, 1).log[0]);
    let page = vec![event; limits::PAGE_EVENTS_MAX + 1];
    assert!(matches!(test.views.apply(&page).await.unwrap_err(), ApplyError::TooLong(2_001)));
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_have_grown_are_counted() {
    let history = History::random(47, 3, 2_500);
    let test = TestViews::of(&history.log).await;
    test.views.count_rows().await.unwrap();
    let sql = "SELECT reltuples::bigint, (SELECT count(*) FROM read.tasks__g1) FROM pg_class
                WHERE oid = 'read.tasks__g1'::regclass";
    let (counted, rows): (i64, i64) = sqlx::query_as(sql).fetch_one(&test.pool).await.unwrap();
    assert_eq!(counted, rows);
    assert_eq!(test.views.count_rows().await.unwrap(), 0, "none has grown since");
}
