//! The log for auditors: pages of JSON, and everything as lines or as a table.

use anyhow::Context;
use domain::ActorKind;
use goal_agent::{
    Caller,
    request::{AddComment, Set, Update},
};
use serde_json::{Value, json};

use crate::{http::Answer, world::World};

/// More than the export reads at once, twice over.
const TASKS: usize = 1_100;

async fn ask(world: &World, path: &str, accept: &str) -> anyhow::Result<(String, String)> {
    let answer = Answer::to(world.address, path, &[("accept", accept)]).await?;
    anyhow::ensure!(answer.status == 200, "{path}: {}", answer.status);
    let kind = answer.header("content-type").to_owned();
    Ok((kind, answer.text().await?))
}

async fn rows(world: &World, path: &str) -> anyhow::Result<Vec<csv::StringRecord>> {
    let (kind, text) = ask(world, path, "text/csv").await?;
    anyhow::ensure!(kind.starts_with("text/csv"), "{kind}");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    Ok(reader.records().collect::<Result<_, _>>()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_comes_as_lines_and_as_a_table_however_long_it_is() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (goal, _, head) = world.goal("A long one", TASKS).await?;
    world.pushed(head).await?;
    let (kind, text) = ask(&world, "/api/v1/events?since=0", "application/x-ndjson").await?;
    assert!(kind.starts_with("application/x-ndjson"), "{kind}");
    let lines: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let positions: Vec<_> = lines.iter().filter_map(|line| line["position"].as_u64()).collect();
    assert_eq!(positions, (1..=head).collect::<Vec<_>>());
    assert_eq!((&lines[0]["goal"], &lines[0]["data"]["title"]), (&json!(goal), &json!("A long one")));

    let table = rows(&world, "/api/v1/events?since=0").await?;
    assert_eq!(table.len(), lines.len() + 1, "a line of names comes first");
    assert_eq!(table[0].iter().collect::<Vec<_>>(), ["position", "at", "type", "goal", "task", "actor", "data"]);
    for (row, line) in table[1..].iter().zip(&lines) {
        assert_eq!(row[0], line["position"].to_string());
        assert_eq!(serde_json::from_str::<Value>(&row[6])?, line["data"]);
    }
    assert_eq!(rows(&world, "/api/v1/events?since=0&limit=600").await?.len(), 601);
    assert_eq!(rows(&world, "/api/v1/events?types=goal_created&format=csv").await?.len(), 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_says_who_did_it_through_what_and_why_and_no_cell_is_a_formula() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (goal, ..) = world.goal("Watched", 0).await?;
    let mut mallory = Caller::new("=cmd()", ActorKind::Human);
    mallory.client = Some("spreadsheet/1".to_owned());
    let set = Set { title: Some("Renamed".to_owned()), ..Set::default() };
    let why = Some("@because, \"so\"".to_owned());
    let update = Update { ids: vec![goal.clone()], set, why, request_id: Some("r-1".to_owned()), ..Update::default() };
    let position = world.agent.update(&mallory, update).await?.position;
    world.pushed(position).await?;

    let path = format!("/api/v1/audit?id={goal}&types=goal_retitled");
    let (_, text) = ask(&world, &path, "*/*").await?;
    let page: Value = serde_json::from_str(&text)?;
    let event = &page["events"][0];
    assert_eq!(
        (&event["actor"], &event["actor_kind"], &event["client"]),
        (&json!("=cmd()"), &json!("human"), &json!("spreadsheet/1"))
    );
    assert_eq!((&event["why"], &event["request_id"]), (&json!("@because, \"so\""), &json!("r-1")));
    assert!(event["event_id"].is_string() && event["command_id"].is_string() && event["correlation_id"].is_string());

    let table = rows(&world, &path).await?;
    let column = |name: &str| table[0].iter().position(|column| column == name).context("a column");
    assert_eq!(&table[1][column("actor")?], "'=cmd()");
    assert_eq!(&table[1][column("why")?], "'@because, \"so\"");
    let (_, text) = ask(&world, &format!("/api/v1/events?id={goal}&types=goal_retitled"), "*/*").await?;
    assert!(!text.contains("because"), "reasons are for auditors");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_json_go_on_with_a_cursor_and_wrong_questions_are_refused() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (goal, _, _) = world.goal("Paged", 4).await?;
    let request = AddComment { id: goal, body: "last".to_owned(), ..AddComment::default() };
    let head = world.agent.comment(world.caller(), request).await?.stored.position;
    world.pushed(head).await?;
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let (_, text) = ask(&world, &format!("/api/v1/events?limit=4{next}"), "application/json").await?;
        let page: Value = serde_json::from_str(&text)?;
        seen.extend(page["events"].as_array().into_iter().flatten().filter_map(|event| event["position"].as_u64()));
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, (1..=head).rev().collect::<Vec<_>>(), "the newest first");

    for (query, said) in [
        ("limit=0", "a number from 1 to 1000"),
        ("limit=1001", "a number from 1 to 1000"),
        ("limit=0&format=csv", "limit: must be a number, 1 or more"),
        ("format=xml", "format: must be json, jsonl or csv"),
        ("types=task_complete", "did you mean task_completed?"),
        ("since=yesterday", "since: must be a position"),
        ("typ=task_completed", "did you mean type?"),
        ("type=task_completed&types=goal_created", "type: does not go with types"),
        ("goal=GOAL-0001&id=TASK-0001", "goal: does not go with id"),
        ("order=random", "newest or oldest"),
        ("correlation=7", "a UUID"),
        ("before=4&until=7", "before: must be left out beside until"),
        ("cause=9999&format=jsonl", "no event at position 9999"),
    ] {
        let answer = Answer::to(world.address, &format!("/api/v1/audit?{query}"), &[]).await?;
        assert_eq!(answer.status, 422, "{query}");
        let text = answer.text().await?;
        assert!(text.contains(said), "{query}: {text}");
    }
    Ok(())
}
