//! `watch` and `import`, for automation that reads lines.

use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::instance::Home;

/// How long a line may take that must come.
const TOLD_BOUND: Duration = Duration::from_secs(30);

fn lines(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn watching_resumes_exactly_behind_a_position() {
    let home = Home::new();
    let up = home.up().await;
    up.call("create_goal", json!({ "title": "Watched", "tasks": [{ "title": "a" }, { "title": "b" }] })).await;
    let (_, out, _) = home.run(&["watch", "--since", "1", "--no-follow"]).await;
    let positions: Vec<_> = lines(&out).iter().map(|line| line["position"].as_u64().unwrap()).collect();
    assert_eq!(positions, [2, 3]);
    let (_, out, _) = home.run(&["watch", "--since", "0", "--no-follow", "--types", "goal_created"]).await;
    assert_eq!(lines(&out)[0]["data"]["title"], "Watched");
    let (done, _, error) = home.run(&["watch", "--since", "99"]).await;
    assert!(!done && error.contains("position 3"), "{error}");
    let (done, _, error) = home.run(&["watch", "--types", "task_finished"]).await;
    assert!(!done && error.contains("task_completed"), "{error}");
    assert_eq!(up.stop().await, Some(0));
}

#[tokio::test]
async fn a_web_socket_serves_the_lines_that_the_command_prints() {
    let home = Home::new();
    let up = home.up().await;
    up.call("create_goal", json!({ "title": "Watched", "tasks": [{ "title": "a" }] })).await;
    let (_, out, _) = home.run(&["watch", "--since", "0", "--no-follow"]).await;
    let url = format!("{}/watch?since=0", up.url.replace("http://", "ws://"));
    let (mut socket, _) = connect_async(url).await.unwrap();
    for printed in lines(&out) {
        let Some(Ok(Message::Text(text))) = socket.next().await else { panic!("a line") };
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), printed);
    }
    assert_eq!(up.stop().await, Some(0), "who watches does not keep it from stopping");
}

#[tokio::test]
async fn whoever_follows_the_live_stream_is_sent_away_for_another_while_each() {
    let home = Home::new();
    let up = home.up().await;
    let url = format!("{}/events", up.url);
    let (one, other) = (reqwest::get(&url).await.unwrap(), reqwest::get(&url).await.unwrap());
    for (name, value) in [("x-accel-buffering", "no"), ("cache-control", "no-cache, no-transform")] {
        assert_eq!(one.headers()[name], value);
    }
    // It sends SIGTERM and waits for the end.
    let (stopped, _, error) = home.run(&["stop"]).await;
    assert!(stopped, "{error}");
    let mut returns = Vec::new();
    for stream in [one, other] {
        let told = tokio::time::timeout(TOLD_BOUND, stream.text()).await.unwrap().unwrap();
        let last = told.rsplit("retry: ").next().unwrap_or_default().to_owned();
        let (retry_ms, rest) = last.split_once('\n').unwrap_or_default();
        assert_eq!(rest, format!("event: bye\ndata: {{\"retry_ms\":{retry_ms}}}\n\n"), "{told}");
        returns.push(retry_ms.parse::<u64>().unwrap());
    }
    assert!(
        returns[0] != returns[1] && returns.iter().all(|retry_ms| (1_000..=6_000).contains(retry_ms)),
        "{returns:?}"
    );
    assert_eq!(up.stop().await, Some(0));
}

#[tokio::test]
async fn a_lease_that_ran_out_stands_in_the_feed_where_that_is_wanted() {
    let home = Home::new();
    let up = home.up_with(&["--sweep-seconds", "1"]).await;
    up.call("create_goal", json!({ "title": "Watched", "tasks": [{ "title": "a" }] })).await;
    up.call("claim", json!({ "id": "TASK-0001", "ttl": 1 })).await;
    let url = format!("{}/watch?since=0&types=claim_expired", up.url.replace("http://", "ws://"));
    let (mut socket, _) = connect_async(url).await.unwrap();
    let told = tokio::time::timeout(TOLD_BOUND, socket.next()).await.unwrap();
    let Some(Ok(Message::Text(text))) = told else { panic!("a line") };
    let line: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&line["task"], &line["actor"]), (&json!("TASK-0001"), &json!("goalstream")), "{line}");
    assert_eq!(up.stop().await, Some(0));
    let (done, _, error) = home.run(&["up", "--sweep-seconds", "0"]).await;
    assert!(!done && error.contains("sweep-seconds is 0; give 1 to 86400"), "{error}");
}

#[tokio::test]
async fn importing_a_plan_again_changes_nothing() {
    let home = Home::new();
    let up = home.up().await;
    let plan = concat!(env!("CARGO_MANIFEST_DIR"), "/demo/plans.json");
    let (done, first, error) = home.run(&["import", plan]).await;
    assert!(done, "{error}");
    let (_, second, _) = home.run(&["import", plan]).await;
    let goals = |out: &str| lines(out).iter().map(|line| line["goal"].clone()).collect::<Vec<_>>();
    assert_eq!(goals(&first), goals(&second));
    assert!(lines(&second).iter().all(|line| line["duplicate"] == json!(true)), "{second}");
    assert_eq!(up.get("/api/v1/goals").await["goals"].as_array().unwrap().len(), 3);
    assert_eq!(up.stop().await, Some(0));
}

#[tokio::test]
async fn a_file_with_a_mistake_creates_nothing_and_one_that_has_grown_what_is_new() {
    let home = Home::new();
    let up = home.up().await;
    let file = home.path().join("plans.json");
    let import = async |plans: Value| {
        std::fs::write(&file, plans.to_string()).unwrap();
        home.run(&["import", file.to_str().unwrap()]).await
    };
    let plan = |title: &str| json!({ "title": title, "tasks": [{ "title": "one" }] });
    let (done, out, error) = import(json!([plan("J1"), plan(""), plan("J3")])).await;
    assert!(!done && out.is_empty(), "{out}");
    assert!(
        error.contains("plan 2 of 3") && error.contains("nothing was created") && error.contains("title"),
        "{error}"
    );
    // The views come a moment later.
    let created = async |position: u64| {
        let page = up.get(&format!("/api/v1/goals?min_position={position}")).await;
        page["goals"].as_array().unwrap().len()
    };
    assert_eq!(created(0).await, 0);
    for (plans, goals) in [(vec!["J1", "J2"], 2), (vec!["J0", "J1", "J2", "J3"], 4), (vec!["J3", "J3"], 5)] {
        let (done, out, error) = import(plans.iter().map(|title| plan(title)).collect()).await;
        assert!(done, "{error}");
        let position = lines(&out).iter().filter_map(|line| line["position"].as_u64()).max().unwrap();
        assert_eq!(created(position).await, goals, "{plans:?}");
    }
    assert_eq!(up.stop().await, Some(0));
}
