//! Servers that go away, and a NATS that forgets what it acknowledged.

use std::{path::Path, process::Command};

use anyhow::{anyhow, ensure};
use domain::Recorded;
use event_bus::{Publisher, Source};
use sqlx::{Connection, Executor, PgConnection};

use crate::{
    readers::Reader,
    world::{World, assert_stream_is_log, eventually, stream_reaches},
    writer::{Chance, Writer},
};

#[tokio::test(flavor = "multi_thread")]
async fn in_peace_the_bus_brings_the_events() -> anyhow::Result<()> {
    let world = World::shared().await?;
    let mut writer = Writer::new(world.log.clone(), Chance::new("peace"));
    let bus = world.bus().await?;
    let _relay = world.relay().await?;
    let mut reader = Reader::start(&world.log, Some(&bus), 0);
    let following = async {
        while reader.reaches(writer.write(1).await?).await? != Source::Bus {}
        anyhow::Ok(())
    };
    eventually("the reader follows the bus", following).await??;
    let mut late = 0;
    for _ in 0..40 {
        late += usize::from(reader.reaches(writer.write(1).await?).await? == Source::Log);
    }
    // A busy machine may let the bus miss its time now and then.
    assert!(late <= 8, "the bus was late {late} times of 40");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_stopped_under_load_is_survived() -> anyhow::Result<()> {
    let (world, mut own) = World::own().await?;
    let mut writer = Writer::new(world.log.clone(), Chance::new("NATS stopped"));
    let bus = world.bus().await?;
    let _relay = world.relay().await?;
    let mut early = Reader::start(&world.log, Some(&bus), 0);
    writer.write(50).await?;
    let load = tokio::spawn(async move {
        let last = writer.write(300).await?;
        anyhow::Ok((writer, last))
    });
    own.kill_nats().await.map_err(|error| anyhow!(error))?;
    // The log alone carries the readers now, also one that starts in the dark.
    let (mut writer, last) = load.await??;
    let mut meanwhile = Reader::start(&world.log, Some(&bus), 10);
    early.reaches(last).await?;
    meanwhile.reaches(last).await?;
    own.start_nats().await.map_err(|error| anyhow!(error))?;
    stream_reaches(&bus, last).await?;
    // Both return to the bus by themselves.
    let returned = async {
        while (early.reaches(writer.write(1).await?).await?, meanwhile.reaches(0).await?) != (Source::Bus, Source::Bus)
        {
        }
        anyhow::Ok(())
    };
    eventually("the readers follow the bus again", returned).await??;
    let head = world.log.head().await?.position;
    stream_reaches(&bus, head).await?;
    assert_stream_is_log(&bus, &world.log, 1).await?;
    early.assert_saw_all(&world.log).await?;
    meanwhile.assert_saw_all(&world.log).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_lost_its_tail_heals() -> anyhow::Result<()> {
    let (world, mut own) = World::own().await?;
    let mut writer = Writer::new(world.log.clone(), Chance::new("lost tail"));
    let bus = world.bus().await?;
    let relay = world.relay().await?;
    let reader = Reader::start(&world.log, Some(&bus), 0);
    let kept = writer.write(60).await?;
    stream_reaches(&bus, kept).await?;
    let store = own.endpoints().data_dir.join("nats");
    let copy = own.endpoints().data_dir.join("nats-earlier");
    own.stop_nats().await.map_err(|error| anyhow!(error))?;
    copy_folder(&store, &copy)?;
    own.start_nats().await.map_err(|error| anyhow!(error))?;
    let lost = writer.write(60).await?;
    stream_reaches(&bus, lost).await?;
    drop(relay);
    own.stop_nats().await.map_err(|error| anyhow!(error))?;
    std::fs::remove_dir_all(&store)?;
    copy_folder(&copy, &store)?;
    own.start_nats().await.map_err(|error| anyhow!(error))?;
    let bus = world.bus().await?;
    assert_eq!(bus.last_sequence().await?, kept, "the tail is gone");
    let late = Reader::start(&world.log, Some(&bus), kept + 1);
    let _relay = world.relay().await?;
    let last = writer.write(60).await?;
    stream_reaches(&bus, last).await?;
    assert_stream_is_log(&bus, &world.log, 1).await?;
    reader.assert_saw_all(&world.log).await?;
    late.assert_saw_all(&world.log).await
}

/// With owners and rights, since the server may run as another user.
fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    ensure!(Command::new("cp").arg("-a").args([from, to]).status()?.success(), "copy {}", from.display());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_nobody_announced_is_found() -> anyhow::Result<()> {
    let world = World::shared().await?;
    let bus = world.bus().await?;
    let relay = world.relay().await?;
    let mut alone = Reader::start(&world.log, None, 0);
    let head = Writer::new(world.log.clone(), Chance::new("no announcement")).write(5).await?;
    stream_reaches(&bus, head).await?;
    append_in_silence(&world.owner_url).await?;
    stream_reaches(&bus, head + 1).await?;
    alone.reaches(head + 1).await?;
    drop(relay);
    assert_stream_is_log(&bus, &world.log, 1).await?;
    alone.assert_saw_all(&world.log).await
}

/// Appends a copy of the last event behind the back of the log's functions, which would announce it.
async fn append_in_silence(owner_url: &str) -> anyhow::Result<()> {
    let mut owner = PgConnection::connect(owner_url).await?;
    let appended = owner
        .execute(
            "WITH head AS (UPDATE es_head SET position = position + 1 RETURNING position) \
             INSERT INTO events SELECT aggregate_type, 'GOAL-9999', 1, event_type, event_version, payload, metadata, head.position, \
             gen_random_uuid(), gen_random_uuid(), 0, 1, workspace, recorded_at \
             FROM events JOIN head ON events.position = head.position - 1",
        )
        .await?;
    assert_eq!(appended.rows_affected(), 1);
    Ok(owner.close().await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bus_goes_on_alone_while_postgres_is_gone() -> anyhow::Result<()> {
    let (world, mut own) = World::own().await?;
    let mut writer = Writer::new(world.log.clone(), Chance::new("Postgres gone"));
    let bus = world.bus().await?;
    let relay = world.relay().await?;
    let mut reader = Reader::start(&world.log, Some(&bus), 0);
    let following = async {
        while reader.reaches(writer.write(1).await?).await? != Source::Bus {}
        anyhow::Ok(())
    };
    eventually("the reader follows the bus", following).await??;
    let head = world.log.head().await?.position;
    stream_reaches(&bus, head).await?;
    drop(relay);
    let last = world.log.event_at(head).await?.ok_or_else(|| anyhow!("no event"))?;
    own.stop_postgres().await.map_err(|error| anyhow!(error))?;
    // What a relay had read just before; here it is made up.
    let next: Vec<Recorded> = (1..=5)
        .map(|ahead| Recorded { position: head + ahead, event_id: uuid::Uuid::now_v7(), ..last.clone() })
        .collect();
    let mut publisher = Publisher::new(bus.clone(), world.log.clone(), head);
    publisher.publish(&next).await?;
    publisher.acknowledge_all().await?;
    assert_eq!(reader.reaches(head + 5).await?, Source::Bus);
    Ok(())
}
