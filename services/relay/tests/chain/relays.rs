//! More than one relay, and relays that die.

use relay::{Relay, RelayState};
use tokio_util::sync::CancellationToken;

use crate::{
    readers::Reader,
    world::{World, assert_stream_is_log, eventually, stream_reaches},
    writer::{Chance, Writer},
};

#[tokio::test(flavor = "multi_thread")]
async fn two_relays_at_once_store_each_event_once() -> anyhow::Result<()> {
    let world = World::shared().await?;
    let (first, second) = (world.relay().await?, world.relay().await?);
    let bus = world.bus().await?;
    let mut writer = Writer::new(world.log.clone(), Chance::new("two relays"));
    let early = Reader::start(&world.log, Some(&bus), 0);
    let middle = writer.write(150).await?;
    let late = Reader::start(&world.log, Some(&world.bus().await?), middle);
    let without_bus = Reader::start(&world.log, None, middle / 2);
    let last = writer.write(150).await?;
    stream_reaches(&bus, last).await?;
    drop((first, second));
    assert_stream_is_log(&bus, &world.log, 1).await?;
    for reader in [early, late, without_bus] {
        reader.assert_saw_all(&world.log).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_killed_mid_window_leaves_nothing_to_mend() -> anyhow::Result<()> {
    let world = World::shared().await?;
    let bus = world.bus().await?;
    let mut chance = Chance::new("killed relay");
    let mut writer = Writer::new(world.log.clone(), Chance::new("killed relay's writer"));
    let reader = Reader::start(&world.log, Some(&bus), 0);
    let mut last = 0;
    for _ in 0..8 {
        let before = last;
        last = writer.write(60).await?;
        let killed = world.relay().await?;
        stream_reaches(&bus, before + 1 + chance.below(last - before)).await?;
        drop(killed);
    }
    let _relay = world.relay().await?;
    stream_reaches(&bus, last).await?;
    assert_stream_is_log(&bus, &world.log, 1).await?;
    reader.assert_saw_all(&world.log).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_relay_stands_by_and_takes_over() -> anyhow::Result<()> {
    let world = World::shared().await?;
    let mut writer = Writer::new(world.log.clone(), Chance::new("election"));
    let bus = world.bus().await?;
    let elect = async |stop: &CancellationToken| -> anyhow::Result<_> {
        let relay = Relay::new(world.log.clone(), world.bus().await?);
        let (state, stop) = (relay.state(), stop.clone());
        Ok((state, tokio::spawn(async move { relay.run(stop).await })))
    };
    let (stop_first, stop_second) = (CancellationToken::new(), CancellationToken::new());
    let (mut first, first_task) = elect(&stop_first).await?;
    eventually("the first publishes", first.wait_for(|state| *state == RelayState::Publishing)).await??;
    let (mut second, second_task) = elect(&stop_second).await?;
    eventually("the second stands by", second.wait_for(|state| *state == RelayState::Standby)).await??;
    stream_reaches(&bus, writer.write(20).await?).await?;
    stop_first.cancel();
    first_task.await?;
    eventually("the second takes over", second.wait_for(|state| *state == RelayState::Publishing)).await??;
    stream_reaches(&bus, writer.write(20).await?).await?;
    stop_second.cancel();
    second_task.await?;
    assert_stream_is_log(&bus, &world.log, 1).await
}
