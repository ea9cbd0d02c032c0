//! Tasks and goals for those who show many of them.

use std::collections::BTreeSet;

use anyhow::ensure;
use domain::ActorKind;
use goal_agent::{
    Caller,
    request::{CreateGoal, Lists, Set, TaskPlan, Update},
};
use serde_json::{Value, json};

use crate::{http::Answer, world::World};

/// Several portions, and the last one not full.
const MANY: usize = 20_000;
/// Tasks of one call.
const TASKS_A_GOAL: usize = 1_000;

async fn get(world: &World, path: &str) -> anyhow::Result<Value> {
    let answer = Answer::to(world.address, path, &[]).await?;
    let (status, body) = (answer.status, answer.json().await?);
    ensure!(status == 200, "{path}: {status} {body}");
    Ok(body)
}

fn ids(answer: &Value) -> Vec<&str> {
    answer["tasks"].as_array().into_iter().flatten().filter_map(|task| task["id"].as_str()).collect()
}

async fn update(world: &World, id: &str, set: Set, add: Lists) -> anyhow::Result<u64> {
    let update = Update { ids: vec![id.to_owned()], set, add, ..Update::default() };
    Ok(world.agent.update(world.caller(), update).await?.position)
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_are_listed_by_what_is_asked_of_them() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (goal, tasks, _) = world.goal("Paint the bridge", 3).await?;
    let (_, others, _) = world.goal("Mow the lawn", 1).await?;
    let [one, two, three] = [0, 1, 2].map(|place: usize| tasks[place].to_string());
    let set =
        Set { assignee: Some(Some("ann".to_owned())), title: Some("Sand the rails".to_owned()), ..Set::default() };
    update(&world, &one, set, Lists { tags: vec!["rust".to_owned()], ..Lists::default() }).await?;
    let set = Set { status: Some(domain::goal::TaskStatus::Cancelled), ..Set::default() };
    let head = update(&world, &two, set, Lists::default()).await?;
    let list = async |query: &str| get(&world, &format!("/api/v1/tasks?min_position={head}&{query}")).await;

    assert_eq!(ids(&list("").await?).len(), 4);
    assert_eq!(ids(&list(&format!("goal={goal}&view=open")).await?), [&one, &three]);
    assert_eq!(ids(&list("assignee=ann").await?), [&one]);
    assert_eq!(ids(&list("tags=rust&status=pending,in_progress").await?), [&one]);
    assert_eq!(ids(&list("status=cancelled").await?), [&two]);
    assert_eq!(ids(&list("q=rails").await?), [&one]);
    assert_eq!(ids(&list(&format!("goal={goal}&as_of=4")).await?).len(), 3);
    let named = list(&format!("ids={three},{one},TASK-0777&fields=id,title")).await?;
    assert_eq!((ids(&named), &named["missing"]), (vec![&*one, &*three], &json!(["TASK-0777"])));
    assert_eq!(named["tasks"][0], json!({ "id": one, "title": "Sand the rails" }));
    let first = list("limit=3").await?;
    let next = first["next"].as_str().unwrap_or_default();
    let second = list(&format!("limit=3&cursor={next}")).await?;
    let all: BTreeSet<&str> = ids(&first).into_iter().chain(ids(&second)).collect();
    assert_eq!((all.len(), second.get("next")), (4, None));
    let other = others[0].to_string();
    assert!(all.contains(&*other));

    let goals = get(&world, &format!("/api/v1/goals?ids=GOAL-0002,{goal},GOAL-0099&fields=id,progress")).await?;
    assert_eq!((goals["goals"].as_array().map(Vec::len), &goals["missing"]), (Some(2), &json!(["GOAL-0099"])));
    assert_eq!(goals["goals"][0].as_object().map(serde_json::Map::len), Some(2));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_with_things_finds_them() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (goal, tasks, _) = world.goal("Kept", 2).await?;
    let keep = |value: Value| Set { metadata: [("ticket".to_owned(), value)].into(), ..Set::default() };
    let [one, other] = [tasks[0].to_string(), tasks[1].to_string()];
    update(&world, &goal, keep(json!({ "of": "a team" })), Lists::default()).await?;
    update(&world, &one, keep(json!("7")), Lists::default()).await?;
    let head = update(&world, &other, keep(json!(7)), Lists::default()).await?;
    let list = async |query: &str| get(&world, &format!("/api/v1/{query}&min_position={head}")).await;
    assert_eq!(ids(&list("tasks?meta.ticket=7").await?), [&one, &other], "as text and as what it is");
    assert_eq!(ids(&list("tasks?meta.ticket=7&meta.other=1").await?), [""; 0]);
    assert_eq!(ids(&list(&format!("tasks?meta.ticket=7&as_of={}", head - 1)).await?), [&one]);
    let goals = list("goals?meta.ticket=%7B%22of%22%3A%22a+team%22%7D").await?;
    assert_eq!(goals["goals"][0]["id"], goal);
    assert_eq!(list("goals?meta.ticket=8").await?["goals"], json!([]));
    for wrong in ["tasks?meta.=7", "tasks?metadata.ticket=7", "goals?meta.x=1&q=x"] {
        assert_eq!(Answer::to(world.address, &format!("/api/v1/{wrong}"), &[]).await?.status, 422, "{wrong}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_known_is_not_sent_again() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (goal, tasks, head) = world.goal("Known", 1).await?;
    world.pushed(head).await?;
    let task = tasks[0].to_string();
    for path in [format!("/api/v1/tasks/{task}"), format!("/api/v1/goals/{goal}?include=comments")] {
        let first = Answer::to(world.address, &path, &[]).await?;
        let tag = first.header("etag").to_owned();
        let version = first.json().await?;
        let version = if path.contains("tasks") { &version["task"]["version"] } else { &version["goal"]["version"] };
        assert!(tag.starts_with(&format!("\"{version}.")), "{tag}");
        let again = async || Answer::to(world.address, &path, &[("if-none-match", &tag)]).await;
        let known = again().await?;
        assert_eq!((known.status, known.header("etag")), (304, &*tag));
        assert_eq!(known.text().await?, "");
        let position = world.comment(if path.contains("tasks") { &task } else { &goal }, "news").await?;
        world.pushed(position).await?;
        let changed = again().await?;
        assert_eq!(changed.status, 200);
        assert_eq!(changed.json().await?["comments"][0]["body"], "news");
    }
    let task = get(&world, &format!("/api/v1/tasks/{task}?fields=id")).await?;
    assert_eq!(
        (&task["goal"]["title"], task["task"].as_object().map(serde_json::Map::len)),
        (&json!("Known"), Some(1))
    );
    let early = Answer::to(world.address, &format!("/api/v1/tasks/{}?as_of=1", tasks[0]), &[]).await?;
    assert_eq!((early.status, early.json().await?["came_with"].clone()), (404, json!(2)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn all_tasks_come_as_lines_as_they_were_at_one_position() -> anyhow::Result<()> {
    let world = World::start().await?;
    let caller = Caller::new("filler", ActorKind::System);
    let mut head = 0;
    for goal in 0..MANY / TASKS_A_GOAL {
        let plan = |number| TaskPlan {
            title: format!("step {number}"),
            description: Some("long ".repeat(20)),
            tags: vec![format!("t{}", number % 7)],
            ..TaskPlan::default()
        };
        let tasks = (0..TASKS_A_GOAL).map(plan).collect();
        let request = CreateGoal { title: format!("Goal {goal}"), tasks, ..CreateGoal::default() };
        head = world.agent.create_goal(&caller, request).await?.stored.position;
    }
    world.pushed(head).await?;
    let path = format!("/api/v1/tasks?min_position={head}&fields=id,title,tags,version");
    let answer = Answer::to(world.address, &path, &[("accept", "application/x-ndjson")]).await?;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/x-ndjson; charset=utf-8"));
    // Written while it is being read, and not in it.
    let set = Set { title: Some("Later".to_owned()), ..Set::default() };
    update(&world, &format!("TASK-{MANY}"), set, Lists::default()).await?;
    let text = answer.text().await?;
    let lines: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    assert_eq!((&lines[0]["position"], &lines[0]["total"]), (&json!(head), &json!(MANY)));
    assert_eq!(lines.last(), Some(&json!({ "end": true, "count": MANY })));
    let rows = &lines[1..lines.len() - 1];
    let seen: BTreeSet<&str> = rows.iter().filter_map(|row| row["id"].as_str()).collect();
    assert_eq!((rows.len(), seen.len()), (MANY, MANY));
    assert!(rows.iter().all(|row| row["title"].as_str().is_some_and(|title| title.starts_with("step"))));
    assert!(rows.iter().all(|row| row.as_object().is_some_and(|row| row.len() == 4)));

    let some = Answer::to(world.address, "/api/v1/tasks?format=jsonl&tags=t3&goal=GOAL-0001", &[]).await?;
    let text = some.text().await?;
    assert_eq!(text.lines().count(), 2 + (0..TASKS_A_GOAL).filter(|number| number % 7 == 3).count());
    assert!(text.contains("long long"), "without fields everything comes");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_list_is_told_what_would_be_right() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (_, _, head) = world.goal("The only one", 1).await?;
    world.pushed(head).await?;
    for (query, status, saying) in [
        ("tasks?fields=id,titel", 422, "there is no field `titel`"),
        ("tasks?fields=", 422, "there are after, archived"),
        ("tasks?view=urgent", 422, "view: must be ready, mine"),
        ("tasks?status=done", 422, "status: must be pending"),
        ("tasks?goal=GOAL-0007", 404, "GOAL-0001"),
        ("tasks?goal=x", 422, "goal"),
        ("tasks?ids=TASK-0001&q=x", 422, "q: does not go with ids"),
        ("tasks?ids=", 422, "ids[0]"),
        ("tasks?ids=GOAL-0001", 422, "ids[0]"),
        ("tasks?limit=201", 422, "limit"),
        ("tasks?format=xml", 422, "json or jsonl"),
        ("tasks?format=jsonl&limit=5", 422, "limit: must be left out"),
        ("tasks?assigne=x", 422, "did you mean assignee?"),
        ("tasks/TASK-0002", 404, "TASK-0001"),
        ("tasks/GOAL-0001", 422, "id"),
        ("goals?ids=GOAL-0001&status=pending", 422, "status: does not go with ids"),
        ("goals?fields=x", 422, "there is no field `x`"),
        ("goals/GOAL-0001?include=tasks", 422, "include: must be comments"),
    ] {
        let answer = Answer::to(world.address, &format!("/api/v1/{query}"), &[]).await?;
        let (found, text) = (answer.status, answer.text().await?);
        assert!(found == status && text.contains(saying), "{query}: {found} {text}");
    }
    let many: Vec<String> = (1..=101).map(|number| format!("TASK-{number:04}")).collect();
    let answer = Answer::to(world.address, &format!("/api/v1/tasks?ids={}", many.join(",")), &[]).await?;
    assert!(answer.text().await?.contains("give at most 100"));
    let hundred = get(&world, &format!("/api/v1/tasks?ids={}", many[..100].join(","))).await?;
    assert_eq!(hundred["missing"].as_array().map(Vec::len), Some(99));
    Ok(())
}
