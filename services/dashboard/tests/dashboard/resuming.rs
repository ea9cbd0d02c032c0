//! From any position to the end, without a gap and without a repeat.

use dashboard::{Config, live::Limits};

use crate::{
    http::{Answer, Stream},
    world::World,
};

/// So small that nearly everything comes from the log.
fn small_window() -> Config {
    Config { live: Limits { window_events_max: 7, ..Limits::default() }, ..Config::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_position_is_a_place_to_resume_from() -> anyhow::Result<()> {
    let world = World::with(small_window(), Vec::new()).await?;
    let mut live = Stream::open(world.address, "?after=0").await?;
    let (goal, _, first) = world.goal("Write it all down", 3).await?;
    let mut pushed = live.positions(1..=first).await?;
    let head = first + 30;
    // One by one, so that the window is never ahead of this client.
    for position in first + 1..=head {
        world.comment(&goal, "and so on").await?;
        pushed.extend(live.positions(position..=position).await?);
    }
    for start in 0..=head {
        let mut resumed = Stream::open(world.address, &format!("?after={start}")).await?;
        assert_eq!(resumed.hello["position"], start);
        let replayed = resumed.positions(start + 1..=head).await?;
        assert_eq!(replayed, pushed[start as usize..], "from the log as it was pushed");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_says_what_happened_to_what_and_brings_the_new_rows() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (goal, tasks, head) = world.goal("Ship", 1).await?;
    let frames = Stream::open(world.address, "?after=0").await?.positions(1..=head).await?;

    let (created, added) = (&frames[0], &frames[1]);
    assert_eq!((created.name.as_str(), &created.data["type"]), ("goal_created", &"goal_created".into()));
    assert_eq!(created.data["data"]["title"], "Ship");
    assert_eq!(created.data["rows"]["goals"][0]["id"], goal);
    assert!(created.data["rows"].get("tasks").is_none());

    let meta = &added.data["meta"];
    assert_eq!((&meta["position"], &meta["goal"]), (&2.into(), &goal.as_str().into()));
    assert_eq!(meta["subject"], tasks[0].to_string());
    assert_eq!((&meta["actor"], &meta["actor_kind"]), (&"claude-1".into(), &"agent".into()));
    assert_eq!(added.data["rows"]["tasks"][0]["title"], "step 0");
    assert_eq!(added.data["rows"]["goals"][0]["progress"]["total"], 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_cut_off_again_and_again_misses_nothing() -> anyhow::Result<()> {
    let world = World::with(small_window(), Vec::new()).await?;
    let (goal, _, first) = world.goal("Talk", 0).await?;
    let last = first + 300;
    let writing = async {
        for number in 0..300 {
            world.comment(&goal, &format!("comment {number}")).await?;
        }
        anyhow::Ok(())
    };
    let reading = async {
        let mut seen = first;
        for connection in 1.. {
            // As a browser does it: the address of the first connection, and the id of the last message.
            let id = seen.to_string();
            let mut stream = Stream::reopen(world.address, "?after=0", &[("last-event-id", &id)]).await?;
            for _ in 0..connection % 23 {
                let message = stream.next().await?;
                if message.name == "reset" {
                    // It fell out of the small window; a browser returns at once.
                    break;
                }
                seen += 1;
                assert_eq!(message.id, Some(seen));
                if seen == last {
                    return anyhow::Ok(());
                }
            }
        }
        anyhow::Ok(())
    };
    tokio::try_join!(writing, reading)?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn from_too_far_back_or_another_log_one_is_sent_to_the_snapshot() -> anyhow::Result<()> {
    let live = Limits { window_events_max: 7, replay_events_max: 20, ..Limits::default() };
    let world = World::with(Config { live, ..Config::default() }, Vec::new()).await?;
    let (_, _, head) = world.goal("Grow", 40).await?;
    world.pushed(head).await?;
    let other = "?epoch=00000000-0000-4000-8000-000000000000";
    for query in ["?after=0", &format!("?after={}", head - 21), other] {
        let mut stream = Stream::open(world.address, query).await?;
        let reset = stream.next().await?;
        assert_eq!((reset.name.as_str(), &reset.data["position"]), ("reset", &head.into()), "{query}");
        assert!(stream.next().await.is_err(), "it is over");
    }
    let snapshot = Answer::to(world.address, "/api/v1/goals", &[]).await?.json().await?;
    let here = format!("?after={}&epoch={}", head - 20, snapshot["epoch"].as_str().unwrap_or_default());
    Stream::open(world.address, &here).await?.positions(head - 19..=head).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn from_beyond_the_end_of_the_log_one_is_sent_to_the_snapshot_at_once() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (goal, _, head) = world.goal("End here", 3).await?;
    world.pushed(head).await?;
    let id = (head + 1).to_string();
    for (query, headers) in [("?after=100000", &[][..]), ("?after=0", &[("last-event-id", id.as_str())][..])] {
        let mut stream = Stream::reopen(world.address, query, headers).await?;
        let reset = stream.next().await?;
        assert_eq!((reset.name.as_str(), &reset.data["head"]), ("reset", &head.into()), "{query}");
        assert!(stream.next().await.is_err(), "it is over");
    }
    // One that begins exactly there hears what comes next.
    let mut stream = Stream::open(world.address, &format!("?after={head}")).await?;
    let next = world.comment(&goal, "and goes on").await?;
    stream.positions(head + 1..=next).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn at_shutdown_clients_are_told_when_to_return() -> anyhow::Result<()> {
    let world = World::start().await?;
    let mut stream = Stream::open(world.address, "").await?;
    world.shutdown.cancel();
    let bye = stream.next().await?;
    assert_eq!(bye.name, "bye");
    assert!(bye.data["retry_ms"].as_u64().is_some_and(|retry_ms| retry_ms >= 1_000), "{bye:?}");
    assert!(stream.next().await.is_err(), "it is over");
    Ok(())
}
