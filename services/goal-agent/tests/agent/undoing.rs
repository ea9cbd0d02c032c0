//! What was done is taken back: by position, by command, by who did it; foreseen, refused, forced, repeated.

use domain::{Metadata, Recorded, TaskId, goal::TaskStatus};
use futures::future::join_all;
use goal_agent::{
    Moment,
    reply::Undone,
    request::{AddComment, Claim, Complete, CreateGoal, Get, Include, Lists, Set, TaskPlan, Undo, Update},
    rows::TaskRow,
};
use serde_json::Value;
use uuid::Uuid;

use crate::board::{Board, claim_of, fence, refused, somebody};

fn titled(id: impl ToString, title: &str) -> Update {
    Update { ids: vec![id.to_string()], set: Set { title: Some(title.into()), ..Set::default() }, ..Update::default() }
}

fn with_status(id: impl ToString, status: TaskStatus) -> Update {
    Update { ids: vec![id.to_string()], set: Set { status: Some(status), ..Set::default() }, ..Update::default() }
}

fn event(position: u64) -> Undo {
    Undo { events: vec![position], ..Undo::default() }
}

fn command(named: impl ToString) -> Undo {
    Undo { command: Some(named.to_string()), ..Undo::default() }
}

fn done_by(actor: &str, since: u64) -> Undo {
    Undo { actor: Some(actor.into()), since: Some(Moment::Position(since)), ..Undo::default() }
}

/// What undoes, as (type, id, what it undoes).
fn undoes(undone: &Undone) -> Vec<(&str, String, Option<u64>)> {
    undone.compensations.iter().map(|one| (one.event_type, one.id.to_string(), one.undoes)).collect()
}

async fn head(board: &Board) -> u64 {
    board.log.head().await.unwrap().position
}

async fn since(board: &Board, position: u64) -> Vec<Recorded> {
    board.log.read_all(position, 5_000).await.unwrap()
}

/// As it stands now.
async fn task(board: &Board, id: TaskId) -> TaskRow {
    let min_position = Some(head(board).await);
    let get = Get { ids: vec![id.to_string()], min_position, ..Get::default() };
    board.agent.get(&somebody("reader"), get).await.unwrap().tasks.remove(0).row
}

/// What stands in the way of what.
fn in_the_way(conflicts: &[Value]) -> Vec<(&Value, &Value, &Value)> {
    conflicts.iter().map(|one| (&one["code"], &one["event"], &one["overridable"])).collect()
}

#[tokio::test]
async fn one_event_is_undone_and_what_undoes_it_names_it() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let changed = board.agent.update(&ann, titled(plan.ids["rest"], "Sleep")).await.unwrap().position;
    let undone = board.agent.undo(&ann, event(changed)).await.unwrap();
    let expected = ("task_retitled", plan.ids["rest"].to_string(), Some(changed));
    assert_eq!((undoes(&undone), undone.receipts[0].goal), (vec![expected], plan.goal));
    assert_eq!(task(&board, plan.ids["rest"]).await.title, "Rest");
    let [before, after] = &since(&board, changed - 1).await[..] else { panic!("two events") };
    assert_eq!(after.metadata.get(Metadata::COMPENSATES), Some(before.event_id.to_string().as_str()));
    assert_eq!(after.metadata.get(Metadata::CAUSATION_ID), Some(before.event_id.to_string().as_str()));
    assert_eq!(undone.compensations[0].position, Some(after.position));
    let again = board.agent.undo(&ann, event(changed)).await.unwrap();
    assert!(again.receipts[0].stored.unchanged && again.compensations.is_empty(), "it is undone already");
}

#[tokio::test]
async fn an_undo_is_undone() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let changed = board.agent.update(&ann, titled(plan.ids["rest"], "Sleep")).await.unwrap().position;
    let undone = board.agent.undo(&ann, event(changed)).await.unwrap();
    board.agent.undo(&ann, command(undone.position)).await.unwrap();
    assert_eq!(task(&board, plan.ids["rest"]).await.title, "Sleep");
    board.agent.undo(&ann, event(changed)).await.unwrap();
    assert_eq!(task(&board, plan.ids["rest"]).await.title, "Rest", "it counted again, and can be undone again");
}

