//! Somebody else publishes to our subjects.

use async_nats::HeaderMap;
use domain::Recorded;
use event_bus::{Bus, Publisher, Source, headers};
use relay::ALARM_INTERVAL;
use uuid::Uuid;

use crate::{
    readers::Reader,
    stream::{delete_stream, jetstream},
    world::{World, assert_stream_is_log, eventually, stream_reaches},
    writer::{Chance, Writer},
};

/// Writes until the reader has the last position from the bus.
async fn follows_the_bus(reader: &mut Reader, writer: &mut Writer) -> anyhow::Result<u64> {
    let following = async {
        loop {
            let written = writer.write(1).await?;
            if reader.reaches(written).await? == Source::Bus {
                return anyhow::Ok(written);
            }
        }
    };
    eventually("the reader follows the bus", following).await?
}

/// An event that only the stream will have, with every header that a reader needs.
fn forged_after(last: &Recorded) -> Recorded {
    Recorded { position: last.position + 1, event_id: Uuid::now_v7(), sequence: last.sequence + 1, ..last.clone() }
}

async fn publish_as_stranger(world: &World, bus: &Bus, event: &Recorded, id: Uuid) -> anyhow::Result<()> {
    let mut headers: HeaderMap = headers::encode(event);
    headers.insert("Nats-Msg-Id", id.to_string());
    let stored = jetstream(world)
        .await?
        .publish_with_headers(bus.subjects().of(event)?, headers, event.payload.as_bytes().to_vec().into())
        .await?
        .await?;
    assert_eq!(stored.sequence, event.position);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_event_is_not_delivered_and_its_alarm_stays_until_the_stream_is_made_again() -> anyhow::Result<()> {
    let world = World::shared().await?;
    let bus = world.bus().await?;
    let mut relay = world.relay().await?;
    let mut writer = Writer::new(world.log.clone(), Chance::new("forged"));
    let mut reader = Reader::start(&world.log, Some(&bus), 0);
    let head = follows_the_bus(&mut reader, &mut writer).await?;
    stream_reaches(&bus, head).await?;
    let last = world.log.event_at(head).await?.expect("it is the head");
    let forged = forged_after(&last);
    publish_as_stranger(&world, &bus, &forged, forged.event_id).await?;
    let alarm = relay.alarm().await?;
    assert!(alarm.contains("nats/README.md"), "{alarm}");
    let written = writer.write(5).await?;
    reader.assert_saw_all(&world.log).await?;

    // What a relay had on its way is stored on top of it, and then the last message agrees again.
    let later = world.log.read_all(forged.position, 100).await?;
    let mut publisher = Publisher::new(bus.clone(), world.log.clone(), forged.position);
    publisher.publish(&later).await?;
    publisher.acknowledge_all().await?;
    assert_eq!(bus.carries(&world.log).await?, written);
    assert!(!relay.publishes_within(2 * ALARM_INTERVAL).await?, "the alarm has cleared itself");
    let found = bus.compare_all(&world.log, |_, _| ()).await?;
    assert_eq!((found.first, found.last, found.differences_total), (1, written, 1), "{found:?}");
    assert_eq!(found.differences[0].position, forged.position);

    delete_stream(&world).await?;
    stream_reaches(&bus, written).await?;
    assert_eq!(bus.compare_all(&world.log, |_, _| ()).await?.differences_total, 0);
    assert_stream_is_log(&bus, &world.log, 1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_message_is_not_delivered() -> anyhow::Result<()> {
    let world = World::shared().await?;
    let bus = world.bus().await?;
    let relay = world.relay().await?;
    let mut writer = Writer::new(world.log.clone(), Chance::new("copied"));
    let mut reader = Reader::start(&world.log, Some(&bus), 0);
    let head = follows_the_bus(&mut reader, &mut writer).await?;
    stream_reaches(&bus, head).await?;
    drop(relay);
    // Quicker than the reader loses its patience with the bus.
    writer.write(1).await?;
    for event in world.log.read_all(head, 100).await? {
        publish_as_stranger(&world, &bus, &Recorded { payload: "{}".into(), ..event }, Uuid::now_v7()).await?;
    }
    writer.write(5).await?;
    reader.assert_saw_all(&world.log).await?;
    let found = bus.compare_all(&world.log, |_, _| ()).await?;
    assert_eq!(found.differences_total, found.last - head);
    Ok(())
}
