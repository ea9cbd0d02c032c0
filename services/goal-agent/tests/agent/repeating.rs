//! A request that is repeated gets its first answer: at once, later, and from another node.

use std::time::Duration;

use domain::goal::{Priority, TaskStatus};
use goal_agent::{
    reply::Planned,
    request::{AddComment, AddTasks, Claim, Complete, CreateGoal, Lists, Match, Set, TaskPlan, Update},
};
use sqlx::{Connection, Executor, PgConnection};

use crate::board::{Board, claim_of, fence, refused, somebody};

fn with_id(id: &str) -> CreateGoal {
    CreateGoal {
        title: "Once".into(),
        tasks: vec![TaskPlan { title: "only".into(), key: Some("k".into()), ..TaskPlan::default() }],
        request_id: Some(id.into()),
        ..CreateGoal::default()
    }
}

#[tokio::test]
async fn a_repeated_goal_is_made_once_and_answered_the_same() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let (other, _stopping) = board.another_node().await;
    let first = board.agent.create_goal(&ann, with_id("r1")).await.unwrap();
    for agent in [&board.agent, &other] {
        let again = agent.create_goal(&ann, with_id("r1")).await.unwrap();
        assert!(again.stored.duplicate);
        assert_eq!((again.goal, &again.ids, again.stored.position), (first.goal, &first.ids, first.stored.position));
    }
    assert_eq!(board.log.head().await.unwrap().position, 2);
}

#[tokio::test]
async fn the_same_id_with_another_body_is_refused() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    board.agent.create_goal(&ann, with_id("r1")).await.unwrap();
    let other = CreateGoal { title: "Another".into(), ..with_id("r1") };
    let (code, told) = refused(board.agent.create_goal(&ann, other).await);
    assert_eq!((code, &told["field"]), ("VALIDATION", &"request_id".into()));
}

#[tokio::test]
async fn the_same_id_from_somebody_else_is_refused_and_gives_no_fence_away() {
    let (board, ann, bob) = (Board::new().await, somebody("ann"), somebody("bob"));
    let plan = board.small_plan(&ann).await;
    let claim = Claim { request_id: Some("1".into()), ..Claim::default() };
    let first = board.agent.claim(&ann, claim.clone()).await.unwrap();
    let (other, _stopping) = board.another_node().await;
    for agent in [&board.agent, &other] {
        let (code, told) = refused(agent.claim(&bob, claim.clone()).await);
        assert_eq!((code, &told["field"]), ("VALIDATION", &"request_id".into()), "{told}");
        assert!(!told.to_string().contains("fence"), "{told}");
        let add = AddTasks {
            parent: plan.goal.to_string(),
            tasks: vec![TaskPlan { title: "Fold it".into(), ..TaskPlan::default() }],
            request_id: Some("1".into()),
        };
        assert_eq!(refused(agent.add_tasks(&bob, add).await).0, "VALIDATION");
        assert_eq!(agent.claim(&ann, claim.clone()).await.unwrap().fence, first.fence);
    }
    let update = Update {
        ids: vec![plan.goal.to_string()],
        set: Set { title: Some("Theirs".into()), ..Set::default() },
        request_id: Some("u".into()),
        ..Update::default()
    };
    board.agent.update(&ann, update.clone()).await.unwrap();
    assert_eq!(refused(board.agent.update(&bob, update).await).0, "VALIDATION");
}

#[tokio::test]
async fn many_repeats_at_the_same_time_make_one_goal() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let (other, _stopping) = board.another_node().await;
    let requests = (0..32).map(|turn| {
        let (agent, ann) = (if turn % 2 == 0 { board.agent.clone() } else { other.clone() }, ann.clone());
        tokio::spawn(async move { agent.create_goal(&ann, with_id("storm")).await.unwrap().goal })
    });
    let mut goals = Vec::new();
    for request in requests {
        goals.push(request.await.unwrap());
    }
    goals.dedup();
    assert_eq!(goals.len(), 1);
    assert_eq!(board.log.head().await.unwrap().position, 2);
}

