//! What happened, asked in every way, against the log itself.

use std::collections::BTreeSet;

use domain::{Metadata, Recorded};
use goal_agent::{
    Caller, Moment,
    reply::Happenings,
    request::{AddComment, Complete, History, Set, Update},
};
use serde_json::json;

use crate::board::{Board, claim_of, fence, refused, somebody};

/// A goal that two have worked on, and another one.
async fn story(board: &Board) -> (Caller, Caller, goal_agent::reply::Planned) {
    let (ann, bob) = (somebody("ann"), somebody("bob"));
    let plan = board.small_plan(&ann).await;
    board.small_plan(&bob).await;
    let claimed = board.agent.claim(&bob, claim_of(plan.ids["design"])).await.unwrap();
    let complete = Complete {
        id: plan.ids["design"].to_string(),
        result: Some("drawn".into()),
        fence: fence(&claimed),
        ..Complete::default()
    };
    board.agent.complete(&bob, complete).await.unwrap();
    let why = Some("it is more than that".into());
    let set = Set { title: Some("Build it".into()), ..Set::default() };
    let update = Update { ids: vec![plan.ids["build"].to_string()], set, why, ..Update::default() };
    board.agent.update(&ann, update).await.unwrap();
    let body = "Looks good.".into();
    board.agent.comment(&ann, AddComment { id: plan.goal.to_string(), body, ..AddComment::default() }).await.unwrap();
    (ann, bob, plan)
}

fn positions(happenings: &Happenings) -> Vec<u64> {
    happenings.events.iter().map(|event| event.position).collect()
}

async fn asked(board: &Board, caller: &Caller, request: History) -> Happenings {
    board.agent.history(caller, request).await.unwrap()
}

