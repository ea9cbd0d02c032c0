//! Plans of what is left, and of what would be left.

use std::collections::BTreeSet;

use domain::goal::TaskStatus;
use goal_agent::{
    Caller,
    reply::{self, Planned},
    request::{
        AddTasks, Claim, Complete, CreateGoal, Estimate, Lists, Match, Outlook, Set, Supposed, TaskPlan, Update,
    },
};
use serde_json::{Value, json};

use crate::board::{Board, claim_of, fence, refused, somebody};

/// Characters of an answer that a door gives out without a word about its length.
const CHARACTERS_MAX: usize = 24_000;

fn outlook_of(plan: &Planned) -> Outlook {
    Outlook { goal: plan.goal.to_string(), ..Outlook::default() }
}

fn supposed(tool: &str, arguments: impl serde::Serialize) -> Supposed {
    let Value::Object(arguments) = serde_json::to_value(arguments).unwrap() else { panic!("arguments are an object") };
    Supposed { tool: tool.to_owned(), arguments }
}

async fn suppose(board: &Board, caller: &Caller, plan: &Planned, calls: &[(&str, Value)]) -> reply::Outlook {
    let what_if = calls.iter().map(|(tool, arguments)| supposed(tool, arguments)).collect();
    board.agent.outlook(caller, Outlook { what_if, ..outlook_of(plan) }).await.unwrap()
}

fn phases(outlook: &reply::Outlook) -> Vec<Vec<&str>> {
    outlook.phases.iter().map(|phase| phase.tasks.iter().map(String::as_str).collect()).collect()
}

fn code(tried: &reply::Tried) -> &str {
    tried.refused.get("code").and_then(Value::as_str).unwrap_or_default()
}

fn leaf(title: &str, estimate: u32) -> TaskPlan {
    TaskPlan { title: title.into(), estimate: Some(Estimate::Minutes(estimate)), ..TaskPlan::default() }
}

/// Claims and completes it, so that it was measured.
async fn work_off(board: &Board, caller: &Caller, id: impl ToString) {
    let claimed = board.agent.claim(caller, claim_of(id)).await.unwrap();
    let done = Complete { id: claimed.task.to_string(), fence: fence(&claimed), ..Complete::default() };
    board.agent.complete(caller, done).await.unwrap();
}

#[tokio::test]
async fn what_is_left_comes_in_phases_with_its_critical_path_and_without_dates_at_first() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let [design, build, rest] = ["design", "build", "rest"].map(|key| plan.ids[key].to_string());
    let told = board.agent.outlook(&ann, outlook_of(&plan)).await.unwrap();
    assert_eq!((told.goal, told.left, told.position), (plan.goal, 3, plan.stored.position));
    assert_eq!(phases(&told), [vec![design.as_str(), &rest], vec![&build]]);
    let path: Vec<_> =
        told.critical_path.tasks.iter().map(|step| (step.title.as_str(), step.minutes, step.basis)).collect();
    assert_eq!(path, [("Design", 60, "assumed"), ("Build", 60, "assumed")]);
    let forecast = &told.forecast;
    assert_eq!((forecast.basis, forecast.p50, forecast.workers, forecast.workers_from), ("too_few", None, 1, "nobody"));
    assert_eq!((told.critical_path.minutes, forecast.minutes), (120, 180), "one worker does one after the other");
    assert_eq!(told.risks.iter().map(|risk| risk.kind).collect::<Vec<_>>(), ["unestimated"]);
    assert!(told.hint.unwrap().contains("0 finished tasks were measured, 5 are needed"));
    assert_eq!((told.calls, told.difference), (vec![], None));
}

#[tokio::test]
async fn five_finished_tasks_make_dates_first_of_the_workspace_and_then_of_the_goal() {
    let (board, ann, bob) = (Board::new().await, somebody("ann"), somebody("bob"));
    let other = board.small_plan(&ann).await;
    for key in ["design", "build", "rest"] {
        work_off(&board, &ann, other.ids[key]).await;
    }
    let tasks = (0..8).map(|number| leaf(&format!("Step {number}"), 30)).collect();
    let plan = board.agent.create_goal(&ann, CreateGoal { title: "Eight".into(), tasks, ..CreateGoal::default() });
    let plan = plan.await.unwrap();
    let ids: Vec<String> = plan.ready.iter().map(ToString::to_string).collect();
    work_off(&board, &ann, &ids[0]).await;
    work_off(&board, &bob, &ids[1]).await;
    let told = board.agent.outlook(&ann, outlook_of(&plan)).await.unwrap().forecast;
    assert_eq!((told.basis, told.samples, told.samples_of), ("measured", 5, Some("workspace")));
    assert_eq!((told.workers, told.workers_from), (2, "lately"), "ann and bob");
    assert!(told.p50 <= told.p80 && told.p50 > Some(chrono::Utc::now() - chrono::TimeDelta::minutes(1)));
    for id in &ids[2..5] {
        work_off(&board, &ann, id).await;
    }
    let told = board.agent.outlook(&ann, Outlook { workers: Some(7), ..outlook_of(&plan) }).await.unwrap().forecast;
    assert_eq!((told.samples, told.samples_of), (5, Some("goal")));
    assert_eq!((told.workers, told.workers_from), (7, "given"));
}

