//! Health, probes, metrics.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use dashboard::{
    Config,
    health::{Check, Finding, REPORT_AGE_MAX},
};

use crate::{
    http::{Answer, Stream},
    world::World,
};

#[tokio::test(flavor = "multi_thread")]
async fn health_names_what_is_wrong_and_only_what_is_needed_takes_us_down() -> anyhow::Result<()> {
    let (database, bus) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(true)));
    let look = |switch: &Arc<AtomicBool>| {
        let switch = Arc::clone(switch);
        move || {
            let is_there = switch.load(Ordering::Relaxed);
            async move { if is_there { Finding::ok().with("free_bytes", 7) } else { Finding::down("it does not answer") } }
        }
    };
    let checks = vec![Check::needed("database", look(&database)), Check::spare("bus", look(&bus))];
    let world = World::with(Config::default(), checks).await?;
    let ask = async |path: &str| {
        let answer = Answer::to(world.address, path, &[]).await?;
        let status = answer.status;
        anyhow::Ok((status, answer.json().await?))
    };

    let (status, report) = ask("/health").await?;
    assert_eq!((status, &report["status"]), (200, &"ok".into()));
    assert_eq!((&report["checks"][0]["name"], &report["checks"][0]["free_bytes"]), (&"database".into(), &7.into()));
    assert!(report["checks"][0]["duration_ms"].is_number());

    bus.store(false, Ordering::Relaxed);
    tokio::time::sleep(REPORT_AGE_MAX).await;
    let (status, report) = ask("/health").await?;
    assert_eq!((status, &report["status"]), (200, &"degraded".into()));
    assert_eq!(report["checks"][1]["message"], "it does not answer");
    assert_eq!(ask("/readyz").await?.0, 200);

    database.store(false, Ordering::Relaxed);
    tokio::time::sleep(REPORT_AGE_MAX).await;
    assert_eq!((ask("/health").await?.0, ask("/readyz").await?.0), (503, 503));
    assert_eq!(ask("/livez").await?.0, 200);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_is_counted_under_its_route() -> anyhow::Result<()> {
    let world = World::start().await?;
    for path in ["/api/v1/goals/GOAL-7777", "/api/v1/goals/GOAL-8888", "/wp-login.php"] {
        assert_eq!(Answer::to(world.address, path, &[]).await?.status, 404);
    }
    let _listening = Stream::open(world.address, "").await?;
    let answer = Answer::to(world.address, "/metrics", &[]).await?;
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let metrics = answer.text().await?;
    for expected in [
        r#"goal_request_duration_seconds_count{operation="/api/v1/goals/{id}",status="404"}"#,
        r#"goal_errors_total{operation="/api/v1/goals/{id}",error_type="NOT_FOUND"}"#,
        r#"goal_errors_total{operation="unmatched",error_type="NOT_FOUND"}"#,
        "sse_clients ",
    ] {
        assert!(metrics.contains(expected), "{expected} is not in {metrics}");
    }
    assert!(!metrics.contains("wp-login") && !metrics.contains("GOAL-7777"));
    Ok(())
}
