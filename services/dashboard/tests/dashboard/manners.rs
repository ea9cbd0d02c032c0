//! What every answer of REST has, whatever it is about.

use serde_json::json;

use crate::{http::Answer, world::World};

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_compressed_for_those_who_can_read_it() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (goal, _, head) = world.goal("Long enough to be worth it", 20).await?;
    world.pushed(head).await?;
    for path in [
        format!("/api/v1/goals/{goal}"),
        "/api/v1/tasks".to_owned(),
        "/api/v1/events".to_owned(),
        "/openapi.json".to_owned(),
    ] {
        let plain = Answer::to(world.address, &path, &[]).await?;
        assert_eq!((plain.status, plain.header("content-encoding")), (200, ""), "{path}");
        assert!(plain.header("vary").contains("accept-encoding"), "{path}: {}", plain.header("vary"));
        for encoding in ["br", "gzip"] {
            let answer = Answer::to(world.address, &path, &[("accept-encoding", encoding)]).await?;
            assert_eq!((answer.status, answer.header("content-encoding")), (200, encoding), "{path}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_site_is_let_read() -> anyhow::Result<()> {
    let world = World::start().await?;
    let origin = ("origin", "http://evil.example");
    for path in ["/api/v1/goals", "/api/v1/goals/GOAL-0001", "/events", "/openapi.json", "/health"] {
        let answer = Answer::to(world.address, path, &[origin]).await?;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{path}");
        let preflight = [
            origin,
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "x-goalstream-actor"),
            JSON,
        ];
        let refused = Answer::sent(world.address, "OPTIONS", path, &preflight, b"").await?;
        assert_eq!((refused.status, refused.header("access-control-allow-methods")), (405, ""), "{path}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_is_not_there_is_said_to_be_and_one_may_come_again() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (goal, tasks, head) = world.goal("Here", 1).await?;
    world.pushed(head).await?;
    let path = |position: u64| format!("/api/v1/goals?min_position={position}");
    let behind = Answer::to(world.address, &path(head + 1), &[]).await?;
    assert_eq!((behind.status, behind.header("retry-after")), (422, ""));
    let told = behind.json().await?;
    assert_eq!((told["code"].as_str(), told["field"].as_str()), (Some("VALIDATION"), Some("min_position")), "{told}");
    assert!(told["message"].as_str().is_some_and(|message| message.contains("beyond the log")), "{told}");
    // Waited for, not only looked at: it comes while one asks.
    let (asking, coming) = (path(head + 1), world.goal("There", 0));
    let (answer, made) = tokio::join!(Answer::to(world.address, &asking, &[]), coming);
    let (_, _, head) = made?;
    assert_eq!(answer?.json().await?["goals"].as_array().map(Vec::len), Some(2));
    for one in [format!("goals/{goal}"), format!("tasks/{}", tasks[0])] {
        let path = |position: u64| format!("/api/v1/{one}?min_position={position}");
        let read = Answer::to(world.address, &path(head), &[]).await?.json().await?;
        assert_eq!(read["position"], head, "{one}");
        let behind = Answer::to(world.address, &path(head + 1), &[]).await?;
        assert_eq!((behind.status, behind.header("retry-after")), (422, ""), "{one}");
        let wrong = Answer::to(world.address, &format!("/api/v1/{one}?min_position=soon"), &[]).await?;
        assert_eq!(wrong.status, 422, "{one}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_acts_is_named_in_any_script() -> anyhow::Result<()> {
    let world = World::start().await?;
    for (sent, name) in [
        ("J%C3%BCrgen", "J\u{fc}rgen"),
        ("J\u{fc}rgen", "J\u{fc}rgen"),
        ("%E7%94%B0%E4%B8%AD%20%E3%81%95%E3%81%8F%E3%82%89", "\u{7530}\u{4e2d} \u{3055}\u{304f}\u{3089}"),
    ] {
        let body = br#"{"title":"Signed"}"#;
        let made =
            Answer::sent(world.address, "POST", "/api/v1/goals", &[JSON, ("x-goalstream-actor", sent)], body).await?;
        let (status, told) = (made.status, made.json().await?);
        assert_eq!(status, 201, "{told}");
        world.pushed(told["position"].as_u64().unwrap_or_default()).await?;
        let last = Answer::to(world.address, "/api/v1/audit?limit=1", &[]).await?.json().await?;
        assert_eq!(last["events"][0]["actor"], name);
        // And is found by it.
        let found =
            Answer::to(world.address, &format!("/api/v1/audit?actor={}", sent.replace('\u{fc}', "%C3%BC")), &[])
                .await?;
        assert!(found.json().await?["events"].as_array().is_some_and(|events| !events.is_empty()), "{name}");
    }
    // As a browser would send it of its own accord: Latin-1, and no UTF-8.
    let latin = b"POST /api/v1/goals HTTP/1.0\r\nhost: localhost\r\nx-goalstream-actor: J\xfcrgen\r\ncontent-type: application/json\r\ncontent-length: 13\r\n\r\n{\"title\":\"x\"}";
    let refused = Answer::raw(world.address, latin).await?;
    let (status, told) = (refused.status, refused.json().await?);
    assert_eq!((status, &told["field"]), (422, &json!("X-Goalstream-Actor")), "{told}");
    assert!(told["hint"].as_str().is_some_and(|hint| hint.contains("%C3%BC")), "{told}");
    Ok(())
}