#[tokio::test]
async fn what_is_supposed_is_planned_and_compared_and_not_written() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let [design, build, rest] = ["design", "build", "rest"].map(|key| plan.ids[key].to_string());
    let head = board.log.head().await.unwrap().position;
    let check = json!({ "key": "check", "title": "Check", "after": [build], "estimate": "2h" });
    let told = suppose(
        &board,
        &ann,
        &plan,
        &[
            ("claim", json!({ "id": design })),
            ("complete", json!({ "id": design })),
            ("add_tasks", json!({ "parent": plan.goal, "tasks": [check, { "title": "Tidy", "after": ["check"] }] })),
            (
                "add_tasks",
                json!({ "parent": plan.goal, "tasks": [{ "key": "end", "title": "End", "after": ["check"] }] }),
            ),
            ("update", json!({ "ids": ["check"], "set": { "status": "blocked" }, "why": "no key" })),
            ("update", json!({ "ids": [rest], "add": { "after": ["end"] } })),
        ],
    )
    .await;
    assert!(told.calls.iter().all(|call| call.done && call.refused.is_empty()), "{:?}", told.calls);
    assert_eq!(told.calls[0].claims.as_deref(), Some(design.as_str()));
    let tidy = "what_if[2].tasks[1]";
    assert_eq!(phases(&told), [vec![build.as_str()], vec!["check"], vec!["end", tidy], vec![&rest]]);
    assert_eq!(told.critical_path.minutes, 60 + 120 + 60 + 60);
    let difference = told.difference.unwrap();
    assert_eq!(difference.gone, [design]);
    assert_eq!(difference.added.iter().map(String::as_str).collect::<BTreeSet<_>>(), ["check", "end", tidy].into());
    let moved: Vec<_> = difference.moved.iter().map(|moved| (moved.task.as_str(), moved.from, moved.to)).collect();
    assert_eq!(moved, [(build.as_str(), 2, 1), (rest.as_str(), 1, 4)]);
    let critical = difference.critical_minutes.unwrap();
    assert_eq!((critical.from, critical.to), (120, 300));
    let blocked = difference.new_risks.iter().find(|risk| risk.kind == "blocked").unwrap();
    assert_eq!((blocked.id.as_deref(), blocked.what.as_str()), (Some("check"), "is blocked: no key"));

    assert_eq!(board.log.head().await.unwrap().position, head, "nothing was written");
    let next = board.agent.add_tasks(&ann, added(&plan, vec![leaf("Next", 1)])).await.unwrap();
    let newest = plan.ids.values().max().unwrap().0;
    assert!(next.ids.values().all(|id| id.0 == newest + 1), "no number was taken: {:?} after {newest}", next.ids);
}

fn added(plan: &Planned, tasks: Vec<TaskPlan>) -> AddTasks {
    AddTasks { parent: plan.goal.to_string(), tasks, ..AddTasks::default() }
}

