//! What is stored stays stored, however the process ends.

use serde_json::json;

use crate::instance::Home;

#[tokio::test]
async fn stopping_is_clean_and_the_next_start_has_everything() {
    let home = Home::new();
    let up = home.up().await;
    let created = up.call("create_goal", json!({ "title": "Kept", "tasks": [{ "title": "one" }] })).await;
    assert_eq!(created["goal"], "GOAL-0001", "{created}");
    assert_eq!(up.stop().await, Some(0));
    assert!(home.run_file().is_none(), "a stopped instance must not be found");

    let up = home.up().await;
    let goals = up.get("/api/v1/goals").await;
    assert_eq!(goals["goals"][0]["title"], "Kept", "{goals}");
    assert_eq!(up.stop().await, Some(0));
}

#[tokio::test]
async fn a_start_after_a_kill_recovers_by_itself() {
    let home = Home::new();
    let up = home.up().await;
    up.call("create_goal", json!({ "title": "Survives" })).await;
    up.kill().await;

    let up = home.up().await;
    let goals = up.get("/api/v1/goals").await;
    assert_eq!(goals["goals"][0]["title"], "Survives", "{goals}");
    let again = up.call("create_goal", json!({ "title": "Goes on" })).await;
    assert_eq!(again["position"], 2, "{again}");
    let (sound, out, error) = home.run(&["verify"]).await;
    assert!(sound, "{out}{error}");
    assert_eq!(up.stop().await, Some(0));
}