#[tokio::test]
async fn filters_find_what_a_look_at_every_event_finds() {
    let board = Board::new().await;
    let (ann, _, plan) = story(&board).await;
    let log = board.log.read_all(0, 1_000).await.unwrap();
    let by = |event: &Recorded, name: &str| event.metadata.get(Metadata::ACTOR_ID) == Some(name);
    let task = plan.ids["design"];
    type Holds<'a> = Box<dyn Fn(&Recorded) -> bool + 'a>;
    let cases: [(History, Holds<'_>); 8] = [
        (History::default(), Box::new(|_| true)),
        (
            History { id: Some(plan.goal.to_string()), ..History::default() },
            Box::new(|event| event.goal_id() == Some(plan.goal)),
        ),
        (
            History { id: Some(task.to_string()), ..History::default() },
            Box::new(|event| event.goal_event().unwrap().task() == Some(task)),
        ),
        (History { actor: Some("bob".into()), ..History::default() }, Box::new(|event| by(event, "bob"))),
        (
            History { types: vec!["task_added".into(), "task_claimed".into()], ..History::default() },
            Box::new(|event| ["task_added", "task_claimed"].contains(&event.event_type.as_str())),
        ),
        (
            History { since: Some(Moment::Position(4)), until: Some(Moment::Position(9)), ..History::default() },
            Box::new(|event| (5..=9).contains(&event.position)),
        ),
        (
            History { actor: Some("bob".into()), types: vec!["task_added".into()], ..History::default() },
            Box::new(|event| by(event, "bob") && event.event_type == "task_added"),
        ),
        (History { actor: Some("nobody".into()), ..History::default() }, Box::new(|_| false)),
    ];
    for (request, holds) in cases {
        let mut expected: Vec<u64> = log.iter().filter(|event| holds(event)).map(|event| event.position).collect();
        if request.since.is_none() {
            expected.reverse();
        }
        let found = asked(&board, &ann, request.clone()).await;
        assert_eq!((positions(&found), found.more), (expected, None), "{request:?}");
    }
}

#[tokio::test]
async fn an_event_tells_what_changed_who_did_it_and_why() {
    let board = Board::new().await;
    let (ann, _, plan) = story(&board).await;
    let request = |diff| History { types: vec!["task_retitled".into()], diff, ..History::default() };
    let plain = asked(&board, &ann, request(false)).await;
    let told = serde_json::to_value(&plain.events[0]).unwrap();
    assert_eq!(told["type"], "task_retitled");
    assert_eq!((&told["actor"], &told["id"]), (&json!("ann"), &json!(plan.ids["build"])));
    assert_eq!((&told["change"]["to"], &told["why"]), (&json!("Build it"), &json!("it is more than that")));
    let fields = asked(&board, &ann, request(true)).await;
    let told = serde_json::to_value(&fields.events[0]).unwrap();
    assert_eq!(told["diff"], json!([{ "field": "title", "from": "Build", "to": "Build it" }]));
    assert!(told.get("change").is_none());
}

#[tokio::test]
async fn pages_give_every_event_once_while_others_write() {
    let board = Board::new().await;
    let (ann, bob, plan) = story(&board).await;
    for since in [None, Some(Moment::Position(0))] {
        let (mut seen, mut cursor, end) = (Vec::new(), None, board.log.head().await.unwrap().position);
        loop {
            let request = History { since, limit: Some(3), cursor, ..History::default() };
            let page = asked(&board, &ann, request).await;
            seen.extend(positions(&page));
            let body = "meanwhile".to_owned();
            let said = AddComment { id: plan.goal.to_string(), body, ..AddComment::default() };
            if seen.len() < 9 {
                board.agent.comment(&bob, said).await.unwrap();
            }
            cursor = page.more;
            if cursor.is_none() {
                break;
            }
        }
        let once: BTreeSet<u64> = seen.iter().copied().collect();
        assert_eq!(once.len(), seen.len(), "each once: {seen:?}");
        assert!((1..=end).all(|position| once.contains(&position)), "none left out: {seen:?}");
    }
}

#[tokio::test]
async fn catching_up_takes_one_call() {
    let board = Board::new().await;
    let (ann, bob, plan) = story(&board).await;
    let known = asked(&board, &ann, History::default()).await.position;
    let quiet = History { since: Some(Moment::Position(known)), ..History::default() };
    assert_eq!(asked(&board, &ann, quiet.clone()).await.events, []);
    let said = AddComment { id: plan.goal.to_string(), body: "news".into(), ..AddComment::default() };
    let position = board.agent.comment(&bob, said).await.unwrap().stored.position;
    // Bob's write, so Ann's read need not wait for it: she asks until it is there.
    let news = loop {
        let news = asked(&board, &ann, quiet.clone()).await;
        if !news.events.is_empty() {
            break news;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((positions(&news), news.position), (vec![position], position));
}

#[tokio::test]
async fn a_piece_of_work_is_told_apart_from_the_others() {
    let board = Board::new().await;
    let (ann, ..) = story(&board).await;
    // The plan was made in one piece: the goal and three tasks.
    let chain = asked(&board, &ann, History { cause: Some(2), ..History::default() }).await;
    assert_eq!(positions(&chain), [1, 2, 3, 4]);
    let tasks = History { cause: Some(1), types: vec!["task_added".into()], ..History::default() };
    assert_eq!(positions(&asked(&board, &ann, tasks).await), [2, 3, 4]);
}

#[tokio::test]
async fn long_answers_end_where_there_is_no_more_room() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    for _ in 0..5 {
        let said = AddComment { id: plan.goal.to_string(), body: "x".repeat(9_000), ..AddComment::default() };
        board.agent.comment(&ann, said).await.unwrap();
    }
    let first = asked(&board, &ann, History::default()).await;
    assert!(serde_json::to_string(&first).unwrap().len() < 24_000);
    assert_eq!(positions(&first), [9, 8]);
    let rest = asked(&board, &ann, History { cursor: first.more, ..History::default() }).await;
    assert_eq!(positions(&rest)[..2], [7, 6]);
    let long = AddComment { id: plan.goal.to_string(), body: "y".repeat(60_000), ..AddComment::default() };
    board.agent.comment(&ann, long).await.unwrap();
    assert_eq!(positions(&asked(&board, &ann, History::default()).await), [10], "one is always given");
}

#[tokio::test]
async fn a_wrong_question_is_told_what_would_be_right() {
    let board = Board::new().await;
    let (ann, ..) = story(&board).await;
    let cases = [
        (
            History { types: vec!["task_complete".into()], ..History::default() },
            "types",
            "did you mean task_completed?",
        ),
        (History { types: vec!["zzz".into()], ..History::default() }, "types", "there are goal_created"),
        (History { since: Some(Moment::Position(99)), ..History::default() }, "since", "ends at position 14"),
        (History { since: "2999-01-01".parse().ok(), ..History::default() }, "since", "is in the future"),
        (History { cause: Some(99), ..History::default() }, "cause", "no event at position 99"),
        (History { limit: Some(0), ..History::default() }, "limit", "give 1 to 200"),
        (History { limit: Some(201), ..History::default() }, "limit", "give 1 to 200"),
        (History { cursor: Some("after:3".into()), ..History::default() }, "cursor", "leave it out"),
        (History { cursor: Some("before:0".into()), ..History::default() }, "cursor", "leave it out"),
        (History { actor: Some("a\0b".into()), ..History::default() }, "actor", "U+0000"),
    ];
    for (request, field, said) in cases {
        let (code, told) = refused(board.agent.history(&ann, request.clone()).await);
        assert_eq!((code, &told["field"]), ("VALIDATION", &json!(field)), "{request:?}");
        assert!(told["message"].as_str().unwrap().contains(said), "{told}");
    }
    let absent = History { id: Some("GOAL-0009".into()), ..History::default() };
    assert_eq!(refused(board.agent.history(&ann, absent).await).0, "NOT_FOUND");
}
