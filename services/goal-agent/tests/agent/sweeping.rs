//! Leases that ran out are written down when somebody sweeps.

use domain::time::Timestamp;
use goal_agent::{
    GoalAgent,
    request::{Claim, Complete, Find, FindView, History},
};

use crate::board::{Board, claim_of, fence, somebody};

async fn has_passed(until: Timestamp) {
    while chrono::Utc::now() < until {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn expiries(agent: &GoalAgent) -> Vec<(String, Option<String>)> {
    let request = History { types: vec!["claim_expired".into()], ..History::default() };
    let told = agent.history(&somebody("ann"), request).await.unwrap();
    told.events.into_iter().map(|event| (event.id, event.actor)).collect()
}

#[tokio::test]
async fn two_nodes_that_sweep_at_once_write_each_lease_down_once_and_leave_live_ones_alone() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let (other, _stopping) = board.another_node().await;
    let [one, two] = [board.small_plan(&ann).await, board.small_plan(&ann).await];
    let short = |plan: &goal_agent::reply::Planned| Claim { ttl: Some(1), ..claim_of(plan.ids["design"]) };
    let lapsing =
        [board.agent.claim(&ann, short(&one)).await.unwrap(), board.agent.claim(&ann, short(&two)).await.unwrap()];
    let live = board.agent.claim(&ann, claim_of(one.ids["rest"])).await.unwrap();
    let head = board.log.head().await.unwrap().position;
    for agent in [&board.agent, &other] {
        agent.find(&ann, Find { min_position: Some(head), ..Find::default() }).await.unwrap();
    }
    assert_eq!(board.agent.sweep().await.unwrap(), 0, "nothing has run out yet");
    has_passed(lapsing[1].until.unwrap()).await;

    let swept = tokio::join!(board.agent.sweep(), other.sweep());
    assert_eq!(swept.0.unwrap() + swept.1.unwrap(), 2);
    let mut ids: Vec<_> = lapsing.iter().map(|claimed| (claimed.task.to_string(), Some("goalstream".into()))).collect();
    ids.sort();
    assert_eq!(board.log.head().await.unwrap().position, head + 2);

    // Nobody took it over, so whoever was only slow may go on; and until somebody does something, it is stale.
    let find = Find { view: Some(FindView::Stale), min_position: Some(head + 2), ..Find::default() };
    let stale = board.agent.find(&ann, find).await.unwrap();
    assert_eq!(stale.rows.len(), 2, "{stale:?}");
    let mut told = expiries(&board.agent).await;
    told.sort();
    assert_eq!(told, ids);
    for claimed in [&lapsing[0], &live] {
        let request = Complete { id: claimed.task.to_string(), fence: fence(claimed), ..Complete::default() };
        board.agent.complete(&ann, request).await.unwrap();
    }
    assert_eq!(board.agent.sweep().await.unwrap(), 0);
}
