//! Remaking views of a log that is too large to be remembered.

use std::collections::BTreeSet;

use domain::{
    GoalCommand as C, GoalId,
    goal::PlannedTask,
    limits::{TAGS_MAX, TASKS_PER_GOAL_MAX},
};
use read_models::{
    VIEWS,
    limits::{PAGE_EVENTS_MAX, REMEMBERED_ROWS_MAX},
};

use crate::{
    history::{Dice, History, creation},
    support::{TestViews, reader},
};

const GOAL: GoalId = GoalId(1);
/// So many that their tags are more than are remembered.
const TASKS: usize = REMEMBERED_ROWS_MAX / TAGS_MAX + 1;
// All of them are added in one page, to one goal.
const _: () = assert!(TASKS < PAGE_EVENTS_MAX && TASKS < TASKS_PER_GOAL_MAX);

/// Tags are added in the first page; later pages end some of them.
fn many_tags() -> History {
    let mut history = History::new();
    history.act(GOAL, creation(&mut Dice::new(45), GOAL.0)).unwrap();
    let tags: BTreeSet<String> = (0..TAGS_MAX).map(|number| format!("tag-{number:02}")).collect();
    let ids: Vec<_> = (0..TASKS).map(|_| history.mint()).collect();
    for &id in &ids {
        let task = PlannedTask { id, title: format!("Task {id}").into(), tags: tags.clone(), ..PlannedTask::default() };
        history.act(GOAL, C::AddTasks { tasks: vec![task] }).unwrap();
    }
    for number in 0..PAGE_EVENTS_MAX {
        let title = format!("Title {number}").into();
        history.act(GOAL, C::Retitle { subject: GOAL.into(), title }).unwrap();
    }
    for &id in &ids {
        history.act(GOAL, C::Untag { subject: id.into(), tag: "tag-07".into() }).unwrap();
        history.act(GOAL, C::Retitle { subject: id.into(), title: "Another title".into() }).unwrap();
        history.act(GOAL, C::Tag { subject: id.into(), tag: "tag-07".into() }).unwrap();
    }
    history
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_were_too_many_to_remember_are_found_again() {
    let history = many_tags();
    let test = TestViews::of(&history.log).await;
    let rebuilt = test.views.rebuild("all", reader(&history.log), &|_| ()).await.unwrap();
    assert_eq!(rebuilt.position, history.log.len() as u64);
    for view in VIEWS {
        let comparison = test.views.compare(view, 1, rebuilt.generation).await.unwrap();
        assert!(comparison.is_equal(), "{view}: {comparison:?}");
    }
    let tags = "SELECT count(*) FROM read.tags__g2 WHERE kind = 'task'";
    let live: i64 = sqlx::query_scalar(tags).fetch_one(&test.pool).await.unwrap();
    assert!(live > REMEMBERED_ROWS_MAX as i64, "{live} tags are no more than are remembered");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_were_filled_have_every_index() {
    let history = History::random(46, 2, 2_000);
    let test = TestViews::of(&history.log).await;
    test.views.rebuild("all", reader(&history.log), &|_| ()).await.unwrap();
    let indexes = async |generation: i32| -> Vec<String> {
        let sql = "SELECT replace(indexdef, '__g' || $1, '') FROM pg_indexes
                    WHERE schemaname = 'read' AND tablename LIKE '%\\_\\_g' || $1 ORDER BY 1";
        sqlx::query_scalar(sql).bind(generation.to_string()).fetch_all(&test.pool).await.unwrap()
    };
    let (first, second) = (indexes(1).await, indexes(2).await);
    assert!(first.len() > VIEWS.len() && first == second, "{first:#?} and {second:#?}");
}
