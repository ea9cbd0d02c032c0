//! An older Postgres was restored: stream and log carry different histories from some position on.

use anyhow::anyhow;
use domain::Recorded;
use event_bus::{BusError, Subscription, SubscriptionError};
use event_store::{Head, Incarnation, Log, LogReader, Page, StoreConfig, StoreError};
use local_stack::{
    Endpoints,
    testing::{OwnStack, TestResult},
};
use sqlx::{Connection, Executor, PgConnection};
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    readers::Reader,
    world::{RunningRelay, World, assert_stream_is_log, eventually, stream_reaches},
    writer::{Chance, Writer},
};

const RESTORED: &str = "restored";

/// A backup, restored at once: a copy of the database, which nobody may use meanwhile.
async fn back_up(own: &OwnStack) -> anyhow::Result<()> {
    let mut owner = PgConnection::connect(&Endpoints::with_database(&own.endpoints().owner_url, "postgres")).await?;
    owner.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = 'goalstream'").await?;
    owner.execute("create database restored template goalstream").await?;
    Ok(owner.close().await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_refuses_another_history_until_somebody_has_chosen() -> anyhow::Result<()> {
    let (mut world, own) = World::own().await?;
    let bus = world.bus().await?;
    let backed_up = Writer::new(world.log.clone(), Chance::new("before the backup")).write(30).await?;
    world.log.close().await;
    back_up(&own).await?;
    world.log = Log::connect(StoreConfig::new(&own.endpoints().database_url)).await?;
    let relay = world.relay().await?;
    let published = Writer::resume(world.log.clone(), Chance::new("lost")).await?.write(30).await?;
    stream_reaches(&bus, published).await?;
    drop(relay);
    world.log.close().await;

    let restored = StoreConfig::new(Endpoints::with_database(&own.endpoints().database_url, RESTORED));
    let log = Log::connect(restored.clone()).await?;
    assert_eq!(log.head().await?.position, backed_up);
    // The stream is ahead of the log.
    let mut relay = RunningRelay::start(log.clone(), world.bus().await?);
    let alarm = relay.alarm().await?;
    assert!(
        alarm.contains(&format!("head {backed_up},")) && alarm.contains(&format!("last sequence {published},")),
        "{alarm}"
    );
    assert!(alarm.contains("nats/README.md"), "{alarm}");
    drop(relay);
    // The log grows past the stream: only the event at the stream's last position tells.
    let mut writer = Writer::resume(log.clone(), Chance::new("after the restore")).await?;
    while log.head().await?.position <= published {
        writer.write(10).await?;
    }
    let mut relay = RunningRelay::start(log.clone(), world.bus().await?);
    let alarm = relay.alarm().await?;
    assert!(alarm.contains(&format!("at position {published};")), "{alarm}");
    assert_eq!(bus.last_sequence().await?, published, "nothing was published");
    // Readers see the log's events, never those that only the stream has.
    Reader::start(&log, Some(&bus), 0).assert_saw_all(&log).await?;
    drop(relay);
    log.close().await;

    // The recovery, as documented.
    event_store::renew_epoch(&Endpoints::with_database(&own.endpoints().owner_url, RESTORED)).await?;
    let log = Log::connect(restored).await?;
    let mut relay = RunningRelay::start(log.clone(), world.bus().await?);
    relay.alarm().await?;
    assert!(matches!(bus.recreate_stream(&log, "OTHER").await, Err(BusError::NotConfirmed(name)) if name == "EVENTS"));
    bus.recreate_stream(&log, "EVENTS").await?;
    let reader = Reader::start(&log, Some(&bus), 0);
    let mut writer = Writer::resume(log.clone(), Chance::new("after the recovery")).await?;
    // The relay looks again by itself.
    stream_reaches(&bus, writer.write(20).await?).await?;
    assert_stream_is_log(&bus, &log, 1).await?;
    reader.assert_saw_all(&log).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_runs_notices_an_older_postgres_that_has_outgrown_the_stream() -> anyhow::Result<()> {
    let (world, mut own) = World::own().await?;
    let bus = world.bus().await?;
    let mut relay = world.relay().await?;
    Writer::new(world.log.clone(), Chance::new("before the copy")).write(10).await?;
    exchange(&mut own, |own| own.back_up("older")).await?;
    let published = Writer::resume(world.log.clone(), Chance::new("lost")).await?.write(10).await?;
    stream_reaches(&bus, published).await?;
    exchange(&mut own, |own| own.restore("older")).await?;
    outgrow(&own, published).await?;
    let alarm = relay.alarm().await?;
    assert!(alarm.contains(&format!("at position {published};")), "{alarm}");
    assert_eq!(bus.last_sequence().await?, published, "nothing was published");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_behind_the_stream_does_not_go_on_with_an_older_postgres() -> anyhow::Result<()> {
    let (world, mut own) = World::own().await?;
    let bus = world.bus().await?;
    let common = Writer::new(world.log.clone(), Chance::new("in both histories")).write(10).await?;
    exchange(&mut own, |own| own.back_up("older")).await?;
    let log = HeldLog { log: world.log.clone(), held: watch::Sender::new(false), waiting: watch::Sender::new(false) };
    let mut behind = RunningRelay::start(log.clone(), world.bus().await?);
    stream_reaches(&bus, common).await?;
    log.held.send_replace(true);
    let published = Writer::resume(world.log.clone(), Chance::new("lost")).await?.write(10).await?;
    eventually("the relay is about to read", log.waiting.subscribe().wait_for(|waiting| *waiting)).await??;
    let ahead = world.relay().await?;
    stream_reaches(&bus, published).await?;
    drop(ahead);
    exchange(&mut own, |own| own.restore("older")).await?;
    outgrow(&own, published).await?;
    log.held.send_replace(false);
    let alarm = behind.alarm().await?;
    assert!(alarm.contains(&format!("at position {published};")), "{alarm}");
    assert_eq!(bus.last_sequence().await?, published, "nothing was published");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_notices_an_older_postgres_that_has_grown_past_it() -> anyhow::Result<()> {
    let (world, mut own) = World::own().await?;
    Writer::new(world.log.clone(), Chance::new("before the copy")).write(10).await?;
    exchange(&mut own, |own| own.back_up("older")).await?;
    let seen = Writer::resume(world.log.clone(), Chance::new("lost")).await?.write(10).await?;
    let mut subscription: Subscription = Subscription::from(world.log.clone(), None, 0);
    while subscription.position() < seen {
        subscription.next_page(7).await?;
    }
    exchange(&mut own, |own| own.restore("older")).await?;
    outgrow(&own, seen).await?;
    // However often it asks.
    for _ in 0..2 {
        let next = eventually("the reader is told", subscription.next_page(7)).await?;
        assert!(matches!(next, Err(SubscriptionError::OtherHistory { position }) if position == seen), "{next:?}");
    }
    assert_eq!(subscription.position(), seen);
    Ok(())
}

/// Another process writes to a restored Postgres, and is not told of what is missing.
async fn outgrow(own: &OwnStack, published: u64) -> anyhow::Result<()> {
    let log = Log::connect(StoreConfig::new(&own.endpoints().database_url)).await?;
    let mut writer = Writer::resume(log.clone(), Chance::new("after the restore")).await?;
    while log.head().await?.position <= published {
        writer.write(10).await?;
    }
    Ok(())
}

/// A log whose pages can be held back.
#[derive(Clone)]
struct HeldLog {
    log: Log,
    held: watch::Sender<bool>,
    /// Whether somebody has waited for a page.
    waiting: watch::Sender<bool>,
}

impl LogReader for HeldLog {
    fn epoch(&self) -> Uuid {
        self.log.epoch()
    }

    fn wakeups(&self) -> watch::Receiver<u64> {
        self.log.wakeups()
    }

    async fn head(&self) -> Result<Head, StoreError> {
        self.log.head().await
    }

    async fn incarnation(&self) -> Result<Incarnation, StoreError> {
        self.log.incarnation().await
    }

    async fn read_page(&self, after: u64, limit: usize) -> Result<Page, StoreError> {
        let mut held = self.held.subscribe();
        if *held.borrow_and_update() {
            self.waiting.send_replace(true);
        }
        // Its sender is this log's own.
        let _ = held.wait_for(|held| !held).await;
        self.log.read_page(after, limit).await
    }

    async fn event_at(&self, position: u64) -> Result<Option<Recorded>, StoreError> {
        self.log.event_at(position).await
    }
}

/// Does something to the files of a Postgres that has stopped, and starts it again.
async fn exchange(own: &mut OwnStack, work: impl FnOnce(&OwnStack) -> TestResult<()>) -> anyhow::Result<()> {
    own.stop_postgres().await.map_err(|error| anyhow!(error))?;
    work(own).map_err(|error| anyhow!(error))?;
    own.restart_postgres().await.map_err(|error| anyhow!(error))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_has_seen_more_than_there_is_is_told() -> anyhow::Result<()> {
    let world = World::shared().await?;
    let head = Writer::new(world.log.clone(), Chance::new("ahead")).write(3).await?;
    let error = Reader::start(&world.log, Some(&world.bus().await?), head + 1).ends().await?;
    assert!(
        matches!(error, SubscriptionError::AheadOfLog { position, head: ends } if (position, ends) == (head + 1, head))
    );
    Ok(())
}
