//! Many agents at once, on one node and on several: nobody gets what another has, and nothing is lost.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use domain::{TaskId, goal::TaskStatus, limits::TEXT_BYTES_MAX};
use futures::future::join_all;
use goal_agent::{
    GoalAgent, Refusal,
    request::{AddTasks, Claim, Complete, CreateGoal, Find, Get, History, Match, Set, TaskPlan, Update},
};
use read_models::Views;

use crate::board::{Board, claim_of, fence, refused, somebody};

fn tasks(count: usize) -> Vec<TaskPlan> {
    (0..count).map(|number| TaskPlan { title: format!("task {number}"), ..TaskPlan::default() }).collect()
}

#[tokio::test]
async fn sixteen_agents_on_two_nodes_share_a_goal_without_taking_each_others_tasks() {
    const TASKS: usize = 48;
    let (board, ann) = (Board::new().await, somebody("ann"));
    let (other, _stopping) = board.another_node().await;
    let request = CreateGoal { title: "Shared".into(), tasks: tasks(TASKS), ..CreateGoal::default() };
    let planned = board.agent.create_goal(&ann, request).await.unwrap();
    let goal = planned.goal;
    // Who has not heard of the goal yet would find nothing to do in it.
    for agent in [&board.agent, &other] {
        let (goal, min_position) = (Some(goal.to_string()), Some(planned.stored.position));
        let seen = Find { goal, min_position, ..Find::default() };
        agent.find(&ann, seen).await.unwrap();
    }
    let of_the_goal = Match { goal: Some(goal.to_string()), ..Match::default() };
    let done = sixteen_working([&board.agent, &other], &of_the_goal).await;
    assert_eq!(done.iter().collect::<BTreeSet<_>>().len(), TASKS);
    assert_eq!(done.len(), TASKS);
    let report = board.log.verify(|_, _| {}).await.unwrap();
    assert_eq!(report.findings_total, 0, "{:?}", report.findings);
}

/// Sixteen agents, half of them on each node, who claim what fits and complete it until nothing is ready. The tasks, each as often as somebody did it.
async fn sixteen_working(nodes: [&GoalAgent; 2], matching: &Match) -> Vec<TaskId> {
    let workers = (0..16).map(|number| {
        let (agent, matching) = (nodes[number % 2].clone(), matching.clone());
        tokio::spawn(async move {
            let (me, mut done) = (somebody(&format!("agent-{number}")), Vec::new());
            loop {
                let request = Claim { matching: Some(matching.clone()), ..Claim::default() };
                let claimed = match agent.claim(&me, request).await {
                    Ok(claimed) => claimed,
                    Err(refusal) if refusal.code() == "NOT_FOUND" => return done,
                    Err(Refusal::Outrun { retry_after_ms }) => {
                        tokio::time::sleep(Duration::from_millis(retry_after_ms)).await;
                        continue;
                    }
                    Err(refusal) => panic!("{refusal}"),
                };
                let request = Complete { id: claimed.task.to_string(), fence: fence(&claimed), ..Complete::default() };
                agent.complete(&me, request).await.unwrap();
                done.push(claimed.task);
            }
        })
    });
    let done = join_all(workers.collect::<Vec<_>>()).await;
    done.into_iter().flat_map(Result::unwrap).collect()
}

#[tokio::test]
async fn what_is_too_much_for_one_stack_is_stored_in_several() {
    const AGENTS: usize = 16;
    let (board, ann) = (Board::unprojected().await, somebody("ann"));
    let request = CreateGoal { title: "Shared".into(), ..CreateGoal::default() };
    let goal = board.agent.create_goal(&ann, request).await.unwrap().goal;
    // 3 MiB each: together half as much again as a stack may have. All but the first few wait while those are stored.
    let plan = TaskPlan { description: Some("x".repeat(TEXT_BYTES_MAX)), ..TaskPlan::default() };
    let tasks: Vec<TaskPlan> =
        tasks(48).into_iter().map(|task| TaskPlan { title: task.title, ..plan.clone() }).collect();
    let request = || AddTasks { parent: goal.to_string(), tasks: tasks.clone(), request_id: None };
    let planned = join_all((0..AGENTS).map(|_| board.agent.add_tasks(&ann, request()))).await;
    let added: usize = planned.into_iter().map(|planned| planned.unwrap().added).sum();
    assert_eq!(added, AGENTS * tasks.len());
    let report = board.log.verify(|_, _| {}).await.unwrap();
    assert_eq!((report.events, report.findings_total), (1 + added as u64, 0), "{:?}", report.findings);
}

