//! The page before any script has run.

use serde_json::Value;

use crate::{
    http::{Answer, Stream},
    world::World,
};

const HOSTILE: &str = r#"</script><script>alert("it's & over")</script>"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_rows_and_the_snapshot_are_in_the_page() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (goal, _, head) = world.goal("Read me first", 3).await?;
    world.pushed(head).await?;
    let answer = Answer::to(world.address, "/", &[]).await?;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!(answer.header("cache-control"), "no-cache");
    let page = answer.text().await?;
    for expected in [
        format!(r##"<li class="goal" data-id="{goal}"><a href="#/goal/{goal}">"##).as_str(),
        r#"<span class="goal-title">Read me first</span>"#,
        r#"<span class="status" data-status="pending">"#,
        r#"<progress value="0" max="3" aria-label="0 of 3 tasks done"></progress><span class="goal-count">0/3</span>"#,
    ] {
        assert!(page.contains(expected), "{expected} is not in {page}");
    }
    let read = Answer::to(world.address, "/api/v1/goals?limit=25", &[]).await?.json().await?;
    assert_eq!(snapshot(&page)?, read);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_write_stays_text_wherever_it_is_shown() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (_, _, head) = world.goal(HOSTILE, 0).await?;
    world.pushed(head).await?;
    let page = Answer::to(world.address, "/", &[]).await?.text().await?;
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(&quot;it"), "{page}");
    assert_eq!(snapshot(&page)?["goals"][0]["title"], HOSTILE);

    let frames = Stream::open(world.address, "?after=0").await?.positions(1..=head).await?;
    assert_eq!(frames[0].data["data"]["title"], HOSTILE);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_forbids_what_the_page_does_not_need() -> anyhow::Result<()> {
    let world = World::start().await?;
    for path in ["/", "/api/v1/goals", "/nothing/here", "/health", "/events"] {
        let answer = Answer::to(world.address, path, &[]).await?;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_the_page_are_kept_for_ever_and_compressed() -> anyhow::Result<()> {
    let world = World::start().await?;
    let page = Answer::to(world.address, "/", &[]).await?.text().await?;
    let Some(script) = page.split('"').find(|part| part.starts_with("/assets/") && part.ends_with(".js")) else {
        assert!(page.contains("cargo xtask web"), "a page that was not built says how to build it");
        return Ok(());
    };
    let plain = Answer::to(world.address, script, &[]).await?;
    assert_eq!(plain.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(plain.header("cache-control"), "public, max-age=31536000, immutable");
    let tag = plain.header("etag").to_owned();
    assert_eq!(Answer::to(world.address, script, &[("if-none-match", &tag)]).await?.status, 304);
    for (accepted, encoding) in [("br", "br"), ("gzip, deflate, br", "br"), ("gzip", "gzip"), ("gzip, br;q=0", "gzip")]
    {
        let compressed = Answer::to(world.address, script, &[("accept-encoding", accepted)]).await?;
        assert_eq!((compressed.status, compressed.header("content-encoding")), (200, encoding), "{accepted}");
        assert_eq!(compressed.header("vary"), "accept-encoding", "{accepted}");
        assert_eq!(
            (compressed.header("etag"), compressed.header("content-type")),
            (&*tag, "text/javascript; charset=utf-8")
        );
    }
    let small = Answer::to(world.address, &format!("{script}.br"), &[]).await?.bytes().await?;
    let sent = Answer::to(world.address, script, &[("accept-encoding", "br")]).await?.bytes().await?;
    assert_eq!(sent, small, "what the build has compressed goes out as it is");
    Ok(())
}

fn snapshot(page: &str) -> anyhow::Result<Value> {
    let from = page.split(r#"<script type="application/json" id="snapshot">"#).nth(1).unwrap_or_default();
    Ok(serde_json::from_str(from.split("</script>").next().unwrap_or_default())?)
}
