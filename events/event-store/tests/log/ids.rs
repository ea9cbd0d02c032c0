//! Numbers that are given once.

use std::collections::HashSet;

use domain::{GoalId, TaskId};

use crate::setting::{database, log};

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_two_nodes_never_collide() {
    let database = database().await;
    let nodes = [log(&database).await, log(&database).await];
    let callers = (0..16).map(|number| {
        let log = nodes[number % 2].clone();
        tokio::spawn(async move {
            let mut ids = log.mint_task_ids(number * 3).await.unwrap();
            for _ in 0..20 {
                ids.extend(log.mint_task_ids(7).await.unwrap());
            }
            assert!(ids.is_sorted(), "one caller's ids ascend");
            ids
        })
    });
    let ids: Vec<TaskId> = futures::future::join_all(callers).await.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(ids.len(), (0..16).map(|number| number * 3 + 140).sum::<usize>());
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_needs_one_takes_one_and_who_needs_many_seldom_asks() {
    let database = database().await;
    for goal in 1..=3 {
        assert_eq!(log(&database).await.mint_goal_ids(1).await.unwrap(), [GoalId(goal)], "no gap behind short lives");
    }
    let busy = log(&database).await;
    for _ in 0..40 {
        busy.mint_goal_ids(1).await.unwrap();
    }
    let next = log(&database).await.mint_goal_ids(1).await.unwrap();
    assert_eq!(next, [GoalId(3 + 63 + 1)], "blocks of 1, 2, 4, 8, 16 and 32");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_raises_the_ids() {
    let database = database().await;
    let log = log(&database).await;
    assert_eq!(log.mint_goal_ids(1).await.unwrap(), [GoalId(1)]);
    let before = log.raise_ids(GoalId(500), TaskId(7000)).await.unwrap();
    assert_eq!(before, (GoalId(1), TaskId(0)), "the block that was taken, and nothing yet");
    // Lower than what was given: nothing goes back.
    assert_eq!(log.raise_ids(GoalId(3), TaskId(3)).await.unwrap(), (GoalId(500), TaskId(7000)));
    assert_eq!(log.mint_task_ids(2).await.unwrap(), [TaskId(7001), TaskId(7002)]);
    let other = crate::setting::log(&database).await;
    assert_eq!(other.mint_goal_ids(1).await.unwrap(), [GoalId(501)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn raising_while_others_mint_gives_no_id_twice() {
    let database = database().await;
    let (minting, raising) = (log(&database).await, log(&database).await);
    let minted = tokio::spawn(async move {
        let mut ids = Vec::new();
        for _ in 0..100 {
            ids.extend(minting.mint_goal_ids(40).await.unwrap());
        }
        ids
    });
    for at_least in (0..8000).step_by(80) {
        raising.raise_ids(GoalId(at_least), TaskId(0)).await.unwrap();
    }
    let ids = minted.await.unwrap();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
}
