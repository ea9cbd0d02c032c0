//! Places in the log, what changed between them, what is to come, and the parts of the installation.

use dashboard::{
    Config,
    health::{Check, Finding},
};
use goal_agent::request::{Set, Update};
use serde_json::{Value, json};

use crate::{http::Answer, world::World};

async fn ask(world: &World, path: &str) -> anyhow::Result<(u16, Value)> {
    let answer = Answer::to(world.address, path, &[]).await?;
    Ok((answer.status, answer.json().await?))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moment_has_a_position_and_a_position_its_event() -> anyhow::Result<()> {
    let world = World::start().await?;
    assert_eq!(ask(&world, "/api/v1/position").await?, (200, json!({ "position": 0, "head": 0 })));
    let (goal, tasks, head) = world.goal("Placed", 1).await?;
    let last = world.comment(&goal, "news").await?;
    world.pushed(last).await?;
    let (_, now) = ask(&world, "/api/v1/position").await?;
    assert_eq!((&now["position"], &now["head"]), (&json!(last), &json!(last)));
    let at = now["at"].as_str().unwrap_or_default().replace('+', "%2B");
    assert_eq!(ask(&world, &format!("/api/v1/position?at={at}")).await?.1, now);
    assert_eq!(ask(&world, "/api/v1/position?at=2001-01-01").await?.1, json!({ "position": 0, "head": last }));
    assert_eq!(ask(&world, &format!("/api/v1/position?at={head}")).await?.1["position"], head);
    for wrong in ["at=2999-01-01", "at=99", "at=soon", "on=1"] {
        assert_eq!(ask(&world, &format!("/api/v1/position?{wrong}")).await?.0, 422, "{wrong}");
    }

    let set = Set { title: Some("Renamed".to_owned()), ..Set::default() };
    let update = Update { ids: vec![tasks[0].to_string()], set, why: Some("so".to_owned()), ..Update::default() };
    let position = world.agent.update(world.caller(), update).await?.position;
    let (status, event) = ask(&world, &format!("/api/v1/events/{position}")).await?;
    assert_eq!((status, &event["type"], &event["why"]), (200, &json!("task_retitled"), &json!("so")), "{event}");
    assert_eq!(event["differences"], json!([{ "field": "title", "from": "step 0", "to": "Renamed" }]));
    for (missing, status) in [("0", 404), ("999", 404), ("x", 422)] {
        assert_eq!(ask(&world, &format!("/api/v1/events/{missing}")).await?.0, status, "{missing}");
    }
    world.pushed(position).await?;
    let correlation = event["correlation_id"].as_str().unwrap_or_default();
    let positions = async |query: &str| -> anyhow::Result<Vec<u64>> {
        let (_, page) = ask(&world, &format!("/api/v1/events?{query}")).await?;
        Ok(page["events"].as_array().into_iter().flatten().filter_map(|event| event["position"].as_u64()).collect())
    };
    assert_eq!(positions(&format!("correlation={correlation}")).await?, [position]);
    assert_eq!(positions("order=oldest").await?, (1..=position).collect::<Vec<_>>());
    assert_eq!(positions("since=1&order=newest&limit=2").await?, [position, position - 1]);
    assert_eq!(positions(&format!("before={position}&limit=1")).await?, [position - 1]);
    assert_eq!(positions(&format!("task={}&type=task_retitled", tasks[0])).await?, [position]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_is_told_field_by_field_and_what_is_left_is_planned() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (goal, tasks, before) = world.goal("Compared", 2).await?;
    let set = Set { title: Some("Other".to_owned()), ..Set::default() };
    let update = Update { ids: vec![tasks[1].to_string()], set, ..Update::default() };
    let head = world.agent.update(world.caller(), update).await?.position;
    world.pushed(head).await?;
    let (_, told) = ask(&world, &format!("/api/v1/goals/{goal}/diff?from={before}&to={head}")).await?;
    let change = json!({ "id": tasks[1], "field": "title", "from": "step 1", "to": "Other" });
    assert_eq!(told, json!({ "from": before, "to": head, "changes": [change] }));
    let (_, told) = ask(&world, &format!("/api/v1/goals/{goal}/diff?from=0")).await?;
    assert!(told["changes"].as_array().is_some_and(|changes| changes.len() > 6), "{told}");
    for (wrong, status) in
        [("diff", 422), ("diff?from=9999", 422), ("diff?from=2999-01-01", 422), ("diff?from=0&to=0", 404)]
    {
        assert_eq!(ask(&world, &format!("/api/v1/goals/{goal}/{wrong}")).await?.0, status, "{wrong}");
    }

    let (_, plan) = ask(&world, &format!("/api/v1/goals/{goal}/plan?workers=2")).await?;
    assert_eq!((&plan["left"], &plan["forecast"]["workers"]), (&json!(2), &json!(2)), "{plan}");
    let suppose = json!({ "what_if": [{ "tool": "complete", "arguments": { "id": tasks[0] } }], "workers": 1 });
    let path = format!("/api/v1/goals/{goal}/plan");
    let kind = [("content-type", "application/json")];
    let answer = Answer::sent(world.address, "POST", &path, &kind, suppose.to_string().as_bytes()).await?;
    assert_eq!((answer.status, &answer.json().await?["left"]), (200, &json!(1)));
    assert_eq!(world.agent.head(), head, "nothing is written");
    assert_eq!(ask(&world, &format!("{path}?workers=0")).await?.0, 422);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_part_says_how_it_is_and_since_when() -> anyhow::Result<()> {
    let database = Check::needed("database", || async { Finding::ok().with("answer_ms", 1) });
    let bus = Check::spare("bus", || async { Finding::down("it is away") });
    let world = World::with(Config::default(), vec![database, bus]).await?;
    let (status, told) = ask(&world, "/api/v1/servers").await?;
    let [database, bus] = [&told["servers"][0], &told["servers"][1]];
    assert_eq!((status, &database["name"], &database["role"]), (200, &json!("database"), &json!("needed")));
    assert_eq!((&bus["status"], &bus["detail"]), (&json!("down"), &json!("it is away")));
    tokio::time::sleep(dashboard::health::REPORT_AGE_MAX).await;
    let (_, again) = ask(&world, "/api/v1/servers").await?;
    assert_eq!((&again["servers"][1]["since"], bus["since"].is_string()), (&bus["since"], true));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_installation_tells_what_runs_what_is_kept_and_how_it_is_set() -> anyhow::Result<()> {
    let settings = json!({ "listen": "127.0.0.1:4747" }).as_object().cloned().unwrap_or_default();
    let config = Config { roles: vec!["dashboard".to_owned()], settings, ..Config::default() };
    let world = World::with(config, Vec::new()).await?;
    let (_, _, head) = world.goal("Kept", 2).await?;
    world.pushed(head).await?;
    let (_, status) = ask(&world, "/api/v1/status").await?;
    assert_eq!((&status["roles"], &status["head"]), (&json!(["dashboard"]), &json!(head)));
    assert!(
        status["version"].is_string() && status["uptime_s"].is_u64() && status["started_at"].is_string(),
        "{status}"
    );
    let (_, data) = ask(&world, "/api/v1/data").await?;
    assert_eq!((&data["events"], &data["goals"], &data["tasks"]), (&json!(head), &json!(1), &json!(2)), "{data}");
    assert!(data["database_bytes"].as_u64() > Some(0) && data["views"][0]["state"] == "live", "{data}");
    assert_eq!(ask(&world, "/api/v1/config").await?.1["settings"]["listen"], "127.0.0.1:4747");
    assert_eq!(ask(&world, "/api/goals").await?.1["goals"][0]["title"], "Kept");
    assert_eq!(ask(&world, "/api/servers").await?.1["servers"], json!([]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_there_is_is_described_for_programs_and_for_people() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (_, document) = ask(&world, "/openapi.json").await?;
    assert_eq!(document["openapi"], "3.1.0");
    let described = document["paths"].as_object().into_iter().flat_map(|paths| paths.keys());
    let served = [
        "/",
        "/events",
        "/watch",
        "/health",
        "/livez",
        "/readyz",
        "/metrics",
        "/assets/{path}",
        "/docs",
        "/openapi.json",
    ];
    for path in served {
        assert!(described.clone().any(|one| one == path), "{path} is not described");
    }
    let docs = Answer::to(world.address, "/docs", &[]).await?;
    assert!(docs.header("content-security-policy").contains("default-src 'none'"));
    let page = docs.text().await?;
    for path in described {
        assert!(page.contains(path.as_str()), "{path}");
        let asked = path.replace("{id}", "GOAL-0001").replace("{position}", "1");
        assert_ne!(
            Answer::sent(world.address, "DELETE", &asked, &[("content-type", "application/json")], b"{}").await?.status,
            404,
            "{path}"
        );
    }
    assert!(
        !page.contains("<script")
            && !page.contains("style=")
            && !page.contains("http://")
            && !page.contains("https://")
    );
    assert_eq!(Answer::to(world.address, "/docs.css", &[]).await?.header("content-type"), "text/css; charset=utf-8");
    Ok(())
}
