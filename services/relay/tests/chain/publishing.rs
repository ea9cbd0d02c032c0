//! The chain itself: what a publisher that is wrong about the stream cannot do.

use domain::Recorded;
use event_bus::{Bus, BusError, ConnectionState, PublishError, Publisher};
use event_store::Log;
use uuid::Uuid;

use crate::{
    world::{World, assert_stream_is_log, stream_reaches},
    writer::{Chance, Writer},
};

async fn publish(bus: &Bus, log: &Log, last: u64, run: &[Recorded]) -> Result<(), PublishError> {
    let mut publisher = Publisher::new(bus.clone(), log.clone(), last);
    publisher.publish(run).await?;
    publisher.acknowledge_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_a_lost_message_is_refused() -> anyhow::Result<()> {
    let world = World::shared().await?;
    let bus = world.bus().await?;
    bus.ensure_stream(&world.log).await?;
    Writer::new(world.log.clone(), Chance::new("lost message")).write(20).await?;
    let events = world.log.read_all(0, 100).await?;
    publish(&bus, &world.log, 0, &events[..5]).await?;
    let error = publish(&bus, &world.log, 6, &events[6..]).await.expect_err("one is missing");
    assert!(matches!(error, PublishError::OutOfStep { position: 7, .. }), "{error}");
    assert_eq!(bus.last_sequence().await?, 5, "the stream has no hole");
    // Sending again what is there changes nothing, and says so.
    let error = publish(&bus, &world.log, 0, &events[..5]).await.expect_err("it is there");
    assert!(error.to_string().ends_with("it is there already"), "{error}");
    assert_eq!(bus.last_sequence().await?, 5);
    publish(&bus, &world.log, 5, &events[5..]).await?;
    assert_stream_is_log(&bus, &world.log, 1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn another_event_at_the_position_is_an_alarm() -> anyhow::Result<()> {
    let world = World::shared().await?;
    let bus = world.bus().await?;
    let relay = world.relay().await?;
    let last = Writer::new(world.log.clone(), Chance::new("other event")).write(5).await?;
    stream_reaches(&bus, last).await?;
    drop(relay);
    let stored = world.log.read_all(last - 1, 1).await?;
    let other = Recorded { event_id: Uuid::now_v7(), ..stored[0].clone() };
    let error =
        publish(&bus, &world.log, last - 1, std::slice::from_ref(&other)).await.expect_err("it is another event");
    let PublishError::Diverged(divergence) = error else { panic!("{error}") };
    assert_eq!((divergence.log_event, divergence.stream_event), (Some(other.event_id), Some(stored[0].event_id)));
    assert_stream_is_log(&bus, &world.log, 1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hole_in_the_run_is_never_sent() -> anyhow::Result<()> {
    let world = World::shared().await?;
    let bus = world.bus().await?;
    bus.ensure_stream(&world.log).await?;
    Writer::new(world.log.clone(), Chance::new("hole")).write(5).await?;
    let mut events = world.log.read_all(0, 4).await?;
    events.remove(1);
    let error = publish(&bus, &world.log, 0, &events).await.expect_err("position 2 is missing");
    assert!(matches!(error, PublishError::Hole { expected: 2, found: 3 }), "{error}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_at_a_missing_stream_does_not_make_it() -> anyhow::Result<()> {
    let world = World::shared().await?;
    let bus = world.bus().await?;
    for _ in 0..2 {
        let error = bus.carries(&world.log).await.expect_err("there is none");
        assert!(matches!(error, BusError::NoStream(_)), "{error}");
    }
    bus.ensure_stream(&world.log).await?;
    assert_eq!(bus.carries(&world.log).await?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_bus_stays_closed() -> anyhow::Result<()> {
    let world = World::shared().await?;
    let bus = world.bus().await?;
    bus.ensure_stream(&world.log).await?;
    bus.close().await;
    assert_eq!(*bus.connection().borrow(), ConnectionState::Disconnected);
    assert!(bus.last_sequence().await.is_err());
    Ok(())
}