#[tokio::test]
async fn sixteen_agents_on_two_nodes_share_many_goals_in_the_order_of_what_matters() {
    const GOALS: usize = 12;
    let (board, ann) = (Board::new().await, somebody("ann"));
    let (other, _stopping) = board.another_node().await;
    let mut after = HashMap::new();
    let mut position = 0;
    for _ in 0..GOALS {
        let planned = board.small_plan(&ann).await;
        after.insert(planned.ids["build"], planned.ids["design"]);
        position = planned.stored.position;
    }
    for agent in [&board.agent, &other] {
        agent.find(&ann, Find { min_position: Some(position), ..Find::default() }).await.unwrap();
    }
    let done = sixteen_working([&board.agent, &other], &Match::default()).await;
    assert_eq!((done.iter().collect::<BTreeSet<_>>().len(), done.len()), (3 * GOALS, 3 * GOALS));
    let completed = History { types: vec!["task_completed".into()], limit: Some(100), ..History::default() };
    let told = board.agent.history(&ann, completed).await.unwrap();
    let place = |task: &TaskId| told.events.iter().find(|event| event.id == task.to_string()).unwrap().position;
    assert!(after.iter().all(|(build, design)| place(build) > place(design)), "{told:?}");
    let report = board.log.verify(|_, _| {}).await.unwrap();
    assert_eq!(report.findings_total, 0, "{:?}", report.findings);
}

#[tokio::test]
async fn a_goal_and_its_task_are_read_at_one_moment_while_others_write() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let rest = plan.ids["rest"].to_string();
    let (agent, id) = (board.agent.clone(), rest.clone());
    let writing = tokio::spawn(async move {
        for turn in 0..200 {
            let status = Some(if turn % 2 == 0 { TaskStatus::InProgress } else { TaskStatus::Pending });
            let set = Set { status, ..Set::default() };
            agent.update(&somebody("bob"), Update { ids: vec![id.clone()], set, ..Update::default() }).await.unwrap();
        }
    });
    let (mut reads, mut positions) = (0, BTreeSet::new());
    while !writing.is_finished() || reads == 0 {
        let get = Get { ids: vec![plan.goal.to_string(), rest.clone()], ..Get::default() };
        let got = board.agent.get(&ann, get).await.unwrap();
        let working = u32::from(got.tasks[0].row.status == TaskStatus::InProgress);
        assert_eq!(got.goals[0].row.progress.in_progress, working, "at {}", got.position);
        positions.insert(got.position);
        reads += 1;
    }
    writing.await.unwrap();
    assert!(positions.len() > 1, "somebody wrote between the {reads} reads");
}

#[tokio::test]
async fn whoever_loses_every_race_is_told_to_come_back_and_not_that_there_is_nothing_to_do() {
    let (board, ann, bob) = (Board::unprojected().await, somebody("ann"), somebody("bob"));
    let plan = board.small_plan(&ann).await;
    // The views know of the plan and, as if they were slow, of nothing after it.
    let views = Views::open(board.log.pool().clone(), board.log.epoch()).await.unwrap();
    let page: Vec<_> = board.log.read_all(0, 100).await.unwrap().into_iter().map(Arc::new).collect();
    views.apply(&page).await.unwrap();
    for key in ["design", "rest"] {
        board.agent.claim(&bob, claim_of(plan.ids[key])).await.unwrap();
    }
    let matching = Some(Match { goal: Some(plan.goal.to_string()), ..Match::default() });
    let (code, told) = refused(board.agent.claim(&ann, Claim { matching, ..Claim::default() }).await);
    assert_eq!(code, "BUSY", "{told}");
    assert!(
        told["retry_after_ms"].is_u64() && told["message"].as_str().unwrap().contains("others were faster"),
        "{told}"
    );
}

/// One thread, so that all have asked before the first is answered.
#[tokio::test]
async fn of_a_crowd_so_many_are_let_in_and_the_rest_is_told_when_to_return() {
    const CROWD: usize = 300;
    const LET_IN: usize = 256;
    let (board, ann) = (Board::new().await, somebody("ann"));
    let request = |number| CreateGoal { title: format!("goal {number}"), ..CreateGoal::default() };
    let asked = (0..CROWD).map(|number| board.agent.create_goal(&ann, request(number)));
    let (created, refused): (Vec<_>, Vec<_>) = join_all(asked).await.into_iter().partition(Result::is_ok);
    assert_eq!((created.len(), refused.len()), (LET_IN, CROWD - LET_IN));
    for refusal in refused.into_iter().filter_map(Result::err) {
        let described = refusal.describe();
        assert_eq!(described.code, "BUSY");
        assert!((1..=5_000).contains(&described.details["retry_after_ms"].as_u64().unwrap()), "{described:?}");
    }
    board.agent.create_goal(&ann, request(CROWD)).await.expect("there is room again");
    assert_eq!(board.log.head().await.unwrap().position, LET_IN as u64 + 1, "who was refused left nothing behind");
}

