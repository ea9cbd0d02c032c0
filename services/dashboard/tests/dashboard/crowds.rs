//! Many clients, and clients that do not read.

use dashboard::{Config, live::Limits};
use futures::future::try_join_all;

use crate::{
    http::{Answer, Stream},
    world::{World, eventually},
};

/// Large comments fill what the sockets hold of a client that does not read.
const COMMENT_BYTES: usize = 60 * 1024;
const COMMENTS: u64 = 300;

#[tokio::test(flavor = "multi_thread")]
async fn one_who_does_not_read_is_reset_and_the_others_see_everything() -> anyhow::Result<()> {
    let live = Limits { window_events_max: 40, ..Limits::default() };
    let world = World::with(Config { live, ..Config::default() }, Vec::new()).await?;
    let (goal, _, first) = world.goal("Talk", 0).await?;
    let here = format!("?after={first}");
    let mut slow = Stream::open(world.address, &here).await?;
    let mut fast = try_join_all((0..4).map(|_| Stream::open(world.address, &here))).await?;
    let body = "x".repeat(COMMENT_BYTES);
    let writing = async {
        for _ in 0..COMMENTS {
            world.comment(&goal, &body).await?;
        }
        anyhow::Ok(())
    };
    let reading = try_join_all(fast.iter_mut().map(|stream| stream.positions(first + 1..=first + COMMENTS)));
    tokio::try_join!(writing, reading)?;

    let mut expected = first + 1;
    let last = loop {
        let message = slow.next().await?;
        if message.id != Some(expected) {
            break message;
        }
        expected += 1;
    };
    assert_eq!(last.name, "reset");
    assert!(expected < first + COMMENTS, "it was cut off on the way");
    assert!(slow.next().await.is_err(), "it is over");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_idle_clients_all_hear_the_next_event() -> anyhow::Result<()> {
    let world = World::start().await?;
    let mut crowd = Vec::new();
    for _ in 0..20 {
        crowd.extend(try_join_all((0..50).map(|_| Stream::open(world.address, "?after=0"))).await?);
    }
    assert_eq!(world.dashboard.live().clients(), 1_000);
    let (_, _, head) = world.goal("Hello everybody", 1).await?;
    for stream in &mut crowd {
        stream.positions(1..=head).await?;
    }
    drop(crowd);
    let gone = async {
        while world.dashboard.live().clients() > 0 {
            tokio::task::yield_now().await;
        }
    };
    eventually("everybody has left", gone).await
}

#[tokio::test(flavor = "multi_thread")]
async fn when_all_seats_are_taken_one_is_asked_to_return() -> anyhow::Result<()> {
    let live = Limits { clients_max: 2, ..Limits::default() };
    let world = World::with(Config { live, ..Config::default() }, Vec::new()).await?;
    let _seated = [Stream::open(world.address, "").await?, Stream::open(world.address, "").await?];
    let refused = Answer::to(world.address, "/events", &[]).await?;
    assert_eq!((refused.status, refused.header("retry-after")), (503, "2"));
    assert_eq!(refused.json().await?["code"], "UNAVAILABLE");
    Ok(())
}
