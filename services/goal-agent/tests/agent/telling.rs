//! Every no says what is so, and what can be done about it.

use std::sync::Arc;

use domain::goal::TaskStatus;
use goal_agent::{
    Caller, Moment,
    reply::Planned,
    request::{AddTasks, Claim, Complete, CreateGoal, Find, Get, Lists, Match, Set, TaskPlan, Update},
};
use serde_json::Value;

use crate::board::{Board, claim_of, fence, refused, somebody};

fn update_of(id: impl ToString) -> Update {
    Update { ids: vec![id.to_string()], ..Update::default() }
}

fn named(id: impl ToString) -> Complete {
    Complete { id: id.to_string(), ..Complete::default() }
}

fn in_goal(goal: impl ToString) -> Claim {
    Claim { matching: Some(Match { goal: Some(goal.to_string()), ..Match::default() }), ..Claim::default() }
}

/// The message and the hint.
fn said(told: &Value) -> String {
    format!("{} / {}", told["message"].as_str().unwrap_or_default(), told["hint"].as_str().unwrap_or_default())
}

/// What a claim that finds nothing is told; it must be NOT_FOUND.
async fn nothing(board: &Board, caller: &Caller, claim: Claim) -> Value {
    let (code, told) = refused(board.agent.claim(caller, claim).await);
    assert_eq!(code, "NOT_FOUND", "{told}");
    told
}

async fn block(board: &Board, ann: &Caller, plan: &Planned, key: &str) {
    let blocked = Update {
        set: Set { status: Some(TaskStatus::Blocked), ..Set::default() },
        why: Some("no key to the house".into()),
        ..update_of(plan.ids[key])
    };
    board.agent.update(ann, blocked).await.unwrap();
}

#[tokio::test]
async fn a_key_that_looks_like_an_id_is_refused_by_its_field() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let keyed = TaskPlan { title: "x".into(), key: Some("TASK-0001".into()), ..TaskPlan::default() };
    let tasks = vec![keyed, TaskPlan { title: "y".into(), after: vec!["TASK-0001".into()], ..TaskPlan::default() }];
    let added = AddTasks { parent: plan.goal.to_string(), tasks, ..AddTasks::default() };
    let (code, told) = refused(board.agent.add_tasks(&ann, added).await);
    assert_eq!((code, &told["field"]), ("VALIDATION", &"tasks[0].key".into()), "{told}");
}

#[tokio::test]
async fn a_task_of_another_goal_is_told_so_wherever_it_is_named() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let (one, two) = (board.small_plan(&ann).await, board.small_plan(&ann).await);
    let foreign = one.ids["design"].to_string();
    let after = Lists { after: vec![foreign.clone()], ..Lists::default() };
    let parent = |id: String| Set { parent: Some(Some(id)), ..Set::default() };
    let mine = update_of(two.ids["rest"]);
    let cases = [
        ("add.after[0]", Update { add: after, ..mine.clone() }),
        ("set.parent", Update { set: parent(foreign.clone()), ..mine.clone() }),
    ];
    for (field, update) in cases {
        let (code, told) = refused(board.agent.update(&ann, update).await);
        assert_eq!((code, &told["field"]), ("VALIDATION", &field.into()), "{told}");
        let words = format!("{foreign} is not a task of this goal; it belongs to {}", one.goal);
        assert!(said(&told).contains(&words), "{told}");
    }
    let (code, told) =
        refused(board.agent.update(&ann, Update { set: parent(one.goal.to_string()), ..mine.clone() }).await);
    assert_eq!((code, &told["field"]), ("VALIDATION", &"set.parent".into()), "{told}");
    let own = Update { set: parent(two.goal.to_string()), ..mine };
    assert!(board.agent.update(&ann, own).await.unwrap().receipts[0].stored.unchanged);
}

