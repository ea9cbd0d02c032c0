//! An older backup of Postgres is put back, and the documented recovery is followed.

use std::{path::Path, process::Command, time::Duration};

use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::instance::{Home, until};

/// How long the relay may take to find the difference, and how often we look.
const ALARM_BOUND: Duration = Duration::from_secs(60);
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// With owners and modes: as root the servers run as somebody else.
fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

#[tokio::test]
async fn an_older_postgres_raises_an_alarm_until_somebody_recovers() {
    let home = Home::new();
    let (cluster, backup) = (home.path().join("postgres"), home.path().join("backup"));
    let up = home.up().await;
    up.call("create_goal", json!({ "title": "In the backup" })).await;
    assert_eq!(up.stop().await, Some(0));
    copy(&cluster, &backup);
    let up = home.up().await;
    up.call("create_goal", json!({ "title": "Lost" })).await;
    up.call("create_goal", json!({ "title": "Lost as well" })).await;
    assert_eq!(up.stop().await, Some(0));
    std::fs::remove_dir_all(&cluster).unwrap();
    copy(&backup, &cluster);

    let up = home.up().await;
    let alarmed = async {
        loop {
            let health = up.get("/health").await;
            let relay = health["checks"].as_array().unwrap().iter().find(|check| check["name"] == "relay").unwrap();
            if relay["message"].as_str().is_some_and(|message| message.contains("carries another history")) {
                return;
            }
            sleep(LOOK_INTERVAL).await;
        }
    };
    timeout(ALARM_BOUND, alarmed).await.expect("the relay raises its alarm");
    let (sound, out, _) = home.run(&["doctor"]).await;
    assert!(!sound && out.contains("WRONG  bus"), "{out}");
    let (recovered, _, error) = home.run(&["recover", "--confirm", "EVENTS"]).await;
    assert!(!recovered && error.contains("goalstream stop"), "{error}");
    assert_eq!(up.stop().await, Some(0));

    let (recovered, out, error) = home.run(&["recover", "--confirm", "EVENTS"]).await;
    assert!(recovered && out.contains("begins after position 0"), "{out}{error}");
    let up = home.up().await;
    let created = up.call("create_goal", json!({ "title": "From now on" })).await;
    assert_eq!(created["position"], 2, "{created}");
    let goals = up.get("/api/v1/goals?min_position=2").await;
    let titles: Vec<_> = goals["goals"].as_array().unwrap().iter().map(|goal| goal["title"].clone()).collect();
    assert_eq!(titles, ["From now on", "In the backup"]);
    let (sound, out, error) = home.run(&["verify"]).await;
    assert!(sound && out.contains("carries this log"), "{out}{error}");
    assert_eq!(up.stop().await, Some(0));
    until("the instance is gone", || home.run_file().is_none().then_some(())).await;
}
