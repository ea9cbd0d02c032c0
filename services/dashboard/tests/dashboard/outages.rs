//! Servers that go away: the stream stays open, and goes on where it was.

use std::time::Duration;

use anyhow::anyhow;
use dashboard::{Config, live::Limits};

use crate::{
    http::{Answer, Stream},
    world::{World, eventually},
};

#[tokio::test(flavor = "multi_thread")]
async fn without_nats_and_after_postgres_the_stream_goes_on() -> anyhow::Result<()> {
    let live = Limits { heartbeat: Duration::from_millis(200), ..Limits::default() };
    let (world, mut own) = World::own(Config { live, ..Config::default() }).await?;
    let (goal, _, first) = world.goal("Stay", 1).await?;
    let mut stream = Stream::open(world.address, "?after=0").await?;
    stream.positions(1..=first).await?;

    own.kill_nats().await.map_err(|error| anyhow!(error))?;
    let second = world.comment(&goal, "without the bus").await?;
    stream.positions(first + 1..=second).await?;
    own.start_nats().await.map_err(|error| anyhow!(error))?;

    own.kill_postgres().await.map_err(|error| anyhow!(error))?;
    for _ in 0..3 {
        stream.heartbeat().await?;
    }
    let page = Answer::to(world.address, "/", &[]).await?;
    assert_eq!(page.status, 200, "the page goes out without rows");
    own.restart_postgres().await.map_err(|error| anyhow!(error))?;
    let third = eventually("the log takes comments again", async {
        loop {
            if let Ok(position) = world.comment(&goal, "and with the database").await {
                break position;
            }
        }
    })
    .await?;
    stream.positions(second + 1..=third).await?;
    Ok(())
}
