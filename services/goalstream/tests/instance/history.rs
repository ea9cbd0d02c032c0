//! `history` and `replay`, for people who want to know what happened.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::instance::Home;

fn lines(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn what_happened_is_told_as_text_as_lines_and_as_a_table() {
    let home = Home::new();
    let up = home.up().await;
    let plan = up.call("create_goal", json!({ "title": "Told", "tasks": [{ "title": "a", "key": "a" }] })).await;
    let (goal, task) = (plan["goal"].as_str().unwrap(), plan["ids"]["a"].as_str().unwrap());
    up.call("update", json!({ "ids": [task], "set": { "title": "b" }, "why": "clearer" })).await;
    up.call("create_goal", json!({ "title": "Another" })).await;

    let (done, out, error) = home.run(&["history", goal, "--since", "0"]).await;
    assert!(done, "{error}");
    let told: Vec<&str> = out.lines().collect();
    assert_eq!(told.len(), 3, "{out}");
    assert!(told[2].starts_with("#3 ") && told[2].contains(task), "{out}");
    assert!(told[2].ends_with("task_retitled          title: a -> b  (why: clearer)"), "{out}");

    let (_, out, _) = home.run(&["history", "--format", "jsonl", "--types", "task_retitled"]).await;
    assert_eq!((&lines(&out)[0]["why"], &lines(&out)[0]["data"]["to"]), (&json!("clearer"), &json!("b")));
    let (_, out, _) = home.run(&["history", "--format", "csv", "--limit", "2"]).await;
    assert_eq!(out.lines().count(), 3, "{out}");
    let (done, _, error) = home.run(&["history", "GOAL-0099"]).await;
    assert!(!done && error.contains("GOAL-0099"), "{error}");
    assert_eq!(up.stop().await, Some(0));
}

#[tokio::test]
async fn a_replay_shows_what_the_views_showed_and_what_has_changed_since() {
    let home = Home::new();
    let up = home.up().await;
    let plan = up.call("create_goal", json!({ "title": "Then", "tasks": [{ "title": "a", "key": "a" }] })).await;
    let (goal, task, then) = (plan["goal"].as_str().unwrap(), plan["ids"]["a"].as_str().unwrap(), &plan["position"]);
    up.call("update", json!({ "ids": [task], "set": { "priority": "high" } })).await;
    up.call("update", json!({ "ids": [goal], "set": { "title": "Now" } })).await;
    up.call("create_goal", json!({ "title": "Later" })).await;

    let to = then.to_string();
    let (done, out, error) = home.run(&["replay", "--to", &to]).await;
    assert!(done, "{error}");
    let state = lines(&out);
    let shown = up.get(&format!("/api/v1/goals/{goal}?as_of={to}")).await;
    assert_eq!(state.len(), 2);
    assert_eq!((&state[0]["id"], &state[0]["title"]), (&json!(goal), &shown["goal"]["title"]));
    assert_eq!((&state[1]["goal"], &state[1]["priority"]), (&json!(goal), &shown["tasks"][0]["priority"]));

    let (_, out, _) = home.run(&["replay", "--to", &to, "--diff"]).await;
    let told: Vec<&str> = out.lines().collect();
    assert_eq!(told[0], format!("{goal}  title: Then -> Now"));
    assert_eq!(told[1], format!("{task}  priority: medium -> high"));
    assert!(told[2].contains("title: Later"), "{out}");
    let (_, out, _) = home.run(&["replay", "--to", &to, "--diff", "--json", "--goal", goal]).await;
    let changes = lines(&out);
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[1]["diff"], json!([{ "field": "priority", "from": "medium", "to": "high" }]));
    if let Ok(full) = std::fs::File::create("/dev/full") {
        let replay = home.command(&["replay"]).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
        let output = replay.wait_with_output().await.unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains("write to standard output"), "{error}");
    }
    let (done, _, error) = home.run(&["replay", "--to", "99"]).await;
    assert!(!done && error.contains("ends at position"), "{error}");
    assert_eq!(up.stop().await, Some(0));
}
