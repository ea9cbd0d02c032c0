//! The projector on a real log, in a real Postgres that comes and goes.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod support;

use std::time::Duration;

use chrono::Utc;
use domain::GoalId;
use local_stack::testing::OwnStack;
use projector::{Projection, Projector, ProjectorError, rebuild};
use read_models::{GoalsRequest, ReadAt, RebuildError};
use support::{Town, append, creation, retitling};
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// Longer than anything here should take.
const BOUND: Duration = Duration::from_secs(60);

/// On servers of its own.
async fn town_with_a_goal() -> (OwnStack, Town) {
    let stack = OwnStack::start().await.unwrap();
    let town = Town::on(&stack.endpoints().owner_url, &stack.endpoints().database_url).await;
    append(&town.log, GoalId(1), 0, &[creation(1)]).await;
    (stack, town)
}

type Running = (watch::Receiver<Projection>, CancellationToken, JoinHandle<Result<(), ProjectorError>>);

/// A projector, until it is cancelled.
fn start(town: &Town) -> Running {
    let projector = Projector::new(town.log.clone(), None, town.views.clone());
    let state = projector.state();
    assert_eq!(*state.borrow(), Projection::Starting);
    let cancellation = CancellationToken::new();
    let running = tokio::spawn({
        let cancellation = cancellation.clone();
        async move { projector.run(cancellation).await }
    });
    (state, cancellation, running)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_the_log_comes_into_the_views_and_stays_when_rebuilt() {
    let town = Town::shared().await;
    append(&town.log, GoalId(1), 0, &[creation(1)]).await;
    let (mut state, cancellation, running) = start(&town);
    for sequence in 1..=50 {
        append(&town.log, GoalId(1), sequence, &[retitling(sequence)]).await;
    }
    assert_eq!(town.views.wait_for(51, BOUND).await.unwrap(), 51);
    state.wait_for(|state| *state == Projection::Running { checkpoint: 51 }).await.unwrap();

    let rebuilt = rebuild(&town.log, &town.views, "goals", &|_| ()).await.unwrap();
    assert_eq!((rebuilt.position, rebuilt.generation), (51, 2));
    assert!(town.views.compare("goals", 1, 2).await.unwrap().is_equal());
    assert!(matches!(rebuild(&town.log, &town.views, "goalz", &|_| ()).await, Err(RebuildError::UnknownView { .. })));

    append(&town.log, GoalId(1), 51, &[retitling(51)]).await;
    town.views.wait_for(52, BOUND).await.unwrap();
    let page = town.views.goals(&GoalsRequest::default(), &ReadAt::latest(Utc::now())).await.unwrap();
    assert_eq!((page.goals[0].title.as_str(), page.position), ("Title 51", 52));
    cancellation.cancel();
    running.await.unwrap().unwrap();
    assert_eq!(*state.borrow(), Projection::Ended);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_read_stops_the_projection_and_is_never_skipped() {
    let town = Town::shared().await;
    append(&town.log, GoalId(1), 0, &[creation(1)]).await;
    let newer = support::Event { version: "99".to_owned(), ..retitling(1) };
    append(&town.log, GoalId(1), 1, &[newer]).await;
    append(&town.log, GoalId(1), 2, &[retitling(2)]).await;
    let projector = Projector::new(town.log.clone(), None, town.views.clone());
    let run = tokio::time::timeout(BOUND, projector.run(CancellationToken::new())).await.unwrap();
    assert!(matches!(run, Err(ProjectorError::Poison(_))), "{run:?}");
    let state = projector.state().borrow().clone();
    assert!(!state.is_healthy());
    assert!(
        matches!(state, Projection::Stopped { error } if error.contains("position 2") && error.contains("newer than this program"))
    );
    assert!(town.views.checkpoint().await.unwrap() < 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_and_returns_is_survived() {
    let (mut stack, town) = town_with_a_goal().await;
    let (mut state, cancellation, running) = start(&town);
    state.wait_for(|state| *state == Projection::Running { checkpoint: 1 }).await.unwrap();
    // Twice, with events shortly before: the views' last pages may be lost with the crash, the log's events are not.
    let mut sequence = 1;
    for _crash in 0..2 {
        for _event in 0..20 {
            append(&town.log, GoalId(1), sequence, &[retitling(sequence)]).await;
            sequence += 1;
        }
        stack.kill_postgres().await.unwrap();
        stack.restart_postgres().await.unwrap();
    }
    append(&town.log, GoalId(1), sequence, &[retitling(sequence)]).await;
    let end = sequence + 1;
    tokio::time::timeout(BOUND, state.wait_for(|state| *state == Projection::Running { checkpoint: end }))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(town.views.checkpoint().await.unwrap(), end);
    let goal = town.views.goal(GoalId(1), &ReadAt::after(end, Utc::now())).await.unwrap().value.unwrap();
    assert_eq!((goal.title, goal.version), (format!("Title {sequence}"), end));
    cancellation.cancel();
    running.await.unwrap().unwrap();
}

/// As after a crash that took the views' last pages, which nobody waits to see on disk, and with nothing new in the log.
#[tokio::test(flavor = "multi_thread")]
async fn pages_that_were_lost_are_made_good_without_another_event() {
    let (mut stack, town) = town_with_a_goal().await;
    let (mut state, cancellation, running) = start(&town);
    for position in 1..=2 {
        append(&town.log, GoalId(1), position, &[retitling(position)]).await;
        tokio::time::timeout(BOUND, state.wait_for(|state| *state == Projection::Running { checkpoint: position + 1 }))
            .await
            .unwrap()
            .unwrap();
        support::set_back(&stack.endpoints().owner_url, position).await;
        stack.kill_postgres().await.unwrap();
        stack.restart_postgres().await.unwrap();
        tokio::time::timeout(BOUND, async {
            while town.views.checkpoint().await.ok() != Some(position + 1) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .unwrap();
    }
    let goal = town.views.goal(GoalId(1), &ReadAt::after(3, Utc::now())).await.unwrap().value.unwrap();
    assert_eq!((goal.title.as_str(), goal.version), ("Title 2", 3));
    cancellation.cancel();
    running.await.unwrap().unwrap();
}