#[tokio::test]
async fn one_task_claimed_by_many_at_once_goes_to_exactly_one() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let (other, _stopping) = board.another_node().await;
    let plan = board.small_plan(&ann).await;
    let task = plan.ids["design"];
    let attempts = (0..24).map(|number| {
        let agent = if number % 2 == 0 { board.agent.clone() } else { other.clone() };
        tokio::spawn(async move { agent.claim(&somebody(&format!("agent-{number}")), claim_of(task)).await })
    });
    let mut won = 0;
    for attempt in attempts.collect::<Vec<_>>() {
        match attempt.await.unwrap() {
            Ok(_) => won += 1,
            lost => assert_eq!(refused(lost).0, "CLAIMED"),
        }
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn what_somebody_has_just_added_or_freed_can_be_claimed_by_others() {
    let (board, ann, bob) = (Board::new().await, somebody("ann"), somebody("bob"));
    for _ in 0..20 {
        let plan = board.small_plan(&ann).await;
        let any = || Claim { matching: Some(Match::default()), ..Claim::default() };
        for _ in 0..3 {
            let claimed = board.agent.claim(&bob, any()).await.unwrap();
            let done = Complete { id: claimed.task.to_string(), fence: fence(&claimed), ..Complete::default() };
            board.agent.complete(&ann, done).await.unwrap();
        }
        assert_eq!(refused(board.agent.claim(&bob, any()).await).0, "NOT_FOUND", "{}", plan.goal);
    }
}

#[tokio::test]
async fn what_another_node_has_just_made_is_there() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let (other, _stopping) = board.another_node().await;
    for number in 0..30 {
        let request = CreateGoal { title: format!("goal {number}"), tasks: tasks(1), ..CreateGoal::default() };
        let goal = board.agent.create_goal(&ann, request).await.unwrap().goal.to_string();
        let request = Find { goal: Some(goal.clone()), ..Find::default() };
        assert_eq!(other.find(&ann, request).await.unwrap().rows.len(), 2, "{goal}");
        assert_eq!(other.goal(&ann, &goal, None, None).await.unwrap().tasks.len(), 1, "{goal}");
    }
}

#[tokio::test]
async fn a_node_that_has_fallen_behind_never_refuses_wrongly() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let (other, _stopping) = board.another_node().await;
    let plan = board.small_plan(&ann).await;
    // The other node learns the goal while `build` still has to wait.
    assert_eq!(refused(other.claim(&ann, claim_of(plan.ids["build"])).await).0, "BLOCKED");
    let claimed = board.agent.claim(&ann, claim_of(plan.ids["design"])).await.unwrap();
    let done = Complete { id: claimed.task.to_string(), fence: fence(&claimed), ..Complete::default() };
    board.agent.complete(&ann, done).await.unwrap();
    assert!(other.claim(&ann, claim_of(plan.ids["build"])).await.is_ok());
}

/// One thread, so that both have asked before the lane looks, and are decided together.
#[tokio::test]
async fn a_node_that_has_fallen_behind_refuses_none_of_several_wrongly() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let (other, _stopping) = board.another_node().await;
    let plan = board.small_plan(&ann).await;
    let build = plan.ids["build"];
    assert_eq!(refused(other.claim(&ann, claim_of(build)).await).0, "BLOCKED");
    let claimed = board.agent.claim(&ann, claim_of(plan.ids["design"])).await.unwrap();
    let done = Complete { id: claimed.task.to_string(), fence: fence(&claimed), ..Complete::default() };
    board.agent.complete(&ann, done).await.unwrap();
    let (bob, cid) = (somebody("bob"), somebody("cid"));
    let (first, second) = tokio::join!(other.claim(&bob, claim_of(build)), other.claim(&cid, claim_of(build)));
    let (won, lost) = if first.is_ok() { (first, second) } else { (second, first) };
    assert!(won.is_ok());
    assert_eq!(refused(lost).0, "CLAIMED", "what the first of them brought to light counts for the second, too");
}

#[tokio::test]
async fn commands_of_one_goal_share_appends_and_keep_their_order() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let goal = board.small_plan(&ann).await.goal;
    let requests = (0..200).map(|number| {
        let (agent, ann) = (board.agent.clone(), ann.clone());
        let request = AddTasks {
            parent: goal.to_string(),
            tasks: vec![TaskPlan { title: format!("more {number}"), ..TaskPlan::default() }],
            ..AddTasks::default()
        };
        tokio::spawn(async move { agent.add_tasks(&ann, request).await.unwrap().stored.sequence })
    });
    let mut sequences = BTreeSet::new();
    for request in requests.collect::<Vec<_>>() {
        sequences.insert(request.await.unwrap());
    }
    assert_eq!(sequences, (5..=204).collect::<BTreeSet<u64>>());
}
