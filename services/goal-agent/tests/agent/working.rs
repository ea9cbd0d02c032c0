//! From a plan to its end, and every way to be told no.

use std::time::Instant;

use domain::goal::{Priority, TaskStatus};
use goal_agent::request::{
    AddTasks, Claim, Complete, CreateGoal, Find, FindView, Get, Include, Lists, Match, Set, TaskPlan, Update,
};
use read_models::limits;

use crate::board::{Board, claim_of, fence, refused, somebody};

#[tokio::test]
async fn a_plan_is_worked_off_and_each_step_says_what_it_sets_free() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    assert_eq!(plan.ready, [plan.ids["design"], plan.ids["rest"]]);

    let claimed = board.agent.claim(&ann, claim_of(plan.ids["design"])).await.unwrap();
    assert_eq!(claimed.context.as_ref().unwrap().goal_title, "A small plan");
    let request = Complete {
        id: claimed.task.to_string(),
        result: Some("a drawing".into()),
        fence: fence(&claimed),
        ..Complete::default()
    };
    let completed = board.agent.complete(&ann, request).await.unwrap();
    assert_eq!(completed.unblocked, [plan.ids["build"]]);
    assert_eq!((completed.goal_progress.completed, completed.goal_progress.total), (1, 3));

    let next = board.agent.claim(&ann, claim_of(plan.ids["build"])).await.unwrap();
    assert_eq!(next.context.unwrap().results[0].result.as_deref(), Some("a drawing"));
}

#[tokio::test]
async fn a_caller_reads_its_own_writes_at_once() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    for round in 0..20 {
        let plan = board.small_plan(&ann).await;
        let found = board
            .agent
            .find(&ann, Find { goal: Some(plan.goal.to_string()), view: Some(FindView::Ready), ..Find::default() });
        assert_eq!(found.await.unwrap().rows.len(), 2, "round {round}");
    }
}

#[tokio::test]
async fn what_new_tasks_are_to_keep_is_stored_with_them_in_one_step() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let keeps = |title: &str, subtasks: Vec<TaskPlan>| TaskPlan {
        title: title.into(),
        key: Some(title.into()),
        metadata: [("repo".to_owned(), title.into())].into(),
        subtasks,
        ..TaskPlan::default()
    };
    let bare = TaskPlan { title: "bare".into(), key: Some("bare".into()), ..TaskPlan::default() };
    let tasks = vec![keeps("whole", vec![bare, keeps("part", vec![])]), keeps("last", vec![])];
    let request =
        CreateGoal { title: "Kept".into(), tasks, request_id: Some("keeping".into()), ..CreateGoal::default() };
    let plan = board.agent.create_goal(&ann, request.clone()).await.unwrap();
    let again = board.agent.create_goal(&ann, request).await.unwrap();
    assert_eq!((again.stored.duplicate, &again.ids), (true, &plan.ids));

    let ids = ["whole", "bare", "part", "last"].map(|key| plan.ids[key].to_string()).to_vec();
    let read = board.agent.get(&ann, Get { ids, ..Get::default() }).await.unwrap();
    let kept: Vec<_> = read.tasks.iter().map(|task| task.row.metadata.get("repo").cloned()).collect();
    assert_eq!(kept, [Some("whole".into()), None, Some("part".into()), Some("last".into())]);
}

#[tokio::test]
async fn a_claim_by_match_takes_the_most_important_ready_task_and_never_the_same_twice() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let matching = Match { goal: Some(plan.goal.to_string()), ..Match::default() };
    let take = || board.agent.claim(&ann, Claim { matching: Some(matching.clone()), ..Claim::default() });
    let (first, second) = (take().await.unwrap(), take().await.unwrap());
    assert_eq!([first.task, second.task], [plan.ids["design"], plan.ids["rest"]]);
    assert_eq!(refused(take().await).0, "NOT_FOUND");
}

