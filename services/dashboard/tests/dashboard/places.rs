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