#[tokio::test]
async fn a_cancelled_tree_of_fifty_tasks_stands_again() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let part = |number: usize| TaskPlan { title: format!("part {number}"), ..TaskPlan::default() };
    let whole = TaskPlan { title: "whole".into(), key: Some("whole".into()), ..TaskPlan::default() };
    let whole = TaskPlan { subtasks: (1..50).map(part).collect(), ..whole };
    let goal = CreateGoal { title: "Fifty".into(), tasks: vec![whole], ..CreateGoal::default() };
    let goal = board.agent.create_goal(&ann, goal).await.unwrap();
    let cancel = with_status(goal.ids["whole"], TaskStatus::Cancelled);
    let cancelled = board.agent.update(&ann, Update { request_id: Some("no".into()), ..cancel }).await.unwrap();
    let undone = board.agent.undo(&ann, command("no")).await.unwrap();
    assert_eq!(undone.compensations.len(), 50);
    assert!(undone.compensations.iter().all(|one| one.event_type == "task_reopened"));
    let of: Vec<u64> = undone.compensations.iter().filter_map(|one| one.undoes).collect();
    let first = cancelled.position - 49;
    assert_eq!(of, (first..=cancelled.position).rev().collect::<Vec<_>>(), "each names its own");
    let tree = board.agent.goal(&ann, &goal.goal.to_string(), None, None).await.unwrap();
    assert!(tree.tasks.iter().all(|task| task.status == TaskStatus::Pending));
    let stored = since(&board, cancelled.position).await;
    let named = |event: &Recorded| event.metadata.get(Metadata::COMPENSATES).and_then(|id| id.parse::<Uuid>().ok());
    let cancelled = since(&board, first - 1).await;
    assert!(stored.iter().zip(cancelled[..50].iter().rev()).all(|(undo, was)| named(undo) == Some(was.event_id)));
}

#[tokio::test]
async fn a_goal_that_is_undone_is_put_aside() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let undone = board.agent.undo(&ann, command(plan.stored.position)).await.unwrap();
    let names: Vec<_> = undone.compensations.iter().map(|one| one.event_type).collect();
    assert_eq!(names, ["task_archived", "task_archived", "task_archived", "goal_archived"]);
    let again = board.agent.undo(&ann, command(undone.position)).await.unwrap();
    assert_eq!(again.compensations.len(), 4);
    assert_eq!(task(&board, plan.ids["build"]).await.status, TaskStatus::Pending);
}

#[tokio::test]
async fn a_command_is_undone_in_all_its_goals_though_some_refused_it() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plans = [board.small_plan(&ann).await, board.small_plan(&ann).await, board.small_plan(&ann).await];
    let closed = Set { status: Some(TaskStatus::Cancelled), ..Set::default() };
    let close = Update { ids: vec![plans[0].goal.to_string()], set: closed, ..Update::default() };
    board.agent.update(&ann, close).await.unwrap();
    let start = Update {
        ids: plans.iter().map(|plan| plan.ids["rest"].to_string()).collect(),
        request_id: Some("go".into()),
        ..with_status("", TaskStatus::InProgress)
    };
    let started = board.agent.update(&ann, start).await.unwrap();
    assert_eq!((started.receipts.len(), started.conflicts.len()), (2, 1));
    for named in ["go".to_owned(), started.position.to_string(), format!("#{}", started.position)] {
        let foreseen = board.agent.undo(&ann, Undo { dry_run: true, ..command(named) }).await.unwrap();
        assert_eq!(foreseen.compensations.len(), 4, "{foreseen:?}");
    }
    let undone = board.agent.undo(&ann, command("go")).await.unwrap();
    let goals: Vec<_> = undone.receipts.iter().map(|receipt| receipt.goal).collect();
    assert_eq!(goals, [plans[1].goal, plans[2].goal]);
    assert_eq!(task(&board, plans[2].ids["rest"]).await.status, TaskStatus::Pending);
}