#[tokio::test]
async fn a_worker_whose_lease_was_taken_over_cannot_write() {
    let (board, ann, bob) = (Board::new().await, somebody("ann"), somebody("bob"));
    let plan = board.small_plan(&ann).await;
    let short = Claim { ttl: Some(1), ..claim_of(plan.ids["design"]) };
    let anns = board.agent.claim(&ann, short).await.unwrap();
    assert_eq!(refused(board.agent.claim(&bob, claim_of(plan.ids["design"])).await).0, "CLAIMED");
    let until = anns.until.unwrap();
    while chrono::Utc::now() < until {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let bobs = board.agent.claim(&bob, claim_of(plan.ids["design"])).await.unwrap();
    assert!(fence(&bobs) > fence(&anns));
    let late = Complete { id: anns.task.to_string(), fence: fence(&anns), ..Complete::default() };
    assert_eq!(refused(board.agent.complete(&ann, late).await).0, "FENCED");
    let unfenced = Complete { id: anns.task.to_string(), ..Complete::default() };
    assert_eq!(refused(board.agent.complete(&ann, unfenced).await).0, "CLAIMED");
    let head = board.log.head().await.unwrap().position;
    let of_task = Update { ids: vec![anns.task.to_string()], ..Update::default() };
    for change in every_change(plan.ids["rest"].to_string()) {
        let update = |fence| Update { ids: of_task.ids.clone(), fence, ..change.clone() };
        let (code, told) = refused(board.agent.update(&ann, update(fence(&anns))).await);
        assert_eq!(code, "FENCED", "{change:?}: {told}");
        assert!(told["holder_since"].is_string(), "{told}");
    }
    assert_eq!(board.log.head().await.unwrap().position, head, "nothing was stored");
    let by_bob = Update { set: titled("Bob's"), fence: fence(&bobs), ..of_task };
    assert_eq!(board.agent.update(&bob, by_bob).await.unwrap().changed.len(), 1);
}

fn titled(title: &str) -> Set {
    Set { title: Some(title.into()), ..Set::default() }
}

/// One update for each field that one can change, and for each status.
fn every_change(other: String) -> Vec<Update> {
    let set = |set: Set| Update { set, ..Update::default() };
    let add = |add: Lists| Update { add, ..Update::default() };
    let remove = |remove: Lists| Update { remove, ..Update::default() };
    let link = domain::goal::Link { rel: "document".into(), to: "a page".into() };
    let lists = [
        Lists { tags: vec!["x".into()], ..Lists::default() },
        Lists { after: vec![other], ..Lists::default() },
        Lists { links: vec![link], ..Lists::default() },
    ];
    let status = |status: &str| set(Set { status: Some(status.parse().unwrap()), ..Set::default() });
    let fields = [
        titled("Other words"),
        Set { description: Some(None), ..Set::default() },
        Set { priority: Some(domain::goal::Priority::High), ..Set::default() },
        Set { due: Some(None), ..Set::default() },
        Set { estimate: Some(None), ..Set::default() },
        Set { assignee: Some(Some("ann".into())), ..Set::default() },
        Set { parent: Some(None), ..Set::default() },
        Set { metadata: [("key".to_owned(), 1.into())].into(), ..Set::default() },
        Set { archived: Some(true), ..Set::default() },
        Set { archived: Some(false), ..Set::default() },
    ];
    let statuses = ["pending", "in_progress", "blocked", "in_review", "completed", "failed", "cancelled"];
    let criteria = [
        add(Lists { accept: vec!["It runs".into()], ..Lists::default() }),
        remove(Lists { accept: vec!["1".into()], ..Lists::default() }),
    ];
    let changes = fields.into_iter().map(set).chain(statuses.map(status)).chain(criteria);
    changes.chain(lists.iter().cloned().map(add)).chain(lists.iter().cloned().map(remove)).collect()
}

#[tokio::test]
async fn refusals_name_the_field_and_the_nearest_right_thing() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let title = |title: &str| CreateGoal { title: title.into(), ..CreateGoal::default() };
    for wrong in ["", "   ", &"x".repeat(201), "a\u{7}b", "a\0b"] {
        let (code, told) = refused(board.agent.create_goal(&ann, title(wrong)).await);
        assert_eq!((code, &told["field"]), ("VALIDATION", &"title".into()), "{wrong:?}");
    }
    let lost = AddTasks {
        parent: "GOAL-9999".into(),
        tasks: vec![TaskPlan { title: "x".into(), ..TaskPlan::default() }],
        ..AddTasks::default()
    };
    let (code, told) = refused(board.agent.add_tasks(&ann, lost).await);
    assert_eq!(code, "NOT_FOUND", "{told}");
    let complete = |id: &str| board.agent.complete(&ann, Complete { id: id.into(), ..Complete::default() });
    let (code, told) = refused(complete("TASK-0099").await);
    assert_eq!((code, told.get("did_you_mean")), ("NOT_FOUND", None), "nobody mistypes an id by two digits: {told}");
    let (code, told) = refused(complete("TASK-0009").await);
    assert_eq!((code, &told["did_you_mean"][0]), ("NOT_FOUND", &"TASK-0001".into()), "{told}");
    let (code, told) = refused(complete("task-1").await);
    assert_eq!(code, "VALIDATION");
    assert!(told["message"].as_str().is_some_and(|said| said.ends_with("did you mean TASK-0001?")), "{told}");
    let cycle = Update {
        ids: vec![plan.ids["design"].to_string()],
        add: Lists { after: vec![plan.ids["build"].to_string()], ..Lists::default() },
        ..Update::default()
    };
    let (code, told) = refused(board.agent.update(&ann, cycle).await);
    assert_eq!(code, "CYCLE", "{told}");
    assert_eq!(board.log.head().await.unwrap().position, 4, "nothing was stored by half");
}