#[tokio::test]
async fn what_would_be_refused_is_told_and_the_rest_is_supposed() {
    let (board, ann, bob) = (Board::new().await, somebody("ann"), somebody("bob"));
    let (plan, other) = (board.small_plan(&ann).await, board.small_plan(&ann).await);
    let [design, build, rest] = ["design", "build", "rest"].map(|key| plan.ids[key].to_string());
    board.agent.claim(&bob, claim_of(&rest)).await.unwrap();
    let added = json!({ "parent": plan.goal, "tasks": [{ "key": "one", "title": "One" }] });
    let calls = [
        ("complete", json!({ "id": build }), "BLOCKED", "TASK-"),
        ("complete", json!({ "id": rest }), "CLAIMED", "bob"),
        ("claim", json!({ "id": other.ids["rest"] }), "VALIDATION", "is not a task of this goal"),
        (
            "update",
            json!({ "ids": [other.goal], "set": { "title": "x" } }),
            "VALIDATION",
            "ask for a plan of that goal",
        ),
        ("claim", json!({ "match": { "tags": ["no such tag"] } }), "NOT_FOUND", "a ready task that fits"),
        ("add_tasks", json!({ "parent": plan.goal, "tasks": [] }), "VALIDATION", "tasks"),
        ("add_tasks", json!({ "parent": plan.goal, "tasks": [{ "name": "x" }] }), "VALIDATION", "unknown field `name`"),
        ("add_tasks", added.clone(), "", ""),
        ("add_tasks", added, "VALIDATION", "tasks[0].key"),
        ("update", json!({ "ids": ["one"], "add": { "after": ["one"] } }), "CYCLE", "one -> one"),
        ("complete", json!({ "id": "two" }), "VALIDATION", "nor the key of a task"),
        ("undo", json!({}), "VALIDATION", "`undo` cannot be supposed"),
        ("update", json!({ "ids": [plan.goal], "remove": { "accept": ["x"] } }), "VALIDATION", "is for tasks only"),
        ("complete", json!({ "id": design }), "", ""),
        ("complete", json!({ "id": design, "fence": 7 }), "FENCED", "7"),
    ];
    let asked: Vec<_> = calls.iter().map(|(tool, arguments, ..)| (*tool, arguments.clone())).collect();
    let told = suppose(&board, &ann, &plan, &asked).await;
    for ((tool, arguments, wanted, words), tried) in calls.iter().zip(&told.calls) {
        assert_eq!((code(tried), tried.done), (*wanted, wanted.is_empty()), "{tool} {arguments}: {tried:?}");
        let said = Value::Object(tried.refused.clone()).to_string();
        assert!(said.contains(words), "{tool} {arguments}: `{words}` is not in {said}");
        assert!(!said.contains("TASK-4611"), "a number that nobody knows is in {said}");
    }
    assert_eq!((told.calls.len(), phases(&told)[0].contains(&"one")), (calls.len(), true));
}

#[tokio::test]
async fn what_is_supposed_comes_out_as_it_does_when_it_is_done() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let [design, build, rest] = ["design", "build", "rest"].map(|key| plan.ids[key].to_string());
    let add = added(
        &plan,
        vec![TaskPlan { after: vec![rest.clone()], subtasks: vec![leaf("Part", 45)], ..leaf("Whole", 7) }],
    );
    let estimate = Update {
        ids: vec![design.clone(), build.clone()],
        set: Set { estimate: Some(Some(Estimate::Text("1h30m".into()))), ..Set::default() },
        add: Lists { tags: vec!["hard".into()], ..Lists::default() },
        ..Update::default()
    };
    let claim = Claim { matching: Some(Match { tags: vec!["hard".into()], ..Match::default() }), ..Claim::default() };
    let done = Complete { id: rest.clone(), result: Some("done".into()), ..Complete::default() };
    let what_if = vec![
        supposed("add_tasks", &add),
        supposed("update", &estimate),
        supposed("claim", &claim),
        supposed("complete", &done),
    ];
    let then = board.agent.outlook(&ann, Outlook { what_if, ..outlook_of(&plan) }).await.unwrap();
    let new = board.agent.add_tasks(&ann, add).await.unwrap();
    board.agent.update(&ann, estimate).await.unwrap();
    let claimed = board.agent.claim(&ann, claim).await.unwrap();
    board.agent.complete(&ann, done).await.unwrap();
    assert_eq!(then.calls[2].claims, Some(claimed.task.to_string()));

    let now = board.agent.outlook(&ann, outlook_of(&plan)).await.unwrap();
    let names: Vec<(String, String)> = ["what_if[0].tasks[0]", "what_if[0].tasks[0].subtasks[0]"]
        .into_iter()
        .zip(new.ids.values())
        .map(|(name, id)| (name.to_owned(), id.to_string()))
        .collect();
    let told = |outlook: reply::Outlook| {
        let plan = json!([outlook.left, outlook.phases, outlook.critical_path, outlook.forecast, outlook.risks]);
        // The longer name first, since it begins with the other.
        names.iter().rev().fold(plan.to_string(), |text, (name, id)| text.replace(name, id))
    };
    assert_eq!(told(then), told(now));
}