#[tokio::test]
async fn a_repeated_claim_gets_its_first_fence_even_when_the_task_is_done() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let request = Claim { request_id: Some("c1".into()), ..claim_of(plan.ids["design"]) };
    let first = board.agent.claim(&ann, request.clone()).await.unwrap();
    let again = board.agent.claim(&ann, request.clone()).await.unwrap();
    assert_eq!((fence(&again), again.until, again.stored.duplicate), (fence(&first), first.until, true));
    let done = Complete { id: first.task.to_string(), fence: fence(&first), ..Complete::default() };
    board.agent.complete(&ann, done).await.unwrap();
    let late = board.agent.claim(&ann, request).await.unwrap();
    assert_eq!((fence(&late), late.stored.duplicate), (fence(&first), true));
}

#[tokio::test]
async fn a_repeated_claim_by_match_gets_the_task_it_got_first() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let matching = Some(Match { goal: Some(plan.goal.to_string()), ..Match::default() });
    let request = Claim { matching, request_id: Some("m1".into()), ..Claim::default() };
    let first = board.agent.claim(&ann, request.clone()).await.unwrap();
    let again = board.agent.claim(&ann, request).await.unwrap();
    assert_eq!((again.task, fence(&again)), (first.task, fence(&first)));
}

#[tokio::test]
async fn repeats_at_the_same_time_all_get_the_receipt_and_harm_nobody_else() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let add = |title: &str, request_id: Option<&str>| AddTasks {
        parent: plan.goal.to_string(),
        tasks: vec![TaskPlan { title: title.into(), ..TaskPlan::default() }],
        request_id: request_id.map(str::to_owned),
    };
    let calls = (0..24).map(|number| {
        let (agent, ann) = (board.agent.clone(), ann.clone());
        // Every second call is the same one; between them others work on the goal.
        let request = if number % 2 == 0 { add("twin", Some("twin")) } else { add(&format!("other {number}"), None) };
        tokio::spawn(async move { agent.add_tasks(&ann, request).await.unwrap() })
    });
    let mut twins = Vec::new();
    for (number, call) in calls.collect::<Vec<_>>().into_iter().enumerate() {
        let added = call.await.unwrap();
        if number % 2 == 0 {
            twins.push(added);
        }
    }
    let first = twins.iter().filter(|twin| !twin.stored.duplicate).count();
    assert_eq!(first, 1, "one of them did it");
    assert!(twins.iter().all(|twin| twin.stored.position == twins[0].stored.position && twin.ids == twins[0].ids));
    let events = board.log.read_stream(&plan.goal.into(), 0, 1_000).await.unwrap();
    assert_eq!(events.iter().filter(|event| event.payload.contains("\"twin\"")).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_repeat_would_lead_to_today_is_in_nobodys_way() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let short = CreateGoal { title: "Short".into(), ..CreateGoal::default() };
    let goal = board.agent.create_goal(&ann, short).await.unwrap().goal.to_string();
    let add = AddTasks {
        parent: goal.clone(),
        tasks: vec![TaskPlan { title: "only".into(), key: Some("k".into()), ..TaskPlan::default() }],
        request_id: Some("add".into()),
    };
    let added = board.agent.add_tasks(&ann, add.clone()).await.unwrap();
    let only = Complete { id: added.ids["k"].to_string(), ..Complete::default() };
    board.agent.complete(&ann, only).await.unwrap();

    // What comes while the first is being stored is decided together: the repeat, which would add an open task if it were not one, before
    // who completes the goal.
    let mut owner = PgConnection::connect(&board.database.owner_url).await.unwrap();
    let mut holding = owner.begin().await.unwrap();
    holding.execute("SELECT FROM es_head FOR UPDATE").await.unwrap();
    let said = AddComment { id: goal.clone(), body: "on it".into(), ..AddComment::default() };
    let (agent, caller) = (board.agent.clone(), ann.clone());
    let first = tokio::spawn(async move { agent.comment(&caller, said).await });
    until_an_append_waits(&mut holding).await;
    let (agent, caller) = (board.agent.clone(), ann.clone());
    let repeated = tokio::spawn(async move { agent.add_tasks(&caller, add).await });
    tokio::time::sleep(TO_THE_LANE).await;
    let (agent, caller) = (board.agent.clone(), ann.clone());
    let completed =
        tokio::spawn(async move { agent.complete(&caller, Complete { id: goal, ..Complete::default() }).await });
    tokio::time::sleep(TO_THE_LANE).await;
    holding.rollback().await.unwrap();

    first.await.unwrap().unwrap();
    assert!(repeated.await.unwrap().unwrap().stored.duplicate);
    completed.await.unwrap().unwrap();
}

