//! What belongs together in the log: the events of a request, and of a trace.

use std::collections::BTreeSet;

use domain::Metadata;
use goal_agent::{
    Caller,
    request::{Set, Update},
};

use crate::board::{Board, somebody};

/// The correlation ids of the events behind a position.
async fn correlations(board: &Board, behind: u64) -> BTreeSet<String> {
    let page = board.log.read_all(behind, 100).await.unwrap();
    page.iter().map(|event| event.metadata.get(Metadata::CORRELATION_ID).unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_events_of_one_request_share_an_id_and_those_of_one_trace_the_trace() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let (one, two) = (board.small_plan(&ann).await, board.small_plan(&ann).await);
    assert_eq!(correlations(&board, 0).await.len(), 2, "each request has its own");
    let retitle = |title: &str| Update {
        ids: vec![one.goal.to_string(), two.goal.to_string()],
        set: Set { title: Some(title.into()), ..Set::default() },
        ..Update::default()
    };
    board.agent.update(&ann, retitle("Both")).await.unwrap();
    assert_eq!(correlations(&board, 8).await.len(), 1, "over several goals too");

    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().ok();
    let traced = Caller { traceparent, ..ann };
    board.agent.update(&traced, retitle("Again")).await.unwrap();
    board.agent.update(&traced, retitle("And again")).await.unwrap();
    let trace = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736".to_owned();
    assert_eq!(correlations(&board, 10).await, [trace].into());
    assert_eq!(board.log.head().await.unwrap().position, 14);
}
