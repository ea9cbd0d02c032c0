//! More than one relay, and relays that die.

use std::time::Duration;

use event_bus::Bus;
use event_store::{Log, StoreConfig};
use relay::{Relay, RelayState};
use sqlx::{Connection, PgConnection};
use tokio::time::sleep;
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

const LOOK_DELAY: Duration = Duration::from_millis(50);

/// Whether nobody was elected, by a session of our own that stays elected as long as it lives.
async fn take_the_lock(world: &World, session: &mut PgConnection) -> anyhow::Result<bool> {
    let lock = sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended($1, 0))");
    Ok(lock.bind(format!("goalstream relay of {}", world.config.stream_name)).fetch_one(session).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_elected_relay_that_carries_nothing_is_stood_in_for() -> anyhow::Result<()> {
    let world = World::shared().await?;
    let mut elected = PgConnection::connect(&world.owner_url).await?;
    assert!(take_the_lock(&world, &mut elected).await?);
    let relay = Relay::new(world.log.clone(), world.bus().await?);
    let (mut state, mut progress) = (relay.state(), relay.progress());
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    let running = tokio::spawn(async move { relay.run(stopping).await });
    eventually("it stands by", state.wait_for(|state| *state == RelayState::Standby)).await??;
    let mut writer = Writer::new(world.log.clone(), Chance::new("stand-in"));
    let bus = world.bus().await?;
    stream_reaches(&bus, writer.write(20).await?).await?;
    let last = writer.write(20).await?;
    stream_reaches(&bus, last).await?;
    let told = progress.wait_for(|seen| seen.is_some_and(|seen| seen.carried == last && !seen.is_stalled()));
    eventually("it says how far the stream is", told).await??;
    // The elected one is at work again: the stand-in sees that the stream moves without it, and steps back.
    let awake = world.relay().await?;
    let stepped_back = async {
        while *state.borrow_and_update() != RelayState::Standby {
            stream_reaches(&bus, writer.write(5).await?).await?;
        }
        anyhow::Ok(())
    };
    eventually("it stands by again", stepped_back).await??;
    drop(awake);
    stop.cancel();
    running.await?;
    assert_stream_is_log(&bus, &world.log, 1).await
}

/// A relay in a runtime whose only thread stops as soon as it is elected. Its sockets stay open and the kernel acknowledges for it, as for a
/// process that was sent SIGSTOP.
async fn freeze_an_elected_relay(world: &World) -> anyhow::Result<std::sync::mpsc::Sender<()>> {
    let (database, config) = (StoreConfig::new(&world.app_url), world.config.clone());
    let (frozen, is_frozen) = tokio::sync::oneshot::channel();
    let (thaw, thawed) = std::sync::mpsc::channel();
    std::thread::spawn(move || -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async move {
            let relay = Relay::new(Log::connect(database).await?, Bus::connect(config).await?);
            let mut state = relay.state();
            let elected = async {
                state.wait_for(|state| *state == RelayState::Publishing).await?;
                let _ = frozen.send(());
                // Ends with its sender.
                let _ = thawed.recv();
                anyhow::Ok(())
            };
            tokio::select! { () = relay.run(CancellationToken::new()) => Ok(()), ended = elected => ended }
        })
    });
    eventually("a relay is elected and freezes", is_frozen).await??;
    Ok(thaw)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lock_of_a_frozen_relay_falls_free() -> anyhow::Result<()> {
    let world = World::shared().await?;
    let thaw = freeze_an_elected_relay(&world).await?;
    let mut session = PgConnection::connect(&world.owner_url).await?;
    assert!(!take_the_lock(&world, &mut session).await?, "it was elected");
    let freed = async {
        while !take_the_lock(&world, &mut session).await? {
            sleep(LOOK_DELAY).await;
        }
        anyhow::Ok(())
    };
    eventually("the lock falls free", freed).await??;
    drop(thaw);
    Ok(())
}
