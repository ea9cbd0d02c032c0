//! The private servers die under a running instance, which brings them back; callers who repeat lose nothing and double nothing.

use std::time::Duration;

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};

use crate::instance::{Home, Up, until};

/// Tries of one request before the test gives up: Postgres takes a second or two to come back.
const TRIES_MAX: usize = 200;
/// How long `/health` may take to tell, and how often it is asked.
const HEALTH_BOUND: Duration = Duration::from_secs(60);
const LOOK_DELAY: Duration = Duration::from_millis(100);
/// How long an instance without its Postgres may take to stop: its roles are given ten seconds, and its connections are not waited for.
const STOP_BOUND: Duration = Duration::from_secs(15);
/// What Postgres reads at its start and nobody writes.
const POSTGRES_SETTINGS: &str = "postgres/postgresql.auto.conf";

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
    signal_nats(home, "-KILL");
}

fn signal_nats(home: &Home, signal: &str) {
    let pattern = format!("nats-server.*{}", home.path().display());
    assert!(std::process::Command::new("pkill").args([signal, "-f", &pattern]).status().unwrap().success());
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

/// How often Postgres' log says what keeps it from starting.
fn refusals(home: &Home) -> usize {
    std::fs::read_to_string(home.path().join("logs/postgres.log")).unwrap().matches("shared_buffers").count()
}

/// Kills Postgres in a way that it cannot be started again, and waits until that has been tried and refused so often.
async fn keep_postgres_down(home: &Home, tries: usize) {
    std::fs::write(home.path().join(POSTGRES_SETTINGS), "shared_buffers = 'nonsense'\n").unwrap();
    let before = refusals(home);
    kill_postgres(home);
    until("Postgres was refused", || (refusals(home) >= before + tries).then_some(())).await;
}

#[tokio::test]
async fn a_postgres_that_cannot_start_ends_nobody_and_a_signal_still_does() {
    let home = Home::new();
    let up = home.up().await;
    create(&up, 0).await;
    let sound = std::fs::read(home.path().join(POSTGRES_SETTINGS)).unwrap();
    keep_postgres_down(&home, 6).await;
    assert_eq!(reqwest::get(format!("{}/livez", up.url)).await.unwrap().status(), 200);
    std::fs::write(home.path().join(POSTGRES_SETTINGS), &sound).unwrap();
    create(&up, 1).await;
    keep_postgres_down(&home, 1).await;
    let asked = std::time::Instant::now();
    assert_eq!(up.stop().await, Some(0));
    assert!(asked.elapsed() < STOP_BOUND, "{:?}", asked.elapsed());
}

/// Looks at the relay's part of `/health` until it is as wanted.
async fn relay_becomes(up: &Up, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let becoming = async {
        loop {
            let health = up.get("/health").await;
            let checks = health["checks"].as_array().unwrap();
            let relay = checks.iter().find(|check| check["name"] == "relay").unwrap().clone();
            if wanted(&relay) {
                return relay;
            }
            tokio::time::sleep(LOOK_DELAY).await;
        }
    };
    tokio::time::timeout(HEALTH_BOUND, becoming).await.unwrap_or_else(|_| panic!("waited for ever: {what}"))
}

#[tokio::test]
async fn a_frozen_nats_shows_as_a_lag_that_grows_old_and_the_instance_stays_ready() {
    let home = Home::new();
    let up = home.up().await;
    let carried = create(&up, 0).await["position"].as_u64().unwrap();
    let has_all = |relay: &Value| relay["position"] == carried && relay["lag_events"] == 0;
    relay_becomes(&up, "the bus has the first goal", has_all).await;
    signal_nats(&home, "-STOP");
    let lag = create(&up, 1).await["position"].as_u64().unwrap() - carried;
    let behind = |relay: &Value| relay["lag_events"] == lag && relay["behind_ms"].as_u64() > Some(1_000);
    let relay = relay_becomes(&up, "the lag is told", |relay| behind(relay) && relay["status"] == "degraded").await;
    assert!(relay["message"].is_string(), "{relay}");
    assert_eq!(reqwest::get(format!("{}/readyz", up.url)).await.unwrap().status(), 200);
    signal_nats(&home, "-CONT");
    let caught_up = |relay: &Value| relay["lag_events"] == 0 && relay["behind_ms"] == 0 && relay["status"] == "ok";
    relay_becomes(&up, "the bus has caught up", caught_up).await;
    assert_eq!(up.stop().await, Some(0));
}
