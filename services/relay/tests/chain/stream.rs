//! The stream itself is deleted, or shorter than the log.

use std::time::Duration;

use event_bus::{BusConfig, Source, Subscription};
use futures::TryStreamExt;
use tokio::time::timeout;

use crate::{
    readers::Reader,
    world::{World, assert_stream_is_log, eventually, stream_reaches},
    writer::{Chance, Writer},
};

/// Longer than a relay takes to look, and shorter than it took when only an idle one looked.
const HEAL_BOUND: Duration = Duration::from_secs(4);

/// As an outsider who may do everything.
pub(crate) async fn jetstream(world: &World) -> anyhow::Result<async_nats::jetstream::Context> {
    let url = world.config.nats_url.strip_prefix("nats://").expect("a plain address");
    let (credentials, address) = url.split_once('@').expect("it has credentials");
    let (user, password) = credentials.split_once(':').expect("it has a password");
    let options = async_nats::ConnectOptions::with_user_and_password(user.into(), password.into());
    Ok(async_nats::jetstream::new(options.connect(address).await?))
}

pub(crate) async fn delete_stream(world: &World) -> anyhow::Result<()> {
    jetstream(world).await?.delete_stream(&world.config.stream_name).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_stream_is_made_again_under_load_and_idle() -> anyhow::Result<()> {
    let world = World::shared().await?;
    let bus = world.bus().await?;
    let _relay = world.relay().await?;
    let mut writer = Writer::new(world.log.clone(), Chance::new("deleted stream"));
    let early = Reader::start(&world.log, Some(&bus), 0);
    stream_reaches(&bus, writer.write(40).await?).await?;
    delete_stream(&world).await?;
    let last = writer.write(40).await?;
    let late = Reader::start(&world.log, Some(&bus), last / 2);
    stream_reaches(&bus, last).await?;
    assert_stream_is_log(&bus, &world.log, 1).await?;
    // Nothing is written now, so nothing tells the relay but its own look around.
    delete_stream(&world).await?;
    timeout(HEAL_BOUND, stream_reaches(&bus, last)).await??;
    writer.write(10).await?;
    for reader in [early, late] {
        reader.assert_saw_all(&world.log).await?;
    }
    let head = world.log.head().await?.position;
    stream_reaches(&bus, head).await?;
    assert_stream_is_log(&bus, &world.log, 1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_stream_starts_with_what_retention_keeps() -> anyhow::Result<()> {
    let mut world = World::shared().await?;
    world.config = BusConfig { retention_messages: Some(50), ..world.config };
    let mut writer = Writer::new(world.log.clone(), Chance::new("retention"));
    let last = writer.write(100).await?;
    let bus = world.bus().await?;
    let _relay = world.relay().await?;
    stream_reaches(&bus, last).await?;
    assert_stream_is_log(&bus, &world.log, last - 49).await?;
    // The stream no longer has where this one starts; the log has.
    let mut reader = Reader::start(&world.log, Some(&bus), 3);
    reader.reaches(last).await?;
    let last = writer.write(30).await?;
    stream_reaches(&bus, last).await?;
    assert_stream_is_log(&bus, &world.log, last - 49).await?;
    reader.assert_saw_all(&world.log).await
}

/// Forgetting by age would one day take the last message.
async fn forget_after(world: &World, max_age: Duration) -> anyhow::Result<()> {
    let context = jetstream(world).await?;
    let mut config = context.get_stream(&world.config.stream_name).await?.cached_info().config.clone();
    config.max_age = max_age;
    context.update_stream(config).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_set_up_otherwise_is_noticed_under_load() -> anyhow::Result<()> {
    let world = World::shared().await?;
    let bus = world.bus().await?;
    let mut relay = world.relay().await?;
    let mut writer = Writer::new(world.log.clone(), Chance::new("other set-up"));
    stream_reaches(&bus, writer.write(5).await?).await?;
    forget_after(&world, Duration::from_secs(3_600)).await?;
    let mut alarmed = std::pin::pin!(relay.alarm());
    let alarm = loop {
        writer.write(1).await?;
        if let Ok(alarm) = timeout(Duration::ZERO, &mut alarmed).await {
            break alarm?;
        }
    };
    assert!(alarm.contains("by age"), "{alarm}");
    forget_after(&world, Duration::ZERO).await?;
    stream_reaches(&bus, writer.write(5).await?).await?;
    assert_stream_is_log(&bus, &world.log, 1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_caught_up_from_the_log_does_not_read_the_same_from_the_bus() -> anyhow::Result<()> {
    let world = World::shared().await?;
    let bus = world.bus().await?;
    let mut writer = Writer::new(world.log.clone(), Chance::new("caught up"));
    let mut reader = Subscription::from(world.log.clone(), Some(bus.clone()), 0);
    let relay = world.relay().await?;
    follow_the_bus(&mut reader, &mut writer).await?;
    drop(relay);
    let (before, last) = (reader.position(), writer.write(400).await?);
    while reader.position() < last {
        eventually("the log is read", reader.next_page(PAGE_EVENTS)).await??;
    }
    let _relay = world.relay().await?;
    stream_reaches(&bus, last).await?;
    follow_the_bus(&mut reader, &mut writer).await?;
    let stream = jetstream(&world).await?.get_stream(&world.config.stream_name).await?;
    let consumers: Vec<_> = stream.consumers().try_collect().await?;
    let brought = consumers.iter().map(|consumer| consumer.delivered.consumer_sequence).max();
    assert!(brought.is_some_and(|brought| brought < (last - before) / 2), "{brought:?} of {}", last - before);
    Ok(())
}

/// Events a page, small so that catching up takes several.
const PAGE_EVENTS: usize = 64;

async fn follow_the_bus(reader: &mut Subscription, writer: &mut Writer) -> anyhow::Result<()> {
    loop {
        let last = writer.write(1).await?;
        while reader.position() < last {
            eventually("the event is read", reader.next_page(PAGE_EVENTS)).await??;
        }
        if reader.source() == Source::Bus {
            return Ok(());
        }
    }
}