#[tokio::test]
async fn what_has_to_come_first_is_told_as_the_call_that_does_it() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let design = plan.ids["design"];
    let set = |set: Value| Update { set: serde_json::from_value(set).unwrap(), ..update_of(design) };
    for over in [r#"{"archived":true}"#, r#"{"status":"blocked"}"#, r#"{"status":"cancelled"}"#] {
        board.agent.update(&ann, set(serde_json::from_str(over).unwrap())).await.unwrap();
        let (code, told) = refused(board.agent.claim(&ann, claim_of(design)).await);
        assert_eq!(code, "CONFLICT", "{told}");
        let hint = told["hint"].as_str().unwrap();
        let first = hint.strip_prefix("update it with set ").unwrap().split_inclusive('}').next().unwrap();
        board.agent.update(&ann, set(serde_json::from_str(first).unwrap())).await.unwrap();
        let claimed = board.agent.claim(&ann, claim_of(design)).await.unwrap();
        let back = Claim { fence: claimed.fence, release: true, ..claim_of(design) };
        board.agent.claim(&ann, back).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_named_twice_is_told_once_in_the_order_of_the_names() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let (design, rest) = (plan.ids["design"], plan.ids["rest"]);
    let ids = [rest.to_string(), plan.goal.to_string(), design.to_string(), rest.to_string(), plan.goal.to_string()];
    let objects = board.agent.get(&ann, Get { ids: ids.into(), ..Get::default() }).await.unwrap();
    let tasks: Vec<_> = objects.tasks.iter().map(|task| task.row.id).collect();
    assert_eq!((tasks, objects.goals.len(), objects.missing.len()), (vec![rest, design], 1, 0));
}

#[tokio::test]
async fn a_suggestion_is_of_the_kind_asked_for_and_never_what_was_written() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let design = plan.ids["design"].to_string();
    let find = Find { goal: Some(design.clone()), ..Find::default() };
    let (code, told) = refused(board.agent.find(&ann, find).await);
    assert_eq!(code, "VALIDATION", "{told}");
    assert!(said(&told).contains(&format!("did you mean {}?", plan.goal)), "the goal of that task: {told}");
    let (code, told) = refused(board.agent.claim(&ann, claim_of(plan.goal)).await);
    assert_eq!(code, "VALIDATION");
    assert!(said(&told).contains("is not a task id") && !said(&told).contains("did you mean"), "{told}");
    let (_, told) = refused(board.agent.claim(&ann, claim_of("TASK-0009")).await);
    let near: Vec<&str> = told["did_you_mean"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(!near.is_empty() && near.iter().all(|id| id.starts_with("TASK-") && *id != "TASK-0009"), "{told}");
}

#[tokio::test]
async fn what_came_later_than_was_asked_about_is_told_apart_from_what_does_not_exist() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let (one, two) = (board.small_plan(&ann).await, board.small_plan(&ann).await);
    let get = |ids: Vec<String>, as_of: u64| Get { ids, as_of: Some(as_of.into()), ..Get::default() };
    let (code, told) = refused(board.agent.get(&ann, get(vec![two.goal.to_string()], 2)).await);
    assert_eq!((code, &told["came_with"]), ("NOT_FOUND", &5.into()), "{told}");
    assert!(said(&told).contains("did not exist yet at position 2; it came with position 5"), "{told}");
    let (code, told) = refused(board.agent.get(&ann, get(vec![one.ids["rest"].to_string()], 2)).await);
    assert_eq!((code, &told["came_with"]), ("NOT_FOUND", &4.into()), "{told}");
    let both = board.agent.get(&ann, get(vec![one.goal.to_string(), two.goal.to_string()], 2)).await.unwrap();
    assert_eq!((both.goals.len(), both.missing[0].came_with), (1, Some(5)));
    let (_, told) = refused(board.agent.get(&ann, get(vec!["TASK-0099".into()], 2)).await);
    assert!(said(&told).contains("TASK-0099 does not exist"), "{told}");
}