/// What a request needs until its order waits for its goal. One that takes longer is decided later, where nothing can go wrong.
const TO_THE_LANE: Duration = Duration::from_millis(200);

/// Until what is being stored cannot go on.
async fn until_an_append_waits(watching: &mut PgConnection) {
    let sql = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'goalstream append' \
               AND datname = current_database() AND wait_event_type = 'Lock')";
    while !sqlx::query_scalar::<_, bool>(sql).fetch_one(&mut *watching).await.unwrap() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn what_changes_nothing_is_noted_so_that_its_repeat_has_a_receipt() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let claimed = board.agent.claim(&ann, claim_of(plan.ids["rest"])).await.unwrap();
    let complete = |request_id: Option<&str>| Complete {
        id: claimed.task.to_string(),
        fence: fence(&claimed),
        request_id: request_id.map(str::to_owned),
        ..Complete::default()
    };
    board.agent.complete(&ann, complete(None)).await.unwrap();
    let unchanged = board.agent.complete(&ann, complete(None)).await.unwrap();
    assert!(unchanged.stored.unchanged);
    let noted = board.agent.complete(&ann, complete(Some("n1"))).await.unwrap();
    let again = board.agent.complete(&ann, complete(Some("n1"))).await.unwrap();
    assert!(noted.stored.unchanged && !noted.stored.duplicate);
    assert!(again.stored.unchanged && again.stored.duplicate);
    assert_eq!(again.stored.position, noted.stored.position);

    let update = |request_id: &str| Update {
        ids: vec![plan.goal.to_string()],
        set: Set { priority: Some(Priority::High), ..Set::default() },
        request_id: Some(request_id.to_owned()),
        ..Update::default()
    };
    assert_eq!(board.agent.update(&ann, update("n2")).await.unwrap().changed.len(), 1);
    let noted = board.agent.update(&ann, update("n3")).await.unwrap();
    assert!(noted.changed.is_empty() && noted.receipts[0].stored.unchanged, "{noted:?}");
}

#[tokio::test]
async fn an_id_is_taken_though_the_first_goal_refused() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plans = [board.small_plan(&ann).await, board.small_plan(&ann).await, board.small_plan(&ann).await];
    let set_goal =
        |status| Update { set: status_set(status), ids: vec![plans[0].goal.to_string()], ..Update::default() };
    board.agent.update(&ann, set_goal(TaskStatus::Cancelled)).await.unwrap();
    let start = |plans: &[Planned]| Update {
        ids: plans.iter().map(|plan| plan.ids["rest"].to_string()).collect(),
        set: status_set(TaskStatus::InProgress),
        request_id: Some("go".into()),
        ..Update::default()
    };
    let started = board.agent.update(&ann, start(&plans)).await.unwrap();
    assert_eq!((started.receipts.len(), started.conflicts.len()), (2, 1));

    board.agent.update(&ann, set_goal(TaskStatus::Pending)).await.unwrap();
    for other in [&plans[..1], &plans[..2], &plans[1..2]] {
        let (code, told) = refused(board.agent.update(&ann, start(other)).await);
        assert_eq!((code, &told["field"]), ("VALIDATION", &"request_id".into()), "{told}");
    }
    let again = board.agent.update(&ann, start(&plans)).await.unwrap();
    let duplicates: Vec<_> = again.receipts.iter().map(|receipt| (receipt.goal, receipt.stored.duplicate)).collect();
    assert_eq!(duplicates, [(plans[0].goal, false), (plans[1].goal, true), (plans[2].goal, true)]);
}