#[tokio::test]
async fn what_somebody_did_since_a_moment_is_undone_while_others_work_on() {
    let (board, ann, bob) = (Board::new().await, somebody("ann"), somebody("bob"));
    let plans = [board.small_plan(&ann).await, board.small_plan(&ann).await, board.small_plan(&ann).await];
    let start = head(&board).await;
    for plan in &plans {
        board.agent.update(&bob, titled(plan.ids["design"], "Bob's")).await.unwrap();
        board.agent.update(&ann, titled(plan.ids["build"], "Ann's")).await.unwrap();
        let say = AddComment { id: plan.goal.to_string(), body: "wrong".into(), ..AddComment::default() };
        board.agent.comment(&bob, say).await.unwrap();
        let claimed = board.agent.claim(&bob, claim_of(plan.ids["rest"])).await.unwrap();
        let done = Complete { id: claimed.task.to_string(), fence: fence(&claimed), ..Complete::default() };
        board.agent.complete(&bob, done).await.unwrap();
    }
    let (agent, goal) = (board.agent.clone(), plans[1].clone());
    let writing = tokio::spawn(async move {
        for turn in 0..100 {
            agent.update(&somebody("ann"), titled(goal.ids["build"], &format!("Ann's {turn}"))).await.unwrap();
        }
    });
    let undone = board.agent.undo(&ann, done_by("bob", start)).await.unwrap();
    writing.await.unwrap();
    assert_eq!((undone.receipts.len(), undone.conflicts.len()), (3, 0));
    for plan in &plans {
        let get =
            Get { ids: vec![plan.goal.to_string()], include: vec![Include::Tree, Include::Comments], ..Get::default() };
        let got = board.agent.get(&ann, get).await.unwrap();
        let of = |key: &str| got.goals[0].tasks.iter().find(|task| task.id == plan.ids[key]).unwrap();
        assert_eq!((of("design").title.as_str(), of("rest").status), ("Design", TaskStatus::Pending));
        assert!(of("build").title.starts_with("Ann's"), "what ann did stays");
        assert!(got.goals[0].comments.iter().all(|comment| comment.body != "wrong"), "{:?}", got.goals[0].comments);
    }
    let own = board.agent.undo(&ann, done_by("bob", start)).await.unwrap();
    assert!(own.compensations.is_empty() && own.receipts.iter().all(|receipt| receipt.stored.unchanged));
    let report = board.log.verify(|_, _| {}).await.unwrap();
    assert_eq!(report.findings_total, 0, "{:?}", report.findings);
}

#[tokio::test]
async fn who_undid_something_and_is_undone_leaves_it_as_it_was_before_both() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let start = head(&board).await;
    let changed = board.agent.update(&ann, titled(plan.ids["rest"], "Sleep")).await.unwrap().position;
    board.agent.undo(&ann, event(changed)).await.unwrap();
    let both = board.agent.undo(&ann, done_by("ann", start)).await.unwrap();
    assert!(both.compensations.is_empty(), "{both:?}");
    let only_the_undo = board.agent.undo(&ann, done_by("ann", changed)).await.unwrap();
    assert_eq!(undoes(&only_the_undo).len(), 1);
    assert_eq!(task(&board, plan.ids["rest"]).await.title, "Sleep");
}

