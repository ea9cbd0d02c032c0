//! How work flows and who does it, over HTTP.

use serde_json::{Value, json};

use crate::{http::Answer, world::World};

async fn get(world: &World, path: &str) -> anyhow::Result<(u16, Value)> {
    let answer = Answer::to(world.address, path, &[]).await?;
    Ok((answer.status, answer.json().await?))
}

async fn command(world: &World, actor: &str, name: &str, arguments: Value) -> anyhow::Result<Value> {
    let headers = [("content-type", "application/json"), ("x-goalstream-actor", actor)];
    let path = format!("/api/v1/commands/{name}");
    Answer::sent(world.address, "POST", &path, &headers, arguments.to_string().as_bytes()).await?.json().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_counted_and_who_did_it_is_told() -> anyhow::Result<()> {
    let world = World::start().await?;
    let goal = json!({ "title": "Ship", "tasks": [{ "title": "Build" }, { "title": "Test" }, { "title": "Tell" }] });
    command(&world, "ann", "create_goal", goal).await?;
    command(&world, "bob", "claim", json!({ "id": "TASK-0001" })).await?;
    command(&world, "bob", "complete", json!({ "id": "TASK-0001", "fence": 1 })).await?;
    let last = command(&world, "bob", "claim", json!({ "id": "TASK-0002" })).await?;

    let of_all = format!("/api/v1/stats?buckets=4&goal=GOAL-0001&min_position={}", last["position"]);
    let (status, stats) = get(&world, &of_all).await?;
    let buckets = stats["buckets"].as_array().unwrap();
    let total = |field: &str| buckets.iter().filter_map(|bucket| bucket[field].as_u64()).sum::<u64>();
    assert_eq!((status, buckets.len()), (200, 4), "{stats}");
    assert_eq!([total("created"), total("claimed"), total("completed")], [3, 2, 1], "{stats}");
    assert_eq!((&buckets[3]["open"], &buckets[3]["done"]), (&json!(2), &json!(1)));

    let (_, agents) = get(&world, "/api/v1/agents").await?;
    let names: Vec<_> = agents["agents"].as_array().unwrap().iter().map(|agent| agent["actor"].clone()).collect();
    assert_eq!(names, ["bob", "ann"]);
    assert_eq!(agents["agents"][0]["claims"][0]["task"], "TASK-0002");
    assert_eq!(agents["agents"][0]["completed_24h"], 1);

    let (_, attempts) = get(&world, "/api/v1/attempts?actor=bob&limit=10").await?;
    let attempts = attempts["attempts"].as_array().unwrap();
    let told = |place: usize| json!([attempts[place]["task"], attempts[place]["title"], attempts[place]["ended"]]);
    assert_eq!([told(0), told(1)], [json!(["TASK-0002", "Test", null]), json!(["TASK-0001", "Build", "completed"])]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named() -> anyhow::Result<()> {
    let world = World::start().await?;
    for (path, status, field) in [
        ("/api/v1/stats?buckets=0", 422, "buckets"),
        ("/api/v1/stats?buckets=many", 422, "buckets"),
        ("/api/v1/stats?from=4711", 422, "from"),
        ("/api/v1/stats?from=2026-01-02&to=2026-01-01", 422, "from"),
        ("/api/v1/stats?goal=GOAL-9999", 404, ""),
        ("/api/v1/stats?till=2026-01-01", 422, "till"),
        ("/api/v1/agents?limit=201", 422, "limit"),
        ("/api/v1/attempts?limit=0", 422, "limit"),
        ("/api/v1/attempts?to=soon", 422, "to"),
        ("/api/v1/attempts?actor=%00", 422, "actor"),
    ] {
        let (answered, told) = get(&world, path).await?;
        assert_eq!((answered, told["field"].as_str().unwrap_or_default()), (status, field), "{path}: {told}");
    }
    Ok(())
}
