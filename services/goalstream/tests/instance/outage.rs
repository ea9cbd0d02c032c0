//! The private servers die under a running instance, which brings them back; callers who repeat lose nothing and double nothing.

use std::time::Duration;

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};

use crate::instance::{Home, Up};

/// Tries of one request before the test gives up: Postgres takes a second or two to come back.
const TRIES_MAX: usize = 200;

/// Repeats a request under its id until it is answered with a receipt.
async fn create(up: &Up, number: usize) -> Value {
    for _ in 0..TRIES_MAX {
        let told = up
            .call("create_goal", json!({ "title": format!("goal {number}"), "request_id": format!("r{number}") }))
            .await;
        match told["code"].as_str() {
            None => return told,
            Some("BUSY" | "UNAVAILABLE") => {
                let wait = told["retry_after_ms"].as_u64().unwrap();
                tokio::time::sleep(Duration::from_millis(wait)).await;
            }
            Some(_) => panic!("{told}"),
        }
    }
    panic!("goal {number} was never created");
}

fn kill_postgres(home: &Home) {
    let pid_file = std::fs::read_to_string(home.path().join("postgres/postmaster.pid")).unwrap();
    kill(Pid::from_raw(pid_file.lines().next().unwrap().trim().parse().unwrap()), Signal::SIGKILL).unwrap();
}

fn kill_nats(home: &Home) {
    let pattern = format!("nats-server.*{}", home.path().display());
    assert!(std::process::Command::new("pkill").args(["-KILL", "-f", &pattern]).status().unwrap().success());
}

#[tokio::test]
async fn killed_servers_come_back_and_every_goal_is_there_once() {
    const GOALS: usize = 30;
    let home = Home::new();
    let up = home.up().await;
    for number in 0..GOALS {
        match number {
            10 => kill_postgres(&home),
            20 => kill_nats(&home),
            _ => {}
        }
        create(&up, number).await;
    }
    let repeated = create(&up, 0).await;
    assert_eq!(repeated["duplicate"], json!(true), "{repeated}");
    let (_, out, error) = home.run(&["watch", "--since", "0", "--no-follow", "--types", "goal_created"]).await;
    assert_eq!(out.lines().count(), GOALS, "{error}");
    let (sound, out, error) = home.run(&["verify"]).await;
    assert!(sound, "{out}{error}");
    assert_eq!(up.stop().await, Some(0));
}