#[tokio::test]
async fn words_that_were_taken_back_are_said_again() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let say = AddComment { id: plan.ids["rest"].to_string(), body: "the very words".into(), ..AddComment::default() };
    let said = board.agent.comment(&ann, say).await.unwrap().stored.position;
    let retracted = board.agent.undo(&ann, event(said)).await.unwrap().position;
    board.agent.undo(&ann, event(retracted)).await.unwrap();
    let get = Get { ids: vec![plan.ids["rest"].to_string()], include: vec![Include::Comments], ..Get::default() };
    let got = board.agent.get(&ann, get).await.unwrap();
    let words: Vec<_> = got.tasks[0].comments.iter().map(|comment| comment.body.as_str()).collect();
    assert_eq!(words, ["the very words"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_undo_a_retraction_at_the_same_time_say_it_once() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let (other, _stopping) = board.another_node().await;
    let plan = board.small_plan(&ann).await;
    let say = AddComment { id: plan.goal.to_string(), body: "said once".into(), ..AddComment::default() };
    let said = board.agent.comment(&ann, say).await.unwrap().stored.position;
    let retracted = board.agent.undo(&ann, event(said)).await.unwrap().position;
    let undoing = (0..8).map(|turn| if turn % 2 == 0 { &board.agent } else { &other }.undo(&ann, event(retracted)));
    let undone: Vec<Undone> = join_all(undoing).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(since(&board, retracted).await.len(), 1, "{undone:?}");
    assert_eq!(undone.iter().filter(|undone| !undone.compensations.is_empty()).count(), 1);
}

#[tokio::test]
async fn a_dry_run_stores_nothing_and_says_what_the_undo_then_does() {
    let (board, ann, bob) = (Board::new().await, somebody("ann"), somebody("bob"));
    let plan = board.small_plan(&ann).await;
    let start = head(&board).await;
    let claimed = board.agent.claim(&bob, claim_of(plan.ids["design"])).await.unwrap();
    let done = Complete { id: claimed.task.to_string(), fence: fence(&claimed), ..Complete::default() };
    let completed = board.agent.complete(&bob, done).await.unwrap().stored.position;
    board.agent.claim(&ann, claim_of(plan.ids["build"])).await.unwrap();
    board.agent.update(&bob, titled(plan.ids["rest"], "Sleep")).await.unwrap();
    board.agent.update(&ann, titled(plan.ids["rest"], "Nap")).await.unwrap();
    let before = head(&board).await;
    for request in [event(completed), done_by("bob", start), done_by("ann", start)] {
        for force in [false, true] {
            let request = Undo { force, ..request.clone() };
            let dry = Undo { dry_run: true, request_id: Some("dry".into()), ..request.clone() };
            let foreseen = board.agent.undo(&somebody("cid"), dry.clone()).await.unwrap();
            let again = board.agent.undo(&somebody("cid"), dry).await.unwrap();
            assert_eq!(again.compensations, foreseen.compensations);
            assert!(foreseen.dry_run && foreseen.receipts.is_empty());
            assert_eq!(head(&board).await, before, "nothing is stored");
            if force {
                assert!(!foreseen.compensations.is_empty(), "{foreseen:?}");
            } else {
                let (code, told) = refused(board.agent.undo(&somebody("cid"), request).await);
                assert_eq!(
                    in_the_way(&foreseen.conflicts),
                    in_the_way(told["conflicts"].as_array().unwrap()),
                    "{told}"
                );
                assert_eq!(foreseen.conflicts[0]["code"], code);
            }
        }
    }
    let request = Undo { force: true, ..done_by("bob", start) };
    let foreseen = board.agent.undo(&ann, Undo { dry_run: true, ..request.clone() }).await.unwrap();
    let undone = board.agent.undo(&ann, request).await.unwrap();
    assert_eq!(undoes(&undone), undoes(&foreseen));
    assert_eq!(in_the_way(&undone.conflicts), in_the_way(&foreseen.conflicts));
    assert_eq!(task(&board, plan.ids["rest"]).await.title, "Rest");
}

#[tokio::test]
async fn a_task_that_somebody_else_holds_is_not_taken_from_under_them() {
    let (board, ann, bob) = (Board::new().await, somebody("ann"), somebody("bob"));
    let plan = board.small_plan(&ann).await;
    let started = board.agent.update(&ann, with_status(plan.ids["rest"], TaskStatus::InProgress)).await.unwrap();
    let bobs = board.agent.claim(&bob, claim_of(plan.ids["rest"])).await.unwrap();
    let before = head(&board).await;
    let (code, told) = refused(board.agent.undo(&ann, command(started.position)).await);
    assert_eq!((code, &told["holder"], &told["overridable"]), ("CLAIMED", &"bob".into(), &true.into()), "{told}");
    assert!(told["retry_after_ms"].is_u64() && told["hint"].as_str().unwrap().contains("force"), "{told}");
    assert_eq!(head(&board).await, before);
    let forced = board.agent.undo(&ann, Undo { force: true, ..command(started.position) }).await.unwrap();
    assert_eq!(forced.conflicts, Vec::<Value>::new());
    let late = Complete { id: bobs.task.to_string(), fence: fence(&bobs), ..Complete::default() };
    let done = board.agent.complete(&bob, late).await.unwrap();
    assert!(!done.stored.unchanged, "nobody has claimed it since, so his fence is still the newest");
}

#[tokio::test]
async fn a_claim_after_a_takeover_stays_with_whoever_took_over() {
    let (board, ann, bob) = (Board::new().await, somebody("ann"), somebody("bob"));
    let plan = board.small_plan(&ann).await;
    let short = Claim { ttl: Some(1), ..claim_of(plan.ids["rest"]) };
    let anns = board.agent.claim(&ann, short).await.unwrap();
    let (position, until) = (anns.stored.position, anns.until.unwrap());
    while chrono::Utc::now() < until {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    board.agent.claim(&bob, claim_of(plan.ids["rest"])).await.unwrap();
    let claimed = position - 1;
    let before = head(&board).await;
    for force in [false, true] {
        let (code, told) = refused(board.agent.undo(&ann, Undo { force, ..event(claimed) }).await);
        assert_eq!((code, &told["overridable"], &told["event"]), ("FENCED", &false.into(), &claimed.into()), "{told}");
    }
    assert_eq!(head(&board).await, before);
}

#[tokio::test]
async fn what_a_rule_forbids_is_left_as_it_is_and_named() {
    let (board, ann, bob) = (Board::new().await, somebody("ann"), somebody("bob"));
    let plan = board.small_plan(&ann).await;
    let start = head(&board).await;
    let after = |on: &str| Lists { after: vec![plan.ids[on].to_string()], ..Lists::default() };
    let ids = |id: &str| vec![plan.ids[id].to_string()];
    board.agent.update(&bob, titled(plan.ids["rest"], "Sleep")).await.unwrap();
    let freed = Update { ids: ids("build"), remove: after("design"), ..Update::default() };
    let freed = board.agent.update(&bob, freed).await.unwrap().position;
    board.agent.update(&ann, Update { ids: ids("design"), add: after("build"), ..Update::default() }).await.unwrap();
    let (code, told) = refused(board.agent.undo(&ann, done_by("bob", start)).await);
    assert_eq!((code, &told["event"]), ("CYCLE", &freed.into()), "{told}");
    let forced = board.agent.undo(&ann, Undo { force: true, ..done_by("bob", start) }).await.unwrap();
    assert_eq!(undoes(&forced), [("task_retitled", plan.ids["rest"].to_string(), Some(freed - 1))]);
    assert_eq!(in_the_way(&forced.conflicts), [(&"CYCLE".into(), &freed.into(), &false.into())]);
    assert!(task(&board, plan.ids["build"]).await.after.is_empty());
    let alone = refused(board.agent.undo(&ann, Undo { force: true, ..event(freed) }).await);
    assert_eq!(alone.0, "CYCLE", "nothing of it could be undone");
}

#[tokio::test]
async fn a_repeat_gets_the_first_receipt_whatever_has_happened_since() {
    let (board, ann, bob) = (Board::new().await, somebody("ann"), somebody("bob"));
    let (other, _stopping) = board.another_node().await;
    let plans = [board.small_plan(&ann).await, board.small_plan(&ann).await];
    let start = head(&board).await;
    for plan in &plans {
        board.agent.update(&bob, titled(plan.ids["rest"], "Sleep")).await.unwrap();
    }
    let request = Undo { request_id: Some("u1".into()), ..done_by("bob", start) };
    let first = board.agent.undo(&ann, request.clone()).await.unwrap();
    // Now there would be something in the way, and something more to undo.
    board.agent.update(&bob, titled(plans[0].ids["rest"], "Nap")).await.unwrap();
    let before = head(&board).await;
    for agent in [&board.agent, &other] {
        let again = agent.undo(&ann, request.clone()).await.unwrap();
        assert!(again.receipts.iter().all(|receipt| receipt.stored.duplicate));
        assert_eq!((again.position, &again.compensations), (first.position, &first.compensations));
    }
    assert_eq!(head(&board).await, before);
    let (code, told) = refused(board.agent.undo(&ann, Undo { force: true, ..request }).await);
    assert_eq!((code, &told["field"]), ("VALIDATION", &"request_id".into()));
}

/// As after a crash between two goals: the first one's command is in the log, the second one's is not.
#[tokio::test]
async fn what_a_crash_left_undone_is_done_by_the_repeat() {
    let (board, ann, bob) = (Board::new().await, somebody("ann"), somebody("bob"));
    let plans = [board.small_plan(&ann).await, board.small_plan(&ann).await];
    let start = head(&board).await;
    let mut changed = Vec::new();
    for plan in &plans {
        changed.push(board.agent.update(&bob, titled(plan.ids["rest"], "Sleep")).await.unwrap().position);
    }
    // Somebody is faster with the second goal: of that one nothing is stored.
    let nap = board.agent.update(&ann, titled(plans[1].ids["rest"], "Nap")).await.unwrap().position;
    let request = Undo { request_id: Some("u1".into()), ..done_by("bob", start) };
    let partly = board.agent.undo(&ann, request.clone()).await.unwrap();
    assert_eq!((partly.receipts.len(), partly.conflicts.len()), (1, 1));
    board.agent.undo(&ann, event(nap)).await.unwrap();
    board.agent.update(&bob, titled(plans[0].ids["design"], "Later")).await.unwrap();
    let whole = board.agent.undo(&ann, request).await.unwrap();
    let duplicates: Vec<bool> = whole.receipts.iter().map(|receipt| receipt.stored.duplicate).collect();
    assert_eq!(duplicates, [true, false]);
    assert_eq!(whole.compensations.iter().filter_map(|one| one.undoes).collect::<Vec<_>>(), changed);
    assert_eq!(
        task(&board, plans[0].ids["design"]).await.title,
        "Later",
        "what came after the first receipt is not meant"
    );
}

#[tokio::test]
async fn the_same_undo_sent_many_times_at_once_is_done_once() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let (other, _stopping) = board.another_node().await;
    let plan = board.small_plan(&ann).await;
    let changed = board.agent.update(&ann, titled(plan.ids["rest"], "Sleep")).await.unwrap().position;
    let request = Undo { request_id: Some("storm".into()), ..event(changed) };
    let calls = (0..24).map(|turn| {
        let (agent, ann) = (if turn % 2 == 0 { board.agent.clone() } else { other.clone() }, ann.clone());
        let request = request.clone();
        tokio::spawn(async move { agent.undo(&ann, request).await.unwrap() })
    });
    for call in calls.collect::<Vec<_>>() {
        let undone = call.await.unwrap();
        assert_eq!((undone.position, undoes(&undone).len()), (changed + 1, 1));
    }
    assert_eq!(head(&board).await, changed + 1);
}

#[tokio::test]
async fn what_changes_nothing_has_a_receipt_for_its_repeat() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let changed = board.agent.update(&ann, titled(plan.ids["rest"], "Sleep")).await.unwrap().position;
    board.agent.undo(&ann, event(changed)).await.unwrap();
    let request = Undo { request_id: Some("n1".into()), ..event(changed) };
    let noted = board.agent.undo(&ann, request.clone()).await.unwrap();
    let again = board.agent.undo(&ann, request).await.unwrap();
    assert!(again.receipts[0].stored.duplicate && again.compensations.is_empty());
    assert_eq!(again.position, noted.position);
}

