//! Long answers come in portions that fit a model's context, and together they are the whole.

use goal_agent::{
    Caller,
    request::{AddComment, CreateGoal, Find, Get, Include, Set, TaskPlan, Update},
};
use serde_json::{Value, json};

use crate::board::{Board, refused, somebody};

/// What an answer may take, as JSON.
const BYTES_MAX: usize = 24_000;
const TASKS: usize = 120;

async fn long_goal(board: &Board, caller: &Caller) -> goal_agent::reply::Planned {
    let plan = |number| TaskPlan {
        title: format!("step {number}"),
        description: Some("word ".repeat(80)),
        ..TaskPlan::default()
    };
    let tasks = (0..TASKS).map(plan).collect();
    board
        .agent
        .create_goal(
            caller,
            CreateGoal {
                title: "Long".into(),
                description: Some("A goal with many steps.".into()),
                tasks,
                ..CreateGoal::default()
            },
        )
        .await
        .unwrap()
}

/// All portions of an answer, while somebody else writes between them.
async fn portions(board: &Board, caller: &Caller, request: Get, meanwhile: &str) -> Vec<Value> {
    let (mut portions, mut cursor) = (Vec::new(), None);
    loop {
        let objects = board.agent.get(caller, Get { cursor, ..request.clone() }).await.unwrap();
        cursor = objects.more.clone();
        portions.push(json!(objects));
        if cursor.is_none() {
            return portions;
        }
        let title = Some(format!("changed {}", portions.len()));
        let set = Set { title, ..Set::default() };
        let update = Update { ids: vec![meanwhile.to_owned()], set, ..Update::default() };
        board.agent.update(&somebody("bob"), update).await.unwrap();
    }
}

#[tokio::test]
async fn a_tree_comes_in_portions_of_one_moment_each_task_once() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = long_goal(&board, &ann).await;
    let last = plan.ids.values().max().unwrap().to_string();
    for body in ["one", "two"] {
        let said = AddComment { id: plan.goal.to_string(), body: body.into(), ..AddComment::default() };
        board.agent.comment(&ann, said).await.unwrap();
    }
    let include = vec![Include::Tree, Include::Comments];
    let request = Get { ids: vec![plan.goal.to_string(), last.clone()], include, ..Get::default() };
    let portions = portions(&board, &ann, request, &last).await;
    assert!(portions.len() > 2, "{} portions", portions.len());
    assert!(portions.iter().all(|portion| portion.to_string().len() < BYTES_MAX));
    assert!(portions.iter().all(|portion| portion["position"] == portions[0]["position"]));
    let all = |object: &str, list: &str| -> Vec<Value> {
        let of = |portion: &Value| portion[object][0][list].as_array().cloned().unwrap_or_default();
        portions.iter().flat_map(of).collect()
    };
    let titles: Vec<Value> = all("goals", "tasks").iter().map(|task| task["title"].clone()).collect();
    let expected: Vec<Value> = (0..TASKS).map(|number| json!(format!("step {number}"))).collect();
    assert_eq!(titles, expected, "as it was with the first portion");
    assert_eq!(all("goals", "comments").len(), 2);
    let described = portions.iter().filter(|portion| portion["goals"][0].get("description").is_some());
    assert_eq!(described.count(), 1, "what is long is told once");
    assert_eq!(portions.last().unwrap()["tasks"][0]["id"], json!(last), "what was asked for last comes last");
    assert_eq!(portions.iter().filter(|portion| portion.get("tasks").is_some()).count(), 1);
}

#[tokio::test]
async fn what_is_too_long_for_any_portion_is_one_by_itself() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    for key in ["design", "build", "rest"] {
        let set = Set { description: Some(Some("x".repeat(50_000))), ..Set::default() };
        let update = Update { ids: vec![plan.ids[key].to_string()], set, ..Update::default() };
        board.agent.update(&ann, update).await.unwrap();
    }
    let ids = plan.ids.values().map(ToString::to_string).collect();
    let alone = portions(&board, &ann, Get { ids, ..Get::default() }, &plan.goal.to_string()).await;
    assert_eq!(alone.iter().map(|portion| portion["tasks"].as_array().unwrap().len()).collect::<Vec<_>>(), [1, 1, 1]);
    let tree = Get { ids: vec![plan.goal.to_string()], include: vec![Include::Tree], ..Get::default() };
    let parts = portions(&board, &ann, tree, &plan.ids["rest"].to_string()).await;
    let seen: usize = parts.iter().filter_map(|part| part["goals"][0]["tasks"].as_array()).map(Vec::len).sum();
    assert_eq!(seen, 3);
}

#[tokio::test]
async fn rows_end_where_there_is_no_more_room_and_go_on_with_the_cursor() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let title = |number| format!("{} {number}", "long title ".repeat(17));
    let plan = |number| TaskPlan { title: title(number), ..TaskPlan::default() };
    let tasks = (0..TASKS).map(plan).collect();
    let goal = board.agent.create_goal(&ann, CreateGoal { title: "g".into(), tasks, ..CreateGoal::default() });
    goal.await.unwrap();
    let (mut titles, mut cursor, mut pages) = (Vec::new(), None, 0);
    loop {
        let request = Find { limit: Some(200), cursor, kind: Some(goal_agent::request::Kind::Task), ..Find::default() };
        let found = board.agent.find(&ann, request).await.unwrap();
        assert!(json!(found).to_string().len() < BYTES_MAX);
        titles.extend(found.rows.into_iter().map(|row| row.title.to_string()));
        (cursor, pages) = (found.more, pages + 1);
        if cursor.is_none() {
            break;
        }
    }
    titles.sort();
    let mut expected: Vec<String> = (0..TASKS).map(title).collect();
    expected.sort();
    assert!(pages > 1 && titles == expected, "{pages} pages with {} rows", titles.len());
}

#[tokio::test]
async fn a_cursor_of_something_else_is_refused() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    for cursor in ["", "1", "1.0", "1.0.0.0", "a.b.c", "4.1.0", "-1.0.0", "1.0.99999999999999999999"] {
        let get = Get { ids: vec![plan.goal.to_string()], cursor: Some(cursor.into()), ..Get::default() };
        let (code, told) = refused(board.agent.get(&ann, get).await);
        assert_eq!((code, &told["field"]), ("VALIDATION", &json!("cursor")), "{cursor}");
    }
}
