//! How fast the chain is on this machine: what the relay carries a second, and how long an event takes from the call of `append` to the hands
//! of a subscriber. Starts its own servers. `cargo run --release --example speed -p relay`
#![expect(clippy::print_stdout, reason = "it is a command whose output is its numbers")]

use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use domain::{GoalEvent, GoalId, Metadata, StreamId, Workspace};
use event_bus::{Bus, BusConfig, Source, Subscription};
use event_store::{Log, NewCommand, NewEvent, Stack, StoreConfig};
use local_stack::testing::OwnStack;
use relay::Relay;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const BACKLOG_COMMANDS: u64 = 200;
const EVENTS_A_COMMAND: u64 = 100;
const SINGLES: u64 = 500;
const PAGE_EVENTS: usize = 512;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let own = OwnStack::start().await.map_err(|error| anyhow!(error))?;
    event_store::migrate(&own.endpoints().owner_url).await?;
    let log = Log::connect(StoreConfig::new(&own.endpoints().database_url)).await?;
    let bus =
        Bus::connect(BusConfig { retention_bytes: Some(1 << 30), ..BusConfig::new(&own.endpoints().nats_url) }).await?;

    for command in 0..BACKLOG_COMMANDS {
        append(&log, GoalId(1), command * EVENTS_A_COMMAND, EVENTS_A_COMMAND).await?;
    }
    let backlog = BACKLOG_COMMANDS * EVENTS_A_COMMAND;
    let started = Instant::now();
    let relay = Relay::new(log.clone(), bus.clone());
    let task = tokio::spawn(async move { relay.run(CancellationToken::new()).await });
    while bus.last_sequence().await.unwrap_or(0) < backlog {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let took = started.elapsed();
    println!("relay: {backlog} events of about 300 bytes in {took:.2?}: {:.0} events/s", rate(backlog, took));

    let mut subscription = Subscription::from(log.clone(), Some(bus), backlog);
    let mut times = Vec::new();
    let mut from_bus = 0;
    for event in 0..SINGLES {
        let started = Instant::now();
        let (appended, delivered) =
            tokio::join!(append(&log, GoalId(2), event, 1), subscription.next_page(PAGE_EVENTS));
        appended?;
        anyhow::ensure!(delivered?.len() == 1, "one event at a time");
        times.push(started.elapsed());
        from_bus += u32::from(subscription.source() == Source::Bus);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    times.sort();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().context("no times");
    println!(
        "append to delivery, {SINGLES} single events at rest, {from_bus} over the bus: p50 {:.2?}, p99 {:.2?}",
        at(50)?,
        at(99)?
    );
    task.abort();
    Ok(())
}

async fn append(log: &Log, goal: GoalId, expected_sequence: u64, events: u64) -> anyhow::Result<()> {
    let tag = "x".repeat(260);
    let event = || NewEvent::of_goal(Uuid::now_v7(), &GoalEvent::GoalTagged { tag: tag.clone() });
    let command = NewCommand {
        command_id: Uuid::now_v7(),
        workspace: Workspace::DEFAULT,
        metadata: Metadata::default(),
        events: (0..events).map(|_| event()).collect::<Result<_, _>>()?,
    };
    log.append(Stack { stream: StreamId::from(goal), expected_sequence, commands: vec![command] }).await?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn rate(events: u64, took: Duration) -> f64 {
    events as f64 / took.as_secs_f64()
}