#[tokio::test]
async fn an_update_changes_several_goals_each_as_a_whole() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let (one, two) = (board.small_plan(&ann).await, board.small_plan(&ann).await);
    let request = Update {
        ids: vec![one.goal.to_string(), one.ids["rest"].to_string(), two.goal.to_string()],
        set: Set { status: Some(TaskStatus::InProgress), ..Set::default() },
        add: Lists { tags: vec!["now".into()], ..Lists::default() },
        why: Some("the customer waits".into()),
        ..Update::default()
    };
    let updated = board.agent.update(&ann, request).await.unwrap();
    assert_eq!(updated.receipts.len(), 2);
    assert_eq!(updated.changed.len(), 3);
    let objects = Get { ids: vec![one.ids["rest"].to_string()], include: vec![Include::History], ..Get::default() };
    let got = board.agent.get(&ann, objects).await.unwrap();
    assert_eq!(got.tasks[0].row.status, TaskStatus::InProgress);
    assert_eq!(got.tasks[0].history.last().unwrap().why.as_deref(), Some("the customer waits"));
}

#[tokio::test]
async fn what_somebody_leaves_is_handed_to_the_next() {
    let (board, ann, bob) = (Board::new().await, somebody("ann"), somebody("bob"));
    let plan = board.small_plan(&ann).await;
    let claimed = board.agent.claim(&ann, claim_of(plan.ids["design"])).await.unwrap();
    let give_back = Claim {
        fence: fence(&claimed),
        release: true,
        handoff: Some("half drawn; see the wiki".into()),
        ..claim_of(plan.ids["design"])
    };
    assert!(board.agent.claim(&ann, give_back).await.unwrap().released);
    let next = board.agent.claim(&bob, claim_of(plan.ids["design"])).await.unwrap();
    assert_eq!(next.context.unwrap().handoff.as_deref(), Some("half drawn; see the wiki"));
}

#[tokio::test]
async fn a_claim_waits_for_the_views_only_when_something_was_left() {
    let (board, ann) = (Board::unprojected().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let begun = Instant::now();
    let claimed = board.agent.claim(&ann, claim_of(plan.ids["design"])).await.unwrap();
    assert!(begun.elapsed() < limits::WAIT_BOUND_DEFAULT);

    let give_back =
        Claim { fence: fence(&claimed), release: true, handoff: Some("half drawn".into()), ..claim_of(claimed.task) };
    board.agent.claim(&ann, give_back).await.unwrap();
    let begun = Instant::now();
    let claimed = board.agent.claim(&ann, claim_of(claimed.task)).await.unwrap();
    assert!(begun.elapsed() >= limits::WAIT_BOUND_DEFAULT, "what was left is waited for, though not for ever");
    assert_eq!(claimed.context.unwrap().handoff, None);
}

#[tokio::test]
async fn whoever_was_overtaken_is_told_by_whom() {
    let (board, ann, bob) = (Board::new().await, somebody("ann"), somebody("bob"));
    let plan = board.small_plan(&ann).await;
    let change = |priority, expect_version| Update {
        ids: vec![plan.ids["rest"].to_string()],
        set: Set { priority: Some(priority), ..Set::default() },
        expect_version,
        ..Update::default()
    };
    let changed = board.agent.update(&bob, change(Priority::High, None)).await.unwrap().receipts[0].stored.sequence;
    let (code, told) = refused(board.agent.update(&ann, change(Priority::Low, Some(4))).await);
    assert_eq!((code, &told["current_version"]), ("CONFLICT", &changed.into()), "{told}");
    assert_eq!(told["changed_by"], "bob", "{told}");
}