#[tokio::test]
async fn what_is_to_be_undone_is_named_in_one_way_and_exists() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    board.small_plan(&ann).await;
    let before = head(&board).await;
    let late = Moment::Time(chrono::Utc::now() + chrono::TimeDelta::hours(1));
    for (request, field, words) in [
        (Undo::default(), "events", "give events, or command"),
        (Undo { command: Some("x".into()), ..event(1) }, "events", "give one of them"),
        (Undo { actor: Some("ann".into()), ..command("x") }, "command", "give one of them"),
        (Undo { actor: Some("ann".into()), ..Undo::default() }, "since", "missing"),
        (Undo { since: Some(Moment::Position(1)), ..Undo::default() }, "actor", "missing"),
        (Undo { since: Some(late), ..done_by("ann", 0) }, "since", "future"),
        (done_by("nobody", 0), "actor", "did nothing after position 0"),
        (event(99), "events[0]", "position 99"),
        (event(0), "events[0]", "position 0"),
        (command("99"), "command", "position 99"),
        (command("unheard of"), "command", "request_id"),
    ] {
        let (code, told) = refused(board.agent.undo(&ann, request.clone()).await);
        assert_eq!((code, &told["field"]), ("VALIDATION", &field.into()), "{request:?}: {told}");
        assert!(told["message"].as_str().unwrap().contains(words), "{request:?}: {told}");
    }
    let many = Undo { events: (0..1_001).collect(), ..Undo::default() };
    assert_eq!(refused(board.agent.undo(&ann, many).await).0, "TOO_BIG");
    assert_eq!(head(&board).await, before);
}

#[tokio::test]
async fn since_a_time_means_from_then_on() {
    let (board, ann) = (Board::new().await, somebody("ann"));
    let plan = board.small_plan(&ann).await;
    let changed = board.agent.update(&ann, titled(plan.ids["rest"], "Sleep")).await.unwrap().position;
    let at = since(&board, changed - 1).await[0].recorded_at;
    assert!(since(&board, changed - 2).await[0].recorded_at < at);
    let undone = board.agent.undo(&ann, Undo { since: Some(Moment::Time(at)), ..done_by("ann", 0) }).await.unwrap();
    assert_eq!(undoes(&undone), [("task_retitled", plan.ids["rest"].to_string(), Some(changed))]);
}