#[tokio::test]
async fn many_repeats_at_the_same_time_change_each_goal_once() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let (other, _stopping) = board.another_node().await;
    let plans = [board.small_plan(&ann).await, board.small_plan(&ann).await, board.small_plan(&ann).await];
    let before = board.log.head().await.unwrap().position;
    let requests = (0..32).map(|turn| {
        let (agent, ann) = (if turn % 2 == 0 { board.agent.clone() } else { other.clone() }, ann.clone());
        let start = Update {
            ids: plans.iter().map(|plan| plan.ids["rest"].to_string()).collect(),
            set: Set { priority: Some(Priority::High), ..Set::default() },
            request_id: Some("storm".into()),
            ..Update::default()
        };
        tokio::spawn(async move { agent.update(&ann, start).await.unwrap() })
    });
    for request in requests {
        let goals: Vec<_> = request.await.unwrap().receipts.iter().map(|receipt| receipt.goal).collect();
        assert_eq!(goals, plans.each_ref().map(|plan| plan.goal));
    }
    assert_eq!(board.log.head().await.unwrap().position, before + 3);
}

fn status_set(status: TaskStatus) -> Set {
    Set { status: Some(status), ..Set::default() }
}

#[tokio::test]
async fn a_criterion_is_removed_by_its_text_once_and_by_whoever_has_not_heard_of_it() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let task = plan.ids["rest"];
    let accept = |text: &str| Lists { accept: vec![text.to_owned()], ..Lists::default() };
    let add = |text: &str| Update { ids: vec![task.to_string()], add: accept(text), ..Update::default() };
    let remove = |text: &str, request_id: &str| Update {
        ids: vec![task.to_string()],
        remove: accept(text),
        request_id: Some(request_id.to_owned()),
        ..Update::default()
    };
    board.agent.update(&ann, add("it is quick")).await.unwrap();
    let first = board.agent.update(&ann, remove("it is quick", "r1")).await.unwrap();
    let again = board.agent.update(&ann, remove("it is quick", "r1")).await.unwrap();
    assert!(again.receipts[0].stored.duplicate);
    assert_eq!(again.position, first.position);
    let (code, told) = refused(board.agent.update(&ann, remove("it is quick", "r2")).await);
    assert_eq!(code, "VALIDATION", "{told}");

    // This one keeps the goal as it was before the other adds to it.
    let (other, _stopping) = board.another_node().await;
    let noted = Update { ids: vec![task.to_string()], ..add("it is small") };
    other.update(&ann, noted).await.unwrap();
    board.agent.update(&ann, add("it is clean")).await.unwrap();
    let removed = other.update(&ann, remove("it is clean", "r3")).await.unwrap();
    assert_eq!(removed.changed.len(), 1);
}

#[tokio::test]
async fn a_comment_is_said_once_for_each_request_id() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let say = |request_id: &str| AddComment {
        id: plan.goal.to_string(),
        body: "hello".into(),
        request_id: Some(request_id.into()),
        ..AddComment::default()
    };
    let first = board.agent.comment(&ann, say("a")).await.unwrap();
    assert_eq!(board.agent.comment(&ann, say("a")).await.unwrap().comment, first.comment);
    assert_ne!(board.agent.comment(&ann, say("b")).await.unwrap().comment, first.comment);
}