#[tokio::test]
async fn when_nothing_is_ready_the_claim_says_where_the_tasks_stand() {
    let (board, ann, bob) = (Board::new().await, somebody("ann"), somebody("bob"));
    assert!(said(&nothing(&board, &bob, Claim::default()).await).contains("there is no open task"));
    let plan = board.small_plan(&ann).await;
    let design = board.agent.claim(&ann, claim_of(plan.ids["design"])).await.unwrap();
    block(&board, &ann, &plan, "rest").await;
    let told = nothing(&board, &ann, in_goal(plan.goal)).await;
    assert_eq!((&told["claimed"], &told["waiting"], &told["blocked"]), (&1.into(), &1.into(), &1.into()), "{told}");
    assert_eq!(told["until"], serde_json::to_value(design.until).unwrap());
    assert!(
        said(&told).contains("nothing is ready in GOAL-0001: open tasks: 1 claimed (the first lease ends"),
        "{told}"
    );
    assert!(said(&told).contains("claim again when"), "{told}");

    let narrow = Match { tags: vec!["nowhere".into()], ..Match::default() };
    let told = nothing(&board, &ann, Claim { matching: Some(narrow), ..Claim::default() }).await;
    assert!(said(&told).contains("no open task has these tags"), "{told}");

    board.agent.complete(&ann, Complete { fence: fence(&design), ..named(design.task) }).await.unwrap();
    let done = |key: &str| board.agent.complete(&ann, named(plan.ids[key]));
    done("build").await.unwrap();
    done("rest").await.unwrap();
    let told = nothing(&board, &ann, in_goal(plan.goal)).await;
    assert!(said(&told).contains("all its 3 tasks are closed, 3 of them completed"), "{told}");
    board.agent.complete(&ann, named(plan.goal)).await.unwrap();
    let told = nothing(&board, &ann, in_goal(plan.goal)).await;
    assert!(said(&told).contains("the goal is completed"), "{told}");
}

#[tokio::test]
async fn a_goal_that_does_not_exist_is_no_goal_without_tasks() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let told = nothing(&board, &ann, in_goal("GOAL-0009")).await;
    assert_eq!((&told["id"], &told["did_you_mean"][0]), (&"GOAL-0009".into(), &"GOAL-0001".into()), "{told}");
    let find = |goal: &str, as_of: Option<u64>| Find {
        goal: Some(goal.into()),
        as_of: as_of.map(Moment::from),
        ..Find::default()
    };
    let (code, told) = refused(board.agent.find(&ann, find("GOAL-0009", None)).await);
    assert_eq!((code, &told["did_you_mean"][0]), ("NOT_FOUND", &"GOAL-0001".into()), "{told}");
    let term = |goal: &str| Find { q: Some(format!("design goal:{goal}")), ..Find::default() };
    let (code, told) = refused(board.agent.find(&ann, term("GOAL-0009")).await);
    assert_eq!((code, &told["did_you_mean"][0]), ("NOT_FOUND", &"GOAL-0001".into()), "{told}");
    assert_eq!(board.agent.find(&ann, term("GOAL-0001")).await.unwrap().rows.len(), 1);
    let later = board.small_plan(&ann).await.goal.to_string();
    let (_, told) = refused(board.agent.find(&ann, find(&later, Some(2))).await);
    assert!(said(&told).contains("it came with position 5"), "{told}");
    let none = Find { tags: vec!["nowhere".into()], ..find(&plan.goal.to_string(), None) };
    assert_eq!(board.agent.find(&ann, none).await.unwrap().rows, []);
}