#[tokio::test]
async fn to_suppose_what_is_so_makes_no_difference() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let same = json!({ "ids": [plan.ids["rest"]], "set": { "title": "Rest" } });
    let told = suppose(&board, &ann, &plan, &[("update", same)]).await;
    assert!(told.calls[0].done && told.calls[0].unchanged);
    assert_eq!(told.difference, Some(reply::Differences::default()));
}

#[tokio::test]
async fn a_plan_of_a_goal_that_is_not_there_or_with_numbers_that_make_no_sense_is_refused() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let missing = Outlook { goal: "GOAL-9999".into(), ..Outlook::default() };
    let (code, told) = refused(board.agent.outlook(&ann, missing).await);
    assert_eq!((code, &told["id"]), ("NOT_FOUND", &json!("GOAL-9999")), "{told}");
    let task = Outlook { goal: plan.ids["rest"].to_string(), ..Outlook::default() };
    let (code, told) = refused(board.agent.outlook(&ann, task).await);
    assert!(code == "VALIDATION" && told["message"].as_str().unwrap().contains(&plan.goal.to_string()), "{told}");
    let call = Supposed { tool: "claim".into(), ..Supposed::default() };
    for (field, wrong) in [
        ("workers", Outlook { workers: Some(0), ..outlook_of(&plan) }),
        ("workers", Outlook { workers: Some(1_001), ..outlook_of(&plan) }),
        ("what_if", Outlook { what_if: vec![call; 51], ..outlook_of(&plan) }),
    ] {
        let (code, told) = refused(board.agent.outlook(&ann, wrong).await);
        assert_eq!((code, &told["field"]), ("VALIDATION", &json!(field)), "{told}");
    }
}

#[tokio::test]
async fn a_goal_that_is_closed_says_so_and_its_blocked_tasks_why() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let set = |ids: Vec<String>, status, why: Option<&str>| Update {
        ids,
        set: Set { status: Some(status), ..Set::default() },
        why: why.map(str::to_owned),
        ..Update::default()
    };
    let blocked = set(vec![plan.ids["rest"].to_string()], TaskStatus::Blocked, Some("no key"));
    board.agent.update(&ann, blocked).await.unwrap();
    let told = board.agent.outlook(&ann, outlook_of(&plan)).await.unwrap();
    assert_eq!((told.risks[0].kind, told.risks[0].what.as_str()), ("blocked", "is blocked: no key"));
    board.agent.update(&ann, set(vec![plan.goal.to_string()], TaskStatus::Cancelled, None)).await.unwrap();
    let told = board.agent.outlook(&ann, outlook_of(&plan)).await.unwrap();
    assert!(told.hint.unwrap().starts_with(&format!("{} is cancelled", plan.goal)));
}

#[tokio::test]
async fn a_plan_of_two_thousand_tasks_fits_and_says_what_was_left_out() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let task = |number: usize| TaskPlan {
        title: "ä".repeat(200),
        key: Some(format!("key-{number}")),
        after: if number.is_multiple_of(2) || number == 1 { vec![] } else { vec![format!("key-{}", number - 2)] },
        ..TaskPlan::default()
    };
    let goal = CreateGoal { title: "Many".into(), tasks: (0..2_000).map(task).collect(), ..CreateGoal::default() };
    let plan = board.agent.create_goal(&ann, goal).await.unwrap();
    let new: Vec<Value> =
        (0..1_000).map(|n| json!({ "title": "New", "key": format!("{}{n}", "k".repeat(190)) })).collect();
    let calls = [
        ("add_tasks", json!({ "parent": plan.goal, "tasks": new })),
        ("complete", json!({ "id": "x".repeat(20_000) })),
    ];
    let told = suppose(&board, &ann, &plan, &calls).await;
    assert_eq!((told.left, told.calls[0].done, code(&told.calls[1])), (3_000, true, "VALIDATION"));
    assert_eq!(told.critical_path.minutes, 1_000 * 60);
    let shown: usize = told.phases.iter().map(|phase| phase.tasks.len()).sum();
    let more: usize = told.phases.iter().map(|phase| phase.more).sum();
    assert!(shown > 8 && more > 0, "{shown} and {more}");
    let hint = told.hint.as_deref().unwrap();
    assert!(hint.contains(&format!("{} of phases", 3_000 - shown)) && hint.contains("of critical_path"), "{hint}");
    let characters = serde_json::to_string(&told).unwrap().len();
    assert!(characters < CHARACTERS_MAX, "{characters}");
}
