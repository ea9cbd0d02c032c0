//! What is stored stays stored, however the process ends.

use std::{io::Write, net::TcpStream, time::Duration};

use serde_json::json;

use crate::instance::{Home, Up};

/// Within which it is noticed that a role is missing: three times what an event may wait.
const NOTICED_BOUND: Duration = Duration::from_secs(30);

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

#[tokio::test]
async fn servers_that_a_killed_instance_left_are_stopped() {
    let home = Home::new();
    let up = home.up().await;
    up.call("create_goal", json!({ "title": "Survives" })).await;
    up.kill().await;
    let (done, out, error) = home.run(&["stop"]).await;
    assert!(done && out.contains("which were left running"), "{out}{error}");
    let (_, out, _) = home.run(&["stop"]).await;
    assert!(out.contains("nothing runs"), "{out}");
}

/// As when Postgres and NATS are somebody else's.
#[tokio::test]
async fn one_instance_has_a_data_directory_also_when_the_servers_are_elsewhere() {
    let (servers, home) = (Home::new(), Home::new());
    let private = servers.up().await;
    let flags = servers.server_flags();
    let elsewhere = flags.each_ref().map(String::as_str);
    let up = home.up_with(&elsewhere).await;

    let second = [&["up", "--listen", "127.0.0.1:0"][..], &elsewhere].concat();
    let (done, _, error) = home.run(&second).await;
    assert!(!done && error.contains(&up.pid().to_string()), "it names the first: {error}");
    // Whoever does not finish what he says keeps it for a while.
    let mut slow = TcpStream::connect(up.url.trim_start_matches("http://")).unwrap();
    slow.write_all(b"POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nhalf").unwrap();
    let pid = up.pid();
    let ended = tokio::spawn(up.ended());
    let (done, _, error) = home.run(&["stop"]).await;
    assert!(done, "{error}");
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    assert!(state.map_or(true, |state| state.contains(") Z ")), "it still runs");
    assert_eq!(ended.await.unwrap(), Some(0));
    assert_eq!(private.stop().await, Some(0));
}

async fn status_of(up: &Up, name: &str) -> String {
    let health = up.get("/health").await;
    let checks = health["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == name).unwrap();
    check["status"].as_str().unwrap().to_owned()
}

/// Roles in processes of their own, as on several servers.
#[tokio::test]
async fn each_role_says_how_it_is_and_one_that_is_missing_is_noticed() {
    let (servers, home) = (Home::new(), Home::new());
    let private = servers.up().await;
    let file = servers.run_file().unwrap();
    let url = |name: &str| file[name].as_str().unwrap().to_owned();
    let (database, nats) = (url("database_url"), url("nats_url"));
    private.kill().await;
    let serve = async |role: &str| home.serve(role, &["--database-url", &database, "--nats-url", &nats]).await;
    let (relay, projector, dashboard) = (serve("relay").await, serve("projector").await, serve("dashboard").await);
    for role in [&relay, &projector, &dashboard] {
        assert_eq!(role.get("/livez").await["status"], "ok");
        assert_eq!(role.get("/health").await["checks"][0]["name"], "database");
        let metrics = reqwest::get(format!("{}/metrics", role.url)).await.unwrap();
        assert!(metrics.status().is_success() && !metrics.text().await.unwrap().is_empty());
    }
    // Each is looked at anew once a second.
    let both_become = async |wanted: &str| {
        let all = async {
            for name in ["relay", "views"] {
                while status_of(&dashboard, name).await != wanted {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        };
        tokio::time::timeout(NOTICED_BOUND, all).await.expect(wanted);
    };
    both_become("ok").await;
    let recover = [
        "recover",
        "--confirm",
        "EVENTS",
        "--database-url",
        &database,
        "--owner-url",
        &url("owner_url"),
        "--nats-url",
        &nats,
    ];
    let (recovered, _, error) = home.run(&recover).await;
    assert!(!recovered && error.contains("stop every role on every node"), "{error}");
    relay.kill().await;
    projector.kill().await;
    let goal = json!({ "title": "Seen by nobody" });
    let made = reqwest::Client::new().post(format!("{}/api/v1/goals", dashboard.url)).json(&goal).send().await.unwrap();
    assert_eq!(made.status(), 201);
    both_become("degraded").await;
    assert_eq!(dashboard.stop().await, Some(0));
}

/// The answer is lost with the instance; whether the undo is stored by then is up to chance, and makes no difference.
#[tokio::test]
async fn an_undo_whose_answer_was_lost_is_done_once_by_its_repeat() {
    let home = Home::new();
    let up = home.up().await;
    let made = up.call("create_goal", json!({ "title": "Tree", "tasks": [{ "title": "part" }] })).await;
    let cancel = json!({ "ids": ["TASK-0001"], "set": { "status": "cancelled" } });
    let cancelled = up.call("update", cancel).await;
    let undo = json!({ "command": cancelled["position"], "request_id": "once" });
    // Long enough to be on its way, and too short for most answers.
    let _lost = tokio::time::timeout(Duration::from_millis(3), up.call("undo", undo.clone())).await;
    up.kill().await;

    let up = home.up().await;
    let undone = up.call("undo", undo.clone()).await;
    assert_eq!(undone["compensations"][0]["undoes"], cancelled["position"], "{undone}");
    let again = up.call("undo", undo).await;
    assert_eq!((&again["position"], &again["receipts"][0]["duplicate"]), (&undone["position"], &json!(true)));
    let after = made["position"].as_u64().unwrap() + 2;
    assert_eq!(undone["position"], after, "once: {undone}");
    let (sound, out, error) = home.run(&["verify"]).await;
    assert!(sound, "{out}{error}");
    assert_eq!(up.stop().await, Some(0));
}