#[tokio::test]
async fn a_read_of_a_position_that_is_not_reached_is_told_to_ask_later_or_without_it() {
    let (board, ann) = (Board::unprojected().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    for (code, told) in reads_at(&board, &plan, 4).await {
        assert_eq!(code, "UNAVAILABLE", "{told}");
        assert!(said(&told).contains("ask again later, or leave out min_position or as_of"), "{told}");
        assert!(told["retry_after_ms"].is_u64() && !said(&told).contains("request_id"), "{told}");
    }
    // It would be told to ask again for ever.
    for (code, told) in reads_at(&board, &plan, 5).await {
        assert_eq!(code, "VALIDATION", "{told}");
        assert!(said(&told).contains("beyond the log, which ends at position 4"), "{told}");
        assert!(["min_position", "as_of"].contains(&told["field"].as_str().unwrap()), "{told}");
    }
}

/// What reads of that position are told, not by who wrote it.
async fn reads_at(board: &Board, plan: &Planned, position: u64) -> [(&'static str, Value); 4] {
    let bob = somebody("bob");
    let get = Get { ids: vec![plan.goal.to_string()], ..Get::default() };
    let page = goal_agent::GoalsPage { min_position: Some(position), ..goal_agent::GoalsPage::default() };
    [
        refused(board.agent.get(&bob, Get { min_position: Some(position), ..get.clone() }).await),
        refused(board.agent.get(&bob, Get { as_of: Some(position.into()), ..get }).await),
        refused(board.agent.find(&bob, Find { as_of: Some(position.into()), ..Find::default() }).await),
        refused(board.agent.goals(&bob, page).await),
    ]
}

#[tokio::test]
async fn whoever_holds_the_task_and_has_lost_the_fence_is_told_where_it_is() {
    let (board, ann, bob) = (Board::new().await, somebody("ann"), somebody("bob"));
    let plan = board.small_plan(&ann).await;
    let task = plan.ids["design"];
    let (code, told) = refused(board.agent.claim(&ann, Claim { fence: Some(77), ..claim_of(task) }).await);
    assert_eq!(code, "FENCED");
    assert!(said(&told).contains("was never given out / claim the task without a fence"), "{told}");
    board.agent.claim(&ann, claim_of(task)).await.unwrap();
    let started = Update { set: Set { status: Some(TaskStatus::InReview), ..Set::default() }, ..update_of(task) };
    for (code, told) in [
        refused(board.agent.complete(&ann, named(task)).await),
        refused(board.agent.complete(&ann, Complete { fence: Some(9), ..named(task) }).await),
        refused(board.agent.update(&ann, started.clone()).await),
        refused(board.agent.update(&ann, Update { fence: Some(9), ..started }).await),
    ] {
        assert!(code == "CLAIMED" || code == "FENCED", "{told}");
        assert!(told["yours"] == true && said(&told).contains("find with view mine"), "{told}");
    }
    let (_, told) = refused(board.agent.complete(&bob, named(task)).await);
    assert!(told.get("yours").is_none() && said(&told).contains("claim another task meanwhile"), "{told}");
}

#[tokio::test]
async fn a_fence_is_of_one_task() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let fenced = |ids: Vec<String>| Update {
        ids,
        set: Set { title: Some("Other words".into()), ..Set::default() },
        fence: Some(1),
        ..Update::default()
    };
    for (ids, words) in [
        (vec![plan.goal.to_string()], "is for tasks only"),
        (vec![plan.ids["design"].to_string(), plan.ids["rest"].to_string()], "give one id with it"),
    ] {
        let (code, told) = refused(board.agent.update(&ann, fenced(ids)).await);
        assert_eq!((code, &told["field"]), ("VALIDATION", &"fence".into()), "{told}");
        assert!(said(&told).contains(words), "{told}");
    }
}

#[tokio::test]
async fn whoever_holds_a_task_and_wants_it_to_wait_again_is_told_to_release_it() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let claimed = board.agent.claim(&ann, claim_of(plan.ids["design"])).await.unwrap();
    let pending = Set { status: Some(TaskStatus::Pending), ..Set::default() };
    let again = Update { set: pending, fence: fence(&claimed), ..update_of(claimed.task) };
    let (code, told) = refused(board.agent.update(&ann, again.clone()).await);
    assert_eq!((code, &told["yours"]), ("CLAIMED", &true.into()), "{told}");
    assert!(said(&told).contains("give it back with claim, its fence and release"), "{told}");
    board.agent.claim(&ann, Claim { fence: fence(&claimed), release: true, ..claim_of(claimed.task) }).await.unwrap();
    assert!(board.agent.update(&ann, again).await.unwrap().receipts[0].stored.unchanged, "it waits already");
}

#[tokio::test]
async fn what_complete_has_no_use_for_is_refused_by_its_field() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let failed = Complete { outcome: goal_agent::request::Outcome::Failed, ..named(plan.ids["rest"]) };
    for (field, request) in [
        ("evidence", Complete { evidence: vec!["a page".into()], ..named(plan.goal) }),
        ("met", Complete { met: vec![1], ..named(plan.goal) }),
        ("fence", Complete { fence: Some(1), ..named(plan.goal) }),
        ("outcome", Complete { id: plan.goal.to_string(), ..failed.clone() }),
        ("met", Complete { met: vec![1], ..failed }),
    ] {
        let (code, told) = refused(board.agent.complete(&ann, request).await);
        assert_eq!((code, &told["field"]), ("VALIDATION", &field.into()), "{told}");
    }
    assert_eq!(board.log.head().await.unwrap().position, 4, "nothing was stored");
}

#[tokio::test]
async fn a_blocked_task_is_told_whose_dependency_it_is_and_what_failed() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let task = |key: &str, after: &[&str], subtasks: Vec<TaskPlan>| TaskPlan {
        title: key.into(),
        key: Some(key.into()),
        after: after.iter().map(ToString::to_string).collect(),
        subtasks,
        ..TaskPlan::default()
    };
    let tasks = vec![task("dig", &[], vec![]), task("house", &["dig"], vec![task("wall", &[], vec![])])];
    let request = CreateGoal { title: "A house".into(), tasks, ..CreateGoal::default() };
    let ids = board.agent.create_goal(&ann, request).await.unwrap().ids;
    let (_, told) = refused(board.agent.claim(&ann, claim_of(ids["wall"])).await);
    assert!(said(&told).contains(&format!("remove the dependency where it is: from {}", ids["house"])), "{told}");
    let failed = Complete { outcome: goal_agent::request::Outcome::Failed, ..named(ids["dig"]) };
    board.agent.complete(&ann, failed).await.unwrap();
    let (code, told) = refused(board.agent.claim(&ann, claim_of(ids["wall"])).await);
    assert_eq!((code, &told["by"], &told["failed"]), ("BLOCKED", &told["failed"], &told["by"]));
    assert!(
        said(&told).contains("failed, so waiting is in vain / complete or cancel those first, and reopen"),
        "{told}"
    );
}

#[tokio::test]
async fn a_blocked_task_carries_its_reason_until_it_goes_on() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    block(&board, &ann, &plan, "rest").await;
    let get = Get { ids: vec![plan.ids["rest"].to_string()], ..Get::default() };
    let row = board.agent.get(&ann, get.clone()).await.unwrap().tasks.remove(0).row;
    assert_eq!(row.blocked_reason.as_deref(), Some("no key to the house"));
    let tree = board.agent.goal(&ann, &plan.goal.to_string(), None, None).await.unwrap();
    assert_eq!(tree.tasks.iter().filter(|task| task.blocked_reason.is_some()).count(), 1);
    let page: Vec<_> = board.log.read_all(0, 100).await.unwrap().into_iter().map(Arc::new).collect();
    let changed = board.agent.rows_changed(&page).await.unwrap();
    assert_eq!(changed.last().unwrap().tasks, std::slice::from_ref(&row), "the live feed carries the same row");
    let otherwise = Update {
        set: Set { status: Some(TaskStatus::Blocked), ..Set::default() },
        why: Some("no house".into()),
        ..update_of(row.id)
    };
    assert_eq!(board.agent.update(&ann, otherwise).await.unwrap().changed.len(), 1);
    let row = board.agent.get(&ann, get.clone()).await.unwrap().tasks.remove(0).row;
    assert_eq!(row.blocked_reason.as_deref(), Some("no house"));
    let goes_on = Update { set: Set { status: Some(TaskStatus::InProgress), ..Set::default() }, ..update_of(row.id) };
    board.agent.update(&ann, goes_on).await.unwrap();
    let row = board.agent.get(&ann, get).await.unwrap().tasks.remove(0).row;
    assert!(serde_json::to_value(row).unwrap().get("blocked_reason").is_none());
}
